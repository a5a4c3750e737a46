using System.Collections.Immutable;
using ReferralGrains.Domain.Discounts;
using ReferralGrains.Domain.Flags;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Money;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Referrers;
using ReferralGrains.Simulation.Node;
using ReferralGrains.Turns;
using ReferralGrains.Turns.Programs;
using ReferralGrains.Turns.Referrals;
using ReferralGrains.Turns.Referrers;

namespace ReferralGrains.Simulation.Market;

/// <summary>People who refer, approve, cancel, adjust, release and change the rules while actions arrive.</summary>
internal sealed class Office(Marketplace market)
{
    private readonly List<(Place Place, RewardId Reward)> rewards = [];
    private readonly Dictionary<Place, Referral> seen = [];
    private readonly List<(Place Place, CallerId Payment)> checkouts = [];
    private readonly List<(GrainAddress Referrer, CallerId Payment)> payments = [];

    private Random Random => market.Random;

    public Task Work(Place place) => Random.Next(64) switch
    {
        < 9 => Tell(place, new AttributeReferral(Referrer(), Random.Next(3) == 0 ? ["vip"] : null, Random.Next(3) == 0 ? Random.Next(300_00) : null, Random.Next(3) > 0, Past(),
            StripeCustomerId: Random.Next(3) switch { 0 => null, 1 => MemoryCustomers.Gone, _ => MemoryCustomers.Active },
            Action: Random.Next(4) == 0 ? new($"a{Random.Next(30)}") : null)),
        < 13 => Tell(place, new ApproveReferral(Past())),
        < 14 => Tell(place, new CancelReferral("ended", "admin", CancelPending: Random.Next(2) == 0)),
        < 16 => Tell(place, new ChangeReferral(Random.Next(2) == 0 ? [] : ["vip"], Random.Next(2) == 0)),
        < 19 => Adjust(place),
        < 21 => Tell(place, new SwitchEnrollment(1 + Random.Next(2), Random.Next(2) == 0, "why not", "admin")),
        < 22 => Tell(place, new DeleteEnrollment(1 + Random.Next(2), "ended", "admin")),
        < 25 => OnReward((at, reward) => Tell(at, new ReleaseReward(reward, "admin"))),
        < 27 => OnReward((at, reward) => Tell(at, new CancelReward(reward, "fraud", "admin"))),
        < 29 => Publish(place),
        < 31 => Switch(place, Random.Next(2) == 0),
        < 32 => market.Persist(Referrer(place), new ChangeReferrer(null, Random.Next(2) == 0 ? null : $"name{Random.Next(3)}", Random.Next(2) == 0 ? [] : ["vip"], null, null)),
        < 34 => market.Persist(Referrer(place), new GrantRule(place.Program, Marketplace.Rule(place.Program, "rule1"), Random.Next(2) == 0, "admin")),
        < 35 => Random.Next(2) == 0 ? market.Persist(Referrer(place), new CloseReferrer(null, "admin", Forfeits: Random.Next(2) == 0)) : Task.CompletedTask,
        < 37 => market.Sweep(),
        < 39 => Tell(place, new JoinRule(1 + Random.Next(2), "admin")),
        < 41 => Book(place),
        < 43 => Spend(place),
        < 44 => Change(place),
        < 48 => CheckOut(place),
        < 52 => Pay(place),
        < 57 => Review(place),
        < 59 => Reassign(place),
        < 60 => market.Persist(Referrer(place), new ReleaseGroup(place.Program, Marketplace.Rule(place.Program, Random.Next(2) == 0 ? "tiers" : $"rule{1 + Random.Next(2)}"), null, "admin")),
        < 61 => Tell(place, new SettleDue()),
        < 63 => CheckOut(place),
        _ => Alias(place),
    };

    /// <summary>Off and on again, or another version.</summary>
    public async Task Disturb(Place place)
    {
        if (Random.Next(3) == 0) await Publish(place);
        await Switch(place, enabled: false);
        await Switch(place, enabled: true);
    }

    /// <summary>Pending rewards that were heard of, to be released or cancelled later.</summary>
    public void Heard(Place place, ImmutableArray<ActionReply> replies)
    {
        foreach (var decision in replies.SelectMany(reply => reply.Outcome?.Decisions ?? []))
            if (decision is { Reward: { } reward, State: RewardStatus.Pending }) rewards.Add((place, RewardId.FromKey(reward)));
    }

    // What the one before was given may be taken back (X5, D16), or come back.
    private async Task Reassign(Place place)
    {
        var given = rewards.Where(one => one.Place == place).Select(one => one.Reward).Distinct().ToList();
        await Tell(place, new ReassignReferral(Referrer(), null, "admin"));
        foreach (var reward in given.Where(_ => Random.Next(2) == 0)) await Tell(place, new CancelReward(reward, "fraud", "admin"));
    }

    private async Task Tell(Place place, ICommand<ReferralReply> command)
    {
        if ((await market.Tell(place, command)).State is not { } state) return;
        seen[place] = state;
        rewards.AddRange(state.Holds.Select(hold => (place, RewardId.FromKey(hold.Reward))));
        rewards.AddRange((state.Scheduled ?? []).Select(row => (place, RewardId.FromKey(row.Reward))));
    }

    // Mostly of an id that nobody uses for long, so that the others keep referrals of their own; sometimes several at once want it.
    private Task Alias(Place place)
    {
        var alias = new AddAlias(Random.Next(4) == 0 ? market.Referees[Random.Next(market.Referees.Count)] : new("annie"), "admin");
        return Random.Next(3) > 0 ? Tell(place, alias) : Task.WhenAll(Tell(place, alias), Tell(place with { Referee = market.Referees[0] }, alias));
    }

