using System.Globalization;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Payouts.Tests.World;
using ReferralGrains.Domain.Payouts;
using ReferralGrains.Integration.Tests.Journal;
using ReferralGrains.Integration.Tests.Payouts.World;
using ReferralGrains.Integration.Tests.Postgres;
using ReferralGrains.Payouts.Standin;
using ReferralGrains.Storage.Payouts;
using ReferralGrains.Turns;
using ReferralGrains.Turns.Payouts;

namespace ReferralGrains.Integration.Tests.Payouts;

/// <summary>Senders that end and forget what they heard, a Stripe that fails in every way, and webhooks that are lost, repeated and out of order, all at once.</summary>
public sealed class PayoutTortureTests(PostgresServer server)
{
    private const int Seed = 20_261_129;
    private const int Back = 400;

    // Of senders, for each half. All but the last end in the middle of things: twenty in all, where there is enough to do.
    private static int Lives => items < 1_000 ? 4 : 11;

    // GRAINS_PAYOUT_ITEMS=5000 for the whole of it.
    private static readonly int items = Math.Max(40, int.Parse(Environment.GetEnvironmentVariable("GRAINS_PAYOUT_ITEMS") ?? "0", CultureInfo.InvariantCulture));

    private readonly Random random = new(Seed);
    private readonly Lock gate = new();

    [Fact]
    public async Task Each_is_paid_once_and_what_is_asked_back_comes_back_once()
    {
        await using var database = await JournalDatabase.Create(server);
        await using var standin = await RunningStandin.Start(new()
        {
            Faults = FaultScript.Seeded(Seed, 15, [.. FaultScript.Passing.Except([Fault.FundsShort])]),
            SlowBy = TimeSpan.FromMilliseconds(200),
        });
        standin.Platform.Fund("usd", 1_000_000_000);
        standin.Platform.Webhooks.AddTarget(new("http://127.0.0.1:1/nobody"));
        await using var house = await PayoutHouse.Open(database.Source, standin);
        house.BeforeAsk = command => IsNews(command) && Chance(20) ? throw new GrainUnavailableException("what was heard is lost") : Task.CompletedTask;
        for (var i = 0; i < items; i++) await house.Order($"t{i}", 1_000 + i, credit: i % 4 == 3);
        var cash = house.Orders.Where(order => !order.IsCredit).ToList();

        using var told = new CancellationTokenSource();
        var telling = Tell(house, standin, told.Token);
        await Live(house, items, () => database.Ask<long>("select count(*) from payout_item where transfer is not null"));
        foreach (var order in cash) Assert.True((await house.Ask(order, new PayoutItemCommand.Reverse("back", Back, "why", "ada"))).Changed);
        await Live(house, cash.Count, () => database.Ask<long>($"select count(*) from payout_reversal where status = {(int)PayoutReversalStatus.Made}"));
        await told.CancelAsync();
        await telling;

        var transfers = standin.Platform.AllTransfers();
        var paid = transfers.Where(one => !(bool)one["reversed"]!).Concat(standin.Platform.AllCredits()).Select(one => (string)one["metadata"]!["item"]!);
        Assert.Equal(house.Orders.Select(order => order.Item).Order(StringComparer.Ordinal), paid.Order(StringComparer.Ordinal));
        var back = transfers.SelectMany(transfer => transfer["reversals"]!["data"]!.AsArray()).ToList();
        Assert.Equal((cash.Count, (long)cash.Count * Back), (back.Select(one => (string)one!["metadata"]!["item"]!).Distinct().Count(), back.Sum(one => (long)one!["amount"]!)));
        Assert.Equal(house.Orders.Sum(order => order.Amount.Minor) - (long)cash.Count * Back, await database.Ask<decimal>("select sum(paid) from balance"));
        Assert.Equal((0, (decimal)cash.Count * Back), (await database.Ask<decimal>("select sum(in_transit) from balance"), await database.Ask<decimal>("select sum(payable) from balance")));
        await using (await house.Run()) Assert.Equal(ReconciliationState.Clean, (await house.Reconcile(full: true)).State);
        Assert.Equal(0, await database.Ask<long>("select count(*) from webhook_inbox where outcome = 4"));
    }

    // Lives of a sender, each of which ends in the middle of things.
    private static async Task Live(PayoutHouse house, int all, Func<Task<long>> done)
    {
        for (var life = 1; life <= Lives; life++)
            await using (await house.Run())
                await Eventually.Holds($"{life} of {Lives} parts of all are done", async () => await done() >= all * life / Lives, Eventually.Patience + TimeSpan.FromMilliseconds(items * 50));
    }

    private async Task Tell(PayoutHouse house, RunningStandin standin, CancellationToken stop)
    {
        var door = house.Services.GetRequiredService<IStripeDoor>();
        while (!stop.IsCancellationRequested)
        {
            var told = standin.Platform.Webhooks.Take().Select(one => one.Payload).Where(_ => !Chance(30)).ToList();
            foreach (var payload in told.Concat(told.Where(_ => Chance(30))).OrderBy(_ => Chance(50)))
                await door.Take(new("shop"), Encoding.UTF8.GetBytes(payload), StandinWebhooks.Sign(payload, PayoutHouse.Secret, TimeProvider.System.GetUtcNow()), CancellationToken.None);
            await Eventually.Pause();
        }
    }

    private static bool IsNews(object command) =>
        command is AskPayoutItem { Command: PayoutItemCommand.RecordAnswer or PayoutItemCommand.OfReversal { Command: PayoutItemCommand.RecordAnswer } };

    private bool Chance(int percent)
    {
        lock (gate) return random.Next(100) < percent;
    }
}
