using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Tests.World;
using ReferralGrains.Simulation.Domain;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Turns.Programs;
using ReferralGrains.Turns.Referrals;
using ReferralGrains.Turns.Tests.World;

namespace ReferralGrains.Turns.Tests.Referrers;

public sealed class BudgetTests
{
    [Theory]
    [InlineData(BudgetPer.Referrer)]
    [InlineData(BudgetPer.Program)]
    public async Task X5_a_budget_is_never_oversold_by_two_processes_that_write_all_the_time(BudgetPer per)
    {
        await using var shop = await Shop.Empty();
        await shop.Publish(Rules.Percent(10_00), state: new(Budget: new(per, 100_50)));
        await shop.Introduce("tom");
        for (var i = 0; i < 6; i++) await shop.Refer($"r{i}", i % 2 == 0 ? Shop.Rita : "tom");
        var other = shop.Started();
        var given = 0L;
        for (var round = 0; round < 10; round++)
        {
            var sales = Enumerable.Range(0, 6).Select(i => Again(() => shop.Sell($"a{round}-{i}", 70_00, $"r{i}", i % 3 == 0 ? shop.Node : other)));
            given += (await Task.WhenAll(sales)).Sum(reply => reply.Outcome!.Decisions[0].Minor);
        }

        var owners = per == BudgetPer.Program ? 1 : 2;
        Assert.Equal(100_50 * owners, given);
        Assert.Equal(given, shop.Balance().Earned + shop.Balance("tom").Earned);
        Assert.Equal(Enumerable.Repeat(100_50L, owners), shop.Database.Budgets.Values);
        Assert.Contains(shop.Node.Journal.History.Concat(other.Journal.History), entry => entry.Outcome == AppendOutcome.StreamMoved);
    }

    [Fact]
    public async Task X5_rows_of_the_referral_the_referrer_and_the_program_are_one_append()
    {
        await using var shop = await Shop.Empty();
        await shop.Publish(Rules.Percent(10_00), state: new(Budget: new(BudgetPer.Program, 100_00)));
        await shop.Refer(Shop.Anna);
        await shop.Sell("a1", 80_00);
        var append = shop.Node.Journal.History[^1].Append;
        Assert.Equal(
            [shop.Referral().Id, shop.Stream(GrainKind.Referrer, Shop.Rita).Id, shop.Stream(GrainKind.Program, Shop.Program.Value).Id],
            append.Streams.Select(stream => stream.Stream));
    }

