using System.Runtime.CompilerServices;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Tests.World;
using ReferralGrains.Domain.WhatIf;
using static ReferralGrains.Domain.Tests.World.Draft;

namespace ReferralGrains.Domain.Tests.WhatIf;

/// <summary>A history of any length is replayed in memory of one size.</summary>
public sealed class ReplayedReferralTests
{
    private const int Sales = 400;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Of_what_was_replayed_only_what_something_will_still_name_is_kept(bool shared)
    {
        var world = new ReferralWorld(Rules.Percent(10_00));
        for (var i = 0; i < Sales; i++)
        {
            world.Send(Sale(10_00).Named($"sale{i}"));
            if (i % 2 == 0) world.Send(Refund($"sale{i}", 3_00).Named($"refund{i}"));
            if (i % 4 == 0) world.Send(Failed($"refund{i}").Named($"failed{i}"));
        }

        world.Send(Refund("sale1", 1_00));
        var (rule, budget) = (world.Program.Rules[0], shared ? new RuleBudget(BudgetPer.Program, long.MaxValue) : null);
        var draft = ReferralGrains.Domain.WhatIf.Draft.Of(world.Program, rule.Id, rule.Latest.Terms, rule.State with { Budget = budget }, null, null, world.Now);
        var (asIs, drafted) = (default(Earnings), default(Earnings));
        var referral = new ReplayedReferral(world.Stream(), draft, Named(world), new(), credit => asIs += credit.Earnings, credit => drafted += credit.Earnings);
        var books = shared ? new ReplayedBooks() : null;
        var seen = world.Journal.Of(world.Stream()).Select(recorded => Taken(referral, recorded, world.Referrer, books)).OfType<WeakReference>().ToList();

        Assert.Equal(asIs, drafted);
        Assert.Equal((Sales * 1_00L, (Sales / 4 * 30) + 10L), (drafted.EarnedMinor, drafted.ClawedBackMinor));
        GC.Collect();
        Assert.InRange(seen.Count(static action => action.IsAlive), 0, 5);
        GC.KeepAlive(referral);
        GC.KeepAlive(books);
    }

    [Fact]
    public void D9_the_sale_at_whose_checkout_the_code_was_entered_is_rewarded_by_a_draft_as_it_was()
    {
        var world = ReferralWorld.Empty(Rules.Percent(10_00));
        world.Turn(ReferralWorld.Anna, turn => ReferralCommands.Attribute(turn, world.Referrer, [], null, world.Now, action: new("order")));
        world.Send(Sale(100_00).Named("order").At(world.Now.AddHours(-1)));
        var (asIs, drafted) = Replayed(world);
        Assert.Equal((10_00, asIs), (drafted.EarnedMinor, drafted));
    }

    [Fact]
    public void D9_V7_a_sale_that_waited_for_an_approval_is_rewarded_by_a_draft_as_it_was()
    {
        var world = ReferralWorld.Empty(Rules.Percent(10_00));
        world.Attribute(ReferralWorld.Anna, approvedAt: null);
        world.Now += TimeSpan.FromDays(1);
        world.Send(Sale(100_00));
        world.Now += TimeSpan.FromDays(1);
        world.Turn(ReferralWorld.Anna, turn => ReferralCommands.Approve(turn, world.Now));

        // What is older than the referral is as little rewarded as it was.
        world.Send(Sale(50_00).At(ReferralWorld.Start.AddDays(-1)));
        world.Now += TimeSpan.FromDays(30);
        var (asIs, drafted) = Replayed(world);
        Assert.Equal((10_00, asIs), (drafted.EarnedMinor, drafted));
    }

    private static (Earnings AsIs, Earnings Drafted) Replayed(ReferralWorld world)
    {
        var rule = world.Program.Rules[0];
        var draft = ReferralGrains.Domain.WhatIf.Draft.Of(world.Program, rule.Id, rule.Latest.Terms, rule.State, null, null, world.Now);
        var (asIs, drafted) = (default(Earnings), default(Earnings));
        var referral = new ReplayedReferral(world.Stream(), draft, Named(world), null, credit => asIs += credit.Earnings, credit => drafted += credit.Earnings);
        foreach (var recorded in world.Journal.Of(world.Stream())) referral.Take(recorded, _ => world.Referrer, books: null);
        return (asIs, drafted);
    }

    // Nobody else has the action that it is given.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference? Taken(ReplayedReferral referral, Recorded recorded, ReferrerFacts referrer, ReplayedBooks? books)
    {
        var given = recorded.Event switch
        {
            SaleDecided sale => sale with { Action = sale.Action with { } },
            SaleReversed reversed => reversed with { Action = reversed.Action with { } },
            ReversalUndone undone => undone with { Action = undone.Action with { } },
            var other => other,
        };
        referral.Take(recorded with { Event = given }, _ => referrer, books);
        return KnownActions.Arrived(given) is { } action ? new(action) : null;
    }

    private static Dictionary<CallerId, int> Named(ReferralWorld world)
    {
        var named = new Dictionary<CallerId, int>();
        foreach (var recorded in world.Journal.Of(world.Stream()).Reverse())
            if (KnownActions.Decided(recorded.Event) is { About: { } of } action)
                named[of] = Math.Max(named.GetValueOrDefault(of), Math.Max(recorded.Seq, named.GetValueOrDefault(action.Id)));
        return named;
    }
}
