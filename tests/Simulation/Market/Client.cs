using System.Collections.Immutable;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Simulation.Database;
using ReferralGrains.Simulation.Domain;
using ReferralGrains.Turns;
using ReferralGrains.Turns.Referrals;

namespace ReferralGrains.Simulation.Market;

/// <summary>A client that sends actions: new ones, the same ones again, others under the same id, and what takes them back.</summary>
internal sealed class Client(Marketplace market)
{
    private readonly Office office = new(market);

    private Random Random => market.Random;

    private ClientLog Log => market.Log;

    public async Task Run(int operations)
    {
        for (; operations > 0; operations--)
        {
            await Marketplace.Pause(Random.Next(8));
            await (Random.Next(100) switch
            {
                < 30 => Send(Anywhere(), Sale()),
                < 36 => SendMany(),
                < 42 => SendAgain(),
                < 46 => Race(),
                < 49 => SendOtherwise(),
                < 59 => TakeBack(),
                < 63 => Undo(),
                < 66 => RefundFirst(),
                < 68 => DryRun(),
                < 70 => SellWhileItChanges(),
                _ => office.Work(Anywhere()),
            });
        }
    }

    // Half of everything happens in one place, so that streams grow long and grains are busy.
    private Place Anywhere() => Random.Next(2) == 0 ? market.Busy : new(
        1 + Random.Next(market.Tenants.Count), market.Programs[Random.Next(market.Programs.Count)],
        Random.Next(8) == 0 ? new("annie") : market.Referees[Random.Next(market.Referees.Count)]);

    private async Task SendMany()
    {
        var sales = Enumerable.Range(0, 2 + Random.Next(12)).Select(_ => Sale()).ToList();
        if (Random.Next(3) == 0) sales.Add(sales[0]);
        await Send(Anywhere(), [.. sales]);
    }

    private async Task SendAgain()
    {
        // What decides nothing may differ.
        if (Earlier() is { } sending) await Send(sending.Intention, sending.To, sending.Action with { Note = Random.Next(3) == 0 ? "again" : sending.Action.Note });
    }

    // The same action from several sides at once.
    private async Task Race()
    {
        var (place, sale, intention) = (Anywhere(), Sale(), ++Log.Intentions);
        await Task.WhenAll(Enumerable.Range(0, 2 + Random.Next(4)).Select(_ => Send(intention, place, sale)));
    }

    // Sales on their way while what they are decided on changes.
    private async Task SellWhileItChanges()
    {
        var place = Anywhere();
        await Task.WhenAll(office.Disturb(place), Send(place, Sale()), Send(place with { Referee = market.Referees[^1] }, Sale()), Send(place, Sale()));
    }

    private async Task SendOtherwise()
    {
        if (Earlier() is not { } sending) return;
        var place = Random.Next(2) == 0 ? sending.To : Anywhere() with { Tenant = sending.To.Tenant };

        // A content of its own each time: the gateway's hash holds the place as well.
        await Send(place, Sent.Hashed(sending.Action with { AmountMinor = (sending.Action.AmountMinor ?? 0) + ++Log.Ids }));
    }

    private async Task TakeBack()
    {
        if (Earlier(ActionKind.Sale) is not { } sending) return;
        var (of, at) = (sending.Action.Id.Value, Now());
        await Send(sending.To, Random.Next(4) switch
        {
            0 => Sent.Chargeback(NewId(), of, at, Random.Next(2) == 0 ? null : 1 + Random.Next(50_00)),
            1 => Sent.Refund(NewId(), of, at),
            2 when sending.Action.Detail?.Lines is { } lines && lines[Random.Next(lines.Length)] is { AmountMinor: > 0 } line =>
                Sent.Hashed(Sent.Refund(NewId(), of, at, line.AmountMinor) with { Detail = new(Lines: [line with { BaseMinor = null }]) }),
            _ => Sent.Refund(NewId(), of, at, 1 + Random.Next(50_00)),
        });
    }

    // A chargeback was won, or a refund failed. Sometimes it names the sale, and sometimes something that was never taken back.
    private async Task Undo()
    {
        var won = Random.Next(3) > 0;
        if (Earlier(Random.Next(4) == 0 ? null : won ? ActionKind.Chargeback : ActionKind.Refund) is not { } sending) return;
        var (of, minor) = ((Random.Next(4) > 0 ? sending.Action.Id : sending.Action.About ?? sending.Action.Id).Value, Random.Next(2) == 0 ? (long?)null : 1 + Random.Next(50_00));
        await Send(sending.To, won ? Sent.Won(NewId(), of, Now(), minor) : Sent.Failed(NewId(), of, Now(), minor));
    }

