using System.Collections.Immutable;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Referrers;

namespace ReferralGrains.Domain.Tests.Referrers;

public class ReferrerTests
{
    private static readonly DateTimeOffset At = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly StreamId Program = new(7);

    [Fact]
    public void Every_event_moves_the_place_and_the_time()
    {
        var referrer = Fold(new ReferrerCreated(["vip"]), new ReferrerTagged([]));

        Assert.Equal((2, At.AddMinutes(2), ReferrerStatus.Active), (referrer.Seq, referrer.LastAt, referrer.Status));
    }

    [Fact]
    public void H5_tags_are_replaced()
    {
        Assert.Equal(["vip"], Fold(new ReferrerCreated(["vip"])).Tags);
        Assert.Equal(["a", "b"], Fold(new ReferrerCreated(["vip"]), new ReferrerTagged(["a", "b"])).Tags);
    }

    [Fact]
    public void H1_a_grant_counts_once_and_is_revocable()
    {
        GrantedRule one = new(Program, 1), two = new(Program, 2);

        Assert.Equal([one, two], Fold(new RuleGranted(one, "ada"), new RuleGranted(two, "ada")).Granted);
        Assert.Empty(Fold(new RuleGranted(one, "ada"), new RuleGranted(one, "bob"), new RuleRevoked(one, "ada")).Granted);
        Assert.Empty(Fold(new RuleRevoked(one, "ada")).Granted);
    }

    [Fact]
    public void D18_closing_is_for_good() => Assert.Equal(ReferrerStatus.Closed, Fold(new ReferrerCreated([]), new ReferrerClosed(null, "ada")).Status);

    [Fact]
    public void What_decisions_elsewhere_rely_on_moves_the_fact_version_and_tallies_do_not()
    {
        var facts = Fold(
            new ReferrerCreated([]), new ReferrerTagged(["a"]), new RuleGranted(new(Program, 1), "ada"), new RuleRevoked(new(Program, 1), "ada"),
            new ReferrerClosed(null, "ada"));
        var tallied = Fold(new ReferrerCreated([]), new TallyStarted(Program, 1, 1), new TallyMoved(Program, 1, 1, []));

        Assert.Equal(5, facts.FactVersion);
        Assert.Equal(1, tallied.FactVersion);
    }

    [Fact]
    public void D6_a_tally_is_of_one_program_and_adds_up()
    {
        var tallies = Fold(
            new TallyStarted(Program, 100_00, 2),
            new TallyMoved(Program, 50_00, 1, [new(1, 1)]),
            new TallyMoved(Program, 25_00, 0, [new(1, 2)]),
            new TallyMoved(new(8), 1_00, 1, [])).Tallies;

        Assert.Equal((175_00, 3), (tallies[7].ValueMinor, tallies[7].Count));
        Assert.Equal([new(1, 1), new(1, 2)], tallies[7].Paid);
        Assert.Equal((1_00, 1), (tallies[8].ValueMinor, tallies[8].Count));
    }

    private static Referrer Fold(params ImmutableArray<ReferrerEvent> events)
    {
        var state = Referrer.None;
        foreach (var e in events) state = Referrer.Evolve(state, At.AddMinutes(state.Seq + 1), e);
        return state;
    }
}