    [Fact]
    public async Task X5_a_refund_after_a_restart_frees_what_its_sale_had_used()
    {
        await using var shop = await Shop.Empty();
        await shop.Publish(Rules.Percent(10_00).Held(30), state: new(Budget: new(BudgetPer.Program, 10_00)));
        await shop.Refer(Shop.Anna);
        await shop.Sell("a1", 80_00);
        shop.Restart();
        await shop.Send(Sent.Refund("r1", "a1", shop.Now, 30_00));
        Assert.Equal(5_00, (await shop.Sell("a2", 90_00)).Outcome!.Decisions[0].Minor);
        Assert.Equal(DecisionCode.ProgramBudget, (await shop.Sell("a3", 90_00)).Outcome!.Decisions[0].Code);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task X5_D16_what_is_taken_back_after_a_re_assignment_frees_the_budget_of_whoever_was_given_it(bool programDecides)
    {
        await using var shop = await Reassigned(programDecides, 10_00, "a1", "a2");
        Assert.Equal(0, await Sold("b1", Shop.Ben));

        await shop.Send(Sent.Chargeback("c1", "a1", shop.Now, 30_00));
        Assert.True((await shop.Send(Sent.Chargeback("c1", "a1", shop.Now, 30_00))).Duplicate);
        Assert.Equal((3_00, 0), (await Sold("b2", Shop.Ben), await Sold("b3", Shop.Ben)));

        // What that has sold meanwhile is not there for a win; what is cancelled is free again.
        Assert.Equal(DecisionCode.NothingToGiveBack, (await shop.Send(Sent.Won("w1", "c1", shop.Now))).Outcome!.Decisions[0].Code);
        var second = (await shop.State()).Holds[^1];
        await shop.Tell(new CancelReward(RewardId.FromKey(second.Reward), null, "ada"));
        shop.Restart();
        Assert.Equal((5_00, 0), (await Sold("b4", Shop.Ben), await Sold("b5", Shop.Ben)));

        // Whose the referral is now has its own.
        Assert.Equal((9_00, 1_00), (await Sold("a3", Shop.Anna), await Sold("a4", Shop.Anna)));
        Assert.Equal((10_00, 10_00), (Used(shop, Shop.Rita), Used(shop, "tom")));

        async Task<long> Sold(string id, string referee) => (await shop.Sell(id, 90_00, referee)).Outcome!.Decisions[0].Minor;
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task X5_D16_who_takes_back_and_who_sells_at_the_same_time_oversell_nothing(bool programDecides)
    {
        await using var shop = await Reassigned(programDecides, 50_00, [.. Enumerable.Range(0, 10).Select(i => $"a{i}")]);
        var other = shop.Started();
        for (var i = 0; i < 10; i++)
        {
            var back = Again(() => shop.Send(Sent.Refund($"r{i}", $"a{i}", shop.Now)));
            await Task.WhenAll([back, .. Enumerable.Range(0, 4).Select(n => Again(() => shop.Sell($"b{i}-{n}", 10_00 + n, Shop.Ben, n % 2 == 0 ? shop.Node : other)))]);
            Assert.InRange(Used(shop, Shop.Rita), 0, 50_00);
            Assert.Equal(Used(shop, Shop.Rita), shop.Balance().Earned - shop.Balance().ClawedBack - Fixed(shop));
        }

        // Each time five are free, and four are sold; only the first time there may have been nothing yet.
        Assert.InRange(Used(shop, Shop.Rita), 36_00, 40_00);
        Assert.Equal(0, Used(shop, "tom"));

        // What the other rule gives is in the budget of all.
        static long Fixed(Shop shop) => shop.Database.Budgets.Where(pair => pair.Key.Rule == 2).Sum(pair => pair.Value);
    }

    [Fact]
    public async Task X5_using_a_budget_leaves_the_terms_and_whoever_relies_on_them_as_they_are()
    {
        await using var shop = await Shop.Empty();
        await shop.Publish(Rules.Percent(10_00), state: new(Budget: new(BudgetPer.Program, 10_00)));
        await shop.Refer(Shop.Anna);
        var revision = shop.Database.Fact(shop.Stream(GrainKind.Program, Shop.Program.Value).Id)!.Value.Version;
        await shop.Sell("a1", 80_00);
        Assert.Equal(revision, shop.Database.Fact(shop.Stream(GrainKind.Program, Shop.Program.Value).Id)!.Value.Version);
        Assert.Equal(revision + 1, (await shop.Publish(Rules.Percent(20_00))).Terms!.Revision);
        Assert.Equal(2_00, (await shop.Sell("a2", 80_00)).Outcome!.Decisions[0].Minor);
    }

    [Theory]
    [InlineData(BudgetPer.Program, DecisionCode.ProgramBudget)]
    [InlineData(BudgetPer.Referrer, DecisionCode.ReferrerBudget)]
    public async Task X5_all_versions_of_a_rule_share_its_budget(BudgetPer per, DecisionCode code)
    {
        await using var shop = await Shop.Empty();
        await shop.Publish(Rules.Percent(10_00), state: new(Budget: new(per, 10_00)));
        await shop.Refer(Shop.Anna);
        Assert.Equal((1, 6_00), Decided(await shop.Sell("a1", 60_00)));
        await shop.Publish(Rules.Percent(20_00));
        await shop.Refer(Shop.Ben);
        Assert.Equal((2, 4_00), Decided(await shop.Sell("b1", 60_00, Shop.Ben)));
        Assert.Equal(code, (await shop.Sell("a2", 60_00)).Outcome!.Decisions[0].Code);

        static (int Version, long Minor) Decided(ActionReply reply) => (reply.Outcome!.Decisions[0].Version, reply.Outcome.Decisions[0].Minor);
    }

    [Fact]
    public async Task X5_the_amount_can_be_changed_and_whose_it_is_cannot()
    {
        await using var shop = await Shop.Empty();
        await shop.Publish(Rules.Percent(10_00), state: new(Budget: new(BudgetPer.Program, 10_00)));
        Assert.Equal("budget_owner_fixed", (await shop.Publish(Rules.Percent(10_00), state: new(Budget: new(BudgetPer.Referrer, 10_00)))).Refusal?.Code);
        Assert.Equal("budget_of_one_asset", (await shop.Publish(Rules.Points(1, 100))).Refusal?.Code);
        Assert.Equal(new(BudgetPer.Program, 20_00), (await shop.Publish(Rules.Percent(10_00), state: new(Budget: new(BudgetPer.Program, 20_00)))).Terms!.Rule(1).State.Budget);
        Assert.Equal(20_00, (await shop.Publish(Rules.Percent(12_00))).Terms!.Rule(1).State.Budget!.AmountMinor);
    }

    [Fact]
    public async Task X5_no_version_of_a_rule_with_a_budget_is_a_schedule()
    {
        await using var shop = await Shop.Empty();
        var budget = new SentState(Budget: new(BudgetPer.Program, 10_00));
        await shop.Publish(Rules.Percent(10_00), state: budget);
        Assert.Equal("invalid_rule", (await shop.Publish(Rules.Fixed(5_00).Monthly(3))).Refusal?.Code);

        // Who was enrolled before stays on the schedule of then.
        await shop.Publish(Rules.Fixed(5_00).Monthly(3), "rule2");
        await shop.Publish(Rules.Percent(10_00), "rule2");
        Assert.Equal("invalid_rule", (await shop.Publish(Rules.Percent(10_00), "rule2", budget)).Refusal?.Code);
    }

    // Anna was Rita's, who was given five for each of her sales as far as the budget goes, and is Tom's.
    private static async Task<Shop> Reassigned(bool programDecides, long budget, params string[] sales)
    {
        var shop = await Shop.Empty();
        await shop.Publish(Rules.Percent(10_00).HeldForReview(), state: new(Budget: new(BudgetPer.Referrer, budget)));
        if (programDecides) await shop.Publish(Rules.Fixed(1), "rule2", new(Budget: new(BudgetPer.Program, 1_000_00)));
        await shop.Introduce("tom");
        await shop.Refer(Shop.Anna);
        await shop.Refer(Shop.Ben);
        foreach (var sale in sales) await shop.Sell(sale, 50_00);
        Assert.Equal(budget, Used(shop, Shop.Rita));
        await shop.Tell(new ReassignReferral(new("tom"), null, "ada"));
        return shop;
    }

    private static long Used(Shop shop, string referrer) =>
        shop.Database.Budgets.Where(pair => pair.Key.Owner == shop.Stream(GrainKind.Referrer, referrer).Id).Sum(pair => pair.Value);

    // Whoever comes second four times over is told to send it again.
    private static async Task<ActionReply> Again(Func<Task<ActionReply>> send)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await send();
            }
            catch (GrainUnavailableException) when (attempt < 50)
            {
                await Task.Yield();
            }
        }
    }
}