    private async Task RefundFirst()
    {
        var (place, sale) = (Anywhere(), Sale());
        await Send(place, Sent.Refund(NewId(), sale.Id.Value, Now(), Random.Next(2) == 0 ? null : 1 + Random.Next(50_00)));
        if (Random.Next(2) == 0) await Send(place, Sent.Failed(NewId(), $"a{Log.Ids - 1}", Now()));
        await Send(place, sale);
    }

    private async Task DryRun()
    {
        var (place, sale) = (Anywhere(), Sale());
        var sending = Log.Sent(++Log.Intentions, place, sale, dryRun: true);
        sending.Answered((await market.Persist(Marketplace.Address(place), new RecordActions([sale], DryRun: true))).Replies[0], Log.Tick());
    }

    private Task Send(Place place, params ReferralAction[] actions) =>
        actions.Length == 1 ? Send(++Log.Intentions, place, actions[0]) : SendTogether(place, actions);

    private async Task Send(int intention, Place place, ReferralAction action)
    {
        while (true)
        {
            var sending = Log.Sent(intention, place, action, dryRun: false);
            try
            {
                var recorded = await market.Someone().Router.Ask(Marketplace.Address(place), new RecordActions([action]), CancellationToken.None);
                sending.Answered(recorded.Replies[0], Log.Tick());
                office.Heard(place, recorded.Replies);
                return;
            }
            catch (GrainUnavailableException)
            {
                if (market.Database.Bugs.HasFlag(PlantedBugs.NewIdOnRetry)) action = action with { Id = new(NewId()) };
                await Marketplace.Pause(Random.Next(6));
            }
        }
    }

    private async Task SendTogether(Place place, ReferralAction[] actions)
    {
        var intentions = actions.Distinct().ToDictionary(action => action.Id, _ => ++Log.Intentions);
        while (true)
        {
            var sendings = actions.Select(action => Log.Sent(intentions[action.Id], place, action, dryRun: false)).ToList();
            try
            {
                var recorded = await market.Someone().Router.Ask(Marketplace.Address(place), new RecordActions([.. actions]), CancellationToken.None);
                for (var i = 0; i < sendings.Count; i++) sendings[i].Answered(recorded.Replies[i], Log.Tick());
                office.Heard(place, recorded.Replies);
                return;
            }
            catch (GrainUnavailableException)
            {
                await Marketplace.Pause(Random.Next(6));
            }
        }
    }

    private Sending? Earlier(ActionKind? kind = null)
    {
        var candidates = Log.Sendings.Where(sending => !sending.DryRun && (kind is null || sending.Action.Kind == kind)).ToList();
        return candidates.Count == 0 ? null : candidates[Random.Next(candidates.Count)];
    }

    private ReferralAction Sale()
    {
        long? minor = Random.Next(20) == 0 ? null : Random.Next(10) == 0 ? 0 : Random.Next(100_00);
        var sale = Sent.Sale(NewId(), minor, Now(), Random.Next(25) == 0 ? "USD" : null);
        if (Random.Next(6) == 0) sale = sale with { ProductIds = ["socks", "shoes"] };
        if (minor is { } amount && Random.Next(4) == 0) sale = sale with { Detail = Detail(amount) };
        return Sent.Hashed(sale);
    }

    // Lines of what there is, the rest of which has no product; with bases of their own, or one that is spread.
    private ActionDetail Detail(long amount)
    {
        var country = Random.Next(2) == 0 ? null : (ImmutableArray<ActionAttribute>?)[new("country", Random.Next(2) == 0 ? "FR" : "US")];
        if (Random.Next(3) == 0) return new(Random.NextInt64(amount + 1), null, country);
        ImmutableArray<SoldLine> lines = [new("shoes", amount / 3), new("socks", amount / 4), new(Random.Next(2) == 0 ? "hats" : "shoes", Random.Next(2) == 0 ? 0 : amount / 5)];
        if (Random.Next(2) == 0) return new(Random.Next(2) == 0 ? null : Random.NextInt64(amount + 1), lines, country);
        lines = [.. lines.Select(line => line with { BaseMinor = line.AmountMinor / 2 })];
        return new(lines.Sum(line => line.BaseMinor), lines, country);
    }

    private string NewId() => $"a{++Log.Ids}";

    // Mostly now; sometimes unsaid, sometimes before, and sometimes further ahead than clocks may differ.
    private DateTimeOffset Now() => Random.Next(12) == 0 ? default : market.Time.GetUtcNow() + Random.Next(12) switch
    {
        0 => TimeSpan.FromDays(-Random.Next(60)),
        1 => TimeSpan.FromMinutes(Random.Next(8)),
        _ => TimeSpan.Zero,
    };
}
