using ReferralGrains.Domain.Explanations;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Tests.World;
using static ReferralGrains.Domain.Tests.World.Draft;
using static ReferralGrains.Domain.Tests.World.Rules;

namespace ReferralGrains.Domain.Tests.Explanations;

public class BecauseReversalTests
{
    [Fact]
    public void D20_a_refund_is_explained_with_its_share_and_what_is_taken_so_far()
    {
        var world = new ReferralWorld(Fixed(333));
        world.Send(Sale(1_000).Named("s"));
        world.Send(Refund("s", 300));

        Assert.Equal(
            [
                "Rule rule1, version 1.",
                "6.00 GBP of the sale's 10.00 GBP are undone so far.",
                "Taken back 1.00 GBP: 2.00 GBP of the recorded reward of 3.33 GBP so far, rounded half away from zero.",
            ],
            world.Send(Refund("s", 300)).Lines(world.Program));
    }

    [Fact]
    public void D20_an_old_refund_is_explained_as_it_stood_then()
    {
        var world = new ReferralWorld(Fixed(333));
        world.Send(Sale(1_000).Named("s"));
        world.Send(Refund("s", 300).Named("r"));
        world.Send(Refund("s"));

        Assert.Contains(
            "Taken back 1.00 GBP: 1.00 GBP of the recorded reward of 3.33 GBP so far, rounded half away from zero.",
            world.Send(Refund("s", 300).Named("r")).Lines(world.Program));
    }

    [Fact]
    public void D20_a_refund_that_takes_nothing_says_why()
    {
        var world = new ReferralWorld(Fixed(333), Fixed(1_00).Over(500_00));
        world.Send(Sale(1_000).Named("s"));
        world.Send(Refund("s"));
        var refund = world.Send(Refund("s", 100));

        Assert.Equal("Of 1.00 GBP only 0.00 GBP were left of the sale.", refund.Lines(world.Program)[1]);
        Assert.Equal("Nothing is taken back this time: 3.33 GBP of the recorded reward of 3.33 GBP had been before.", refund.Lines(world.Program)[^1]);
        Assert.Equal("The sale earned no reward here.", refund.Lines(world.Program, 1)[^1]);
    }

    [Fact]
    public void D20_a_sale_without_an_amount_is_undone_as_a_whole()
    {
        var world = new ReferralWorld(Fixed(5_00));
        world.Send(Sale(null).Named("s"));

        Assert.Equal("The sale has no amount above zero, so it is undone as a whole.", world.Send(Refund("s", 1)).Lines(world.Program)[1]);
    }

    [Fact]
    public void D20_a_won_chargeback_says_what_came_back_and_what_stays_taken()
    {
        var world = new ReferralWorld(Percent(10_00).UpTo(10_00));
        world.Send(Sale(100_00).Named("s"));
        world.Send(Chargeback("s").Named("c"));
        world.Send(Sale(60_00));

        Assert.Equal(
            "Given back 4.00 GBP that the chargeback had taken: 6.00 GBP of the recorded reward of 10.00 GBP stay taken.",
            world.Send(Won("c").Named("w")).Lines(world.Program)[^1]);
        Assert.Equal(
            "Nothing is given back: 6.00 GBP of the recorded reward of 10.00 GBP stay taken.", world.Send(Won("c")).Lines(world.Program)[^1]);
    }

    [Fact]
    public void D20_a_reversal_in_another_currency_speaks_of_the_sale_s()
    {
        var world = new ReferralWorld(Fixed(5_00));
        world.Send(Sale(1_000).In("JPY").Named("s"));

        Assert.Equal("400 JPY of the sale's 1000 JPY are undone so far.", world.Send(Refund("s", 400)).Lines(world.Program)[1]);
    }

    [Fact]
    public void D20_a_reversal_whose_sale_was_not_loaded_is_still_explained()
    {
        var world = new ReferralWorld(Percent(10_00));
        world.Send(Sale(100_00).Named("s"));
        world.Send(Refund("s", 40_00).Named("r"));
        var known = new KnownActions(world.Stream(), Referral.None);
        known.Add(world.Journal.Load(world.Stream(), Referral.None, [new("r")]).Find(new("r"))!);
        var outcome = ActionOutcome.Of(known.Find(new("r"))!, known, world.State());

        Assert.Equal((ActionStatus.Reversed, -4_00), (outcome.Status, Assert.Single(outcome.Decisions).Minor));
        Assert.Equal(["Rule rule1, version 1.", "Taken back 4.00 GBP."], Because.Lines(outcome.Decisions[0], outcome, world.Program));
    }
}