    private async Task Review(Place place)
    {
        if (Random.Next(3) == 0) await market.Persist(Referrer(place), new ResolveReferrerFlag(FlagKind.ManyAttributions, Random.Next(2) == 0, null, "admin"));
        else await Tell(place with { Referee = new("tom") }, new ResolveFlag(Random.Next(4) == 0, null, "admin"));
    }

    // A few ids, so that each is sent again, also for the other referrer.
    private async Task Book(Place place)
    {
        var (to, id) = (Referrer(place), Random.Next(12));
        var entry = new EntryBooked(new($"entry{id}"), Asset.Credit("GBP"), 1_00 + id, AlreadyPaid: false, "by hand", "admin");
        market.Log.Books.Add((to, entry, await market.Persist(to, new BookEntry(entry))));
    }

    private async Task Spend(Place place)
    {
        var (to, id) = (Referrer(place), Random.Next(12));
        var spent = new AssetSpent(new($"spend{id}"), Asset.Credit("GBP"), 40 + id, "admin");
        market.Log.Books.Add((to, spent, await market.Persist(to, new SpendAsset(spent))));
    }

    private async Task Adjust(Place place)
    {
        if (!seen.TryGetValue(place, out var state) || state.Enrollments.IsEmpty) return;
        var enrollment = state.Enrollments[Random.Next(state.Enrollments.Length)];
        var limits = new ReferralGrains.Domain.Programs.Limits(MaxAmountMinor: Random.Next(20_00), MaxCount: Random.Next(3) == 0 ? Random.Next(5) : null);
        await Tell(place, new AdjustEnrollment(enrollment.Number, enrollment.AdjustedBy, new(Limits: limits), "agreed", "admin"));
    }

    private async Task OnReward(Func<Place, RewardId, Task> work)
    {
        if (rewards.Count == 0) return;
        var (place, reward) = rewards[Random.Next(rewards.Count)];
        await work(place, reward);
    }

    private Task<ProgramReply> Switch(Place place, bool enabled) =>
        market.Persist(Program(place), new SwitchRule(Marketplace.Rule(place.Program, $"rule{1 + Random.Next(2)}"), enabled, "admin"));

    // Few ids, so that payments are repeated, and named by several at once.
    private async Task CheckOut(Place place)
    {
        if (checkouts.Count == 0 || Random.Next(2) == 0)
        {
            var quoted = await market.Persist(Marketplace.Address(place), new QuoteCheckout(Payment(), 50_00 * (1 + Random.Next(2))));
            if (quoted.Outcome.Payment is not { } payment) return;
            checkouts.Add((place, payment.Payment));
            if (Random.Next(3) > 0) return;
        }

        var (at, asked) = checkouts[Random.Next(checkouts.Count)];
        await market.Persist<CheckoutReply>(Marketplace.Address(at), Random.Next(3) == 0 ? new ConfirmCheckout(asked) : new ReleaseCheckout(asked, "shop"));
    }

    private async Task Pay(Place place)
    {
        var referrer = Referrer(place);
        if (Random.Next(6) == 0) await market.Persist(referrer, new ChooseReferral(place.Program, place.Referee, (ReferralChoice)(1 + Random.Next(2)), null, "admin"));
        else if (payments.Count == 0 || Random.Next(2) == 0)
        {
            var quoted = await market.Persist(referrer, new QuotePayment(place.Program, Payment(), 6_00 * (1 + Random.Next(2))));
            if (quoted.Outcome.Payment is { } payment) payments.Add((referrer, payment.Payment));
        }
        else
        {
            var (of, asked) = payments[Random.Next(payments.Count)];
            await market.Persist<PaymentReply>(of, Random.Next(3) == 0 ? new ConfirmPayment(asked) : new ReleasePayment(asked, "shop"));
        }
    }

    private CallerId Payment() => new($"pay{Random.Next(5)}");

    // Seldom disabled, for then nobody is referred any more.
    private Task<ProgramReply> Change(Place place) => market.Persist(Program(place), new ChangeProgram(
        null, Random.Next(4) > 0, Random.Next(2) == 0 ? new(BasisPoints: 15_00) : null, Random.Next(4) == 0,
        Random.Next(2) == 0 ? new(new(AmountMinor: 5_00), EveryPayment: Random.Next(3) == 0, ByHand: Random.Next(3) == 0) : null, Random.Next(4) == 0, "admin"));

    private async Task Publish(Place place)
    {
        var tiered = place.Program != market.Programs[0] && Random.Next(2) == 0;
        await market.Persist(Program(place), new PublishRule(
            Marketplace.Rule(place.Program, tiered ? "tiers" : $"rule{1 + Random.Next(2)}"), tiered ? RandomRules.Tiered(Random) : RandomRules.Plain(Random), RandomRules.State(Random)));
    }

    private CallerId Referrer() => market.Referrers[Random.Next(market.Referrers.Count)];

    private GrainAddress Referrer(Place place) => GrainAddress.Referrer(place.Tenant, Referrer());

    private static GrainAddress Program(Place place) => GrainAddress.Program(place.Tenant, place.Program);

    // In whole microseconds, as the door lets them in.
    private DateTimeOffset? Past() => Random.Next(2) == 0 ? null : new DateTimeOffset(market.Time.GetUtcNow().Ticks / 10 * 10, TimeSpan.Zero).AddDays(-Random.Next(30));
}
