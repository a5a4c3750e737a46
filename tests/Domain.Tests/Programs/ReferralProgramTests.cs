using System.Collections.Immutable;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Programs;
using static ReferralGrains.Domain.Tests.World.Rules;

namespace ReferralGrains.Domain.Tests.Programs;

public class ReferralProgramTests
{
    private static readonly DateTimeOffset At = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly ProgramCreated Created = new(new("p"), "Program", "GBP", "Europe/London");

    [Fact]
    public void Every_event_moves_the_revision_and_the_time()
    {
        var program = Fold(Created, Published(1, 1, Percent(10_00)), new RuleSwitched(1, Enabled: false, "ada"));

        Assert.Equal(3, program.Seq);
        Assert.Equal(3, program.Terms!.Revision);
        Assert.Equal(At.AddMinutes(3), program.LastAt);
        Assert.Equal(new StreamId(7), program.Terms.Stream);
    }

    [Fact]
    public void V6_a_changed_rule_is_a_new_version_and_the_old_one_stays()
    {
        var terms = Fold(Created, Published(1, 1, Percent(10_00)), Published(2, 1, Fixed(5_00)), Published(1, 2, Percent(20_00))).Terms!;

        Assert.Equal(2, terms.Rules.Length);
        Assert.Equal(10_00, terms.Terms(1, 1).Reward.BasisPoints);
        Assert.Equal(20_00, terms.Terms(1, 2).Reward.BasisPoints);
        Assert.Equal(2, terms.Rule(1).Latest.Number);
        Assert.Equal(2, terms.Rule(new CallerId("rule2"))!.Number);
        Assert.Null(terms.Rule(new CallerId("rule3")));
    }

    [Fact]
    public void D17_a_revision_finds_the_version_that_was_in_force()
    {
        var rule = Fold(Created, Published(1, 1, Percent(10_00)), Published(2, 1, Fixed(5_00)), Published(1, 2, Percent(20_00))).Terms!.Rule(1);

        // Before it was published it had none: its first counts.
        Assert.Equal([1, 1, 1, 2, 2], new[] { 1, 2, 3, 4, 99 }.Select(revision => rule.At(revision).Number));
    }

    [Fact]
    public void R8_switching_a_rule_keeps_its_dates_and_versions()
    {
        var rule = Fold(
            Created,
            Published(1, 1, Percent(10_00), new(Enabled: true, At, At.AddDays(1))),
            new RuleSwitched(1, Enabled: false, "ada")).Terms!.Rule(1);

        Assert.Equal(new RuleState(Enabled: false, At, At.AddDays(1)), rule.State);
        Assert.Single(rule.Versions);
    }

    [Fact]
    public void D6_a_program_is_tiered_from_its_first_tier_on_for_good()
    {
        var untiered = Fold(Created, Published(1, 1, Percent(10_00)));
        var tiered = Fold(Created, Published(1, 1, Percent(10_00)), Published(2, 1, Tiered(Spent(0, null, 1_00))));
        var replaced = Fold(Created, Published(1, 1, Tiered(Spent(0, null, 1_00))), Published(1, 2, Percent(10_00)));

        Assert.False(untiered.Terms!.NeedsReferrer);
        Assert.True(tiered.Terms!.NeedsReferrer);
        Assert.True(replaced.Terms!.NeedsReferrer);
    }

    [Theory]
    [InlineData(-1, false)]
    [InlineData(0, true)]
    [InlineData(86_399, true)]
    [InlineData(86_400, false)]
    public void R8_active_dates_are_half_open(int seconds, bool active) =>
        Assert.Equal(active, new RuleState(Enabled: true, At, At.AddDays(1)).IsActiveAt(At.AddSeconds(seconds)));

    [Fact]
    public void R8_a_rule_without_dates_is_always_active() => Assert.True(new RuleState(Enabled: true).IsActiveAt(DateTimeOffset.MinValue));

    private static RulePublished Published(int rule, int version, RewardRule terms, RuleState? state = null) =>
        new(rule, new($"rule{rule}"), version, terms, state ?? new(Enabled: true));

    private static ReferralProgram Fold(params ImmutableArray<ProgramEvent> events)
    {
        var state = ReferralProgram.None;
        foreach (var e in events) state = ReferralProgram.Evolve(state, At.AddMinutes(state.Seq + 1), new(7), e);
        return state;
    }
}
