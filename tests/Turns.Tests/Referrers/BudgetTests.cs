using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Tests.World;
using ReferralGrains.Simulation.Domain;
using ReferralGrains.Simulation.Node;
using ReferralGrains.Storage.Journal;
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
            var sales = Enumerable.Range(0, 6).Select(i => Sell(shop, $"a{round}-{i}", $"r{i}", i % 3 == 0 ? shop.Node : other));
            given += (await Task.WhenAll(sales)).Sum(reply => reply.Outcome!.Decisions[0].Minor);
        }

        var owners = per == BudgetPer.Program ? 1 : 2;
        Assert.Equal(100_50 * owners, given);
        Assert.Equal(given, shop.Balance().Earned + shop.Balance("tom").Earned);
        Assert.Equal(Enumerable.Repeat(100_50L, owners), shop.Database.Budgets.Values);
        Assert.Contains(shop.Node.Journal.History.Concat(other.Journal.History), entry => entry.Outcome == AppendOutcome.StreamMoved);
    }

    // Whoever comes second four times over is told to send it again.
    private static async Task<ActionReply> Sell(Shop shop, string id, string referee, MemoryNode node)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await shop.Sell(id, 70_00, referee, node);
            }
            catch (GrainUnavailableException) when (attempt < 50)
            {
                await Task.Yield();
            }
        }
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
}
