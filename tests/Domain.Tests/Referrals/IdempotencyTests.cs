using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Tests.World;
using static ReferralGrains.Domain.Tests.World.Draft;
using static ReferralGrains.Domain.Tests.World.ReferralWorld;
using static ReferralGrains.Domain.Tests.World.Rules;

namespace ReferralGrains.Domain.Tests.Referrals;

/// <summary>One effect per action id, for ever.</summary>
public class IdempotencyTests
{
    [Fact]
    public void D11_the_same_id_and_content_is_a_duplicate_with_the_current_decision()
    {
        var world = new ReferralWorld(Percent(10_00));
        world.Send(Sale(100_00).Named("s"));
        world.Send(Refund("s", 40_00));
        var again = world.Send(Sale(100_00).Named("s"));

        Assert.IsType<Decision.Duplicate>(again.Decision);
        Assert.Equal((ActionStatus.Rewarded, 10_00), (again.Status, again.Minor));
        Assert.Equal(6_00, world.Enrollment().NetMinor);
        Assert.Single(world.Journal.All.OfType<SaleDecided>());
    }

    [Theory]
    [InlineData(100_01, null, null, null)]
    [InlineData(100_00, "GBP", null, null)]
    [InlineData(100_00, null, "gold", null)]
    [InlineData(100_00, null, null, "FR")]
    public void D11_the_same_id_with_other_content_is_a_conflict_and_changes_nothing(long amount, string? currency, string? product, string? country)
    {
        var world = new ReferralWorld(Percent(10_00));
        world.Send(Sale(100_00).Named("s"));
        var before = world.State();
        var other = Sale(amount).Named("s") with { Currency = currency, Products = product is null ? [] : [product] };
        if (country is not null) other = other.Saying("country", country);

        Assert.IsType<Decision.Conflict>(world.Send(other).Decision);
        Assert.Same(before, world.State());
    }

    [Fact]
    public void D11_another_note_is_no_other_content_and_the_first_stands()
    {
        var world = new ReferralWorld(Percent(10_00));
        world.Send(Sale(100_00).Named("s") with { Note = "first" });
        var again = world.Send(Sale(100_00).Named("s") with { Note = "again" });

        Assert.Equal("first", Assert.IsType<Decision.Duplicate>(again.Decision).Earlier.Action.Note);
    }

    [Fact]
    public void D11_the_id_of_another_referee_s_action_is_a_conflict()
    {
        var world = new ReferralWorld(Percent(10_00)).Refer("bert");
        world.Send(Sale(100_00).Named("s"));

        var turn = new ReferralTurn(world.State("bert"), Facts(world), world.Journal.Load(world.Stream("bert"), world.State("bert"), [new("s")]));
        Assert.IsType<Decision.Conflict>(turn.Record(Sale(100_00).By("bert").ToAction("s", world.Now)));
        Assert.Empty(turn.Events);
    }

    [Fact]
    public void D11_a_parked_action_sent_again_is_a_duplicate_and_takes_effect_once()
    {
        var world = Empty(Percent(10_00));
        world.Send(Sale(100_00).Named("s"));
        Assert.Equal(ActionStatus.Parked, world.Send(Sale(100_00).Named("s")).Status);
        world.Refer(Anna);
        var again = world.Send(Sale(100_00).Named("s"));

        Assert.IsType<Decision.Duplicate>(again.Decision);
        Assert.Equal((ActionStatus.Rewarded, 10_00), (again.Status, world.Enrollment().NetMinor));
    }

    [Fact]
    public void D11_a_refund_sent_again_takes_nothing_more()
    {
        var world = new ReferralWorld(Percent(10_00));
        world.Send(Sale(100_00).Named("s"));
        world.Send(Refund("s", 40_00).Named("r"));
        var again = world.Send(Refund("s", 40_00).Named("r"));

        Assert.IsType<Decision.Duplicate>(again.Decision);
        Assert.Equal((ActionStatus.Reversed, -4_00, 6_00), (again.Status, again.Minor, world.Enrollment().NetMinor));
    }

    [Fact]
    public void D11_a_refused_action_does_not_use_up_its_id()
    {
        var world = new ReferralWorld(Percent(10_00));
        Assert.IsType<Decision.Refused>(world.Send(Sale(100_00).Named("s").At(world.Now.AddDays(1))).Decision);
        Assert.IsType<Decision.Accepted>(world.Send(Sale(50_00).Named("s")).Decision);
    }

    [Fact]
    public void D11_a_duplicate_in_the_same_turn_has_one_effect()
    {
        var world = new ReferralWorld(Percent(10_00));
        var action = Sale(100_00).ToAction("s", world.Now);
        var decisions = world.Turn(Anna, turn => new[] { turn.Record(action), turn.Record(action), turn.Record(action with { Hash = default }) });

        Assert.Equal(["Accepted", "Duplicate", "Conflict"], decisions.Select(decision => decision.GetType().Name));
        Assert.Equal(10_00, world.Enrollment().NetMinor);
    }

    [Fact]
    public void D5_a_repeat_after_everything_has_changed_is_never_re_decided()
    {
        var world = new ReferralWorld(Percent(10_00));
        world.Send(Sale(100_00).Named("s"));
        world.Turn(Anna, turn => ReferralCommands.Adjust(turn, 1, 0, new(Limits: new(MaxAmountMinor: 1)), "less", "ada"));
        world.Set(new(Enabled: false));
        world.Now = Start.AddYears(3);

        Assert.Equal((ActionStatus.Rewarded, 10_00), (world.Send(Sale(100_00).Named("s")).Status, world.Outcome(new("s")).Decisions[0].Minor));
    }

    private static DecisionFacts Facts(ReferralWorld world) => new(world.Now, world.Program, world.Referrer, null);
}
