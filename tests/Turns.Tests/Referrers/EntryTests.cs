using ReferralGrains.Domain.Ledger;
using ReferralGrains.Domain.Money;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Referrers;
using ReferralGrains.Domain.Tests.World;
using ReferralGrains.Turns.Referrers;
using ReferralGrains.Turns.Tests.World;

namespace ReferralGrains.Turns.Tests.Referrers;

/// <summary>What is booked beside rewards, by hand (X6) or spent, each once and for ever.</summary>
public sealed class EntryTests
{
    private static readonly Asset Credit = Asset.Credit("GBP");

    [Fact]
    public async Task X6_imported_700_of_which_500_are_already_paid_leaves_200_payable_and_500_paid()
    {
        await using var shop = await Shop.Empty();
        await Book(shop, "earned", 700);
        await Book(shop, "paid", 500, alreadyPaid: true);
        Assert.Equal(new Balance(Earned: 700, ClawedBack: 0, Pending: 0, Payable: 200, InTransit: 0, Paid: 500), shop.Balance());
    }

    [Fact]
    public async Task X6_what_is_taken_back_may_leave_payable_below_zero()
    {
        await using var shop = await Shop.Empty();
        await Book(shop, "bonus", 300);
        await Book(shop, "mistake", -1_000);
        Assert.Equal(new Balance(300, 1_000, 0, -700, 0, 0), shop.Balance());
    }

    [Fact]
    public async Task D2_what_is_owed_of_one_asset_no_other_pays()
    {
        await using var shop = await Shop.Open(Rules.Percent(10_00).Giving("credit", Credit), Rules.Points(1, 1_00));
        await Book(shop, "mistake", -1_000);
        await shop.Sell("a1", 50_00);
        await Book(shop, "mugs", 3, asset: new("item:mug"));
        await Book(shop, "caps", -1, asset: new("item:cap"));
        Assert.Equal(
            [-1_000, 5_00, 50, 3, -1],
            new[] { Rules.Gbp, Credit, Asset.Points, new("item:mug"), new("item:cap") }.Select(asset => shop.Balance(asset: asset).Payable));

        // All that there is of the one can be spent, whatever is owed of another, and no more.
        Assert.Equal("balance_insufficient", (await Spend(shop, "s1", 5_01)).Refusal!.Code);
        Assert.Null((await Spend(shop, "s2", 5_00)).Refusal);
        Assert.Null((await Spend(shop, "s3", 50, asset: Asset.Points)).Refusal);
        Assert.Equal((-1_000, 0, 0), (shop.Balance().Payable, shop.Balance(asset: Credit).Payable, shop.Balance(asset: Asset.Points).Payable));
    }

    [Fact]
    public async Task X6_an_entry_id_is_idempotent_for_ever_and_of_one_referrer()
    {
        await using var shop = await Shop.Empty();
        await shop.Introduce("other");
        Assert.False((await Book(shop, "e", 300)).Duplicate);
        shop.Restart();
        var again = await Book(shop, "e", 300, by: "another key");
        Assert.Equal((true, "admin"), (again.Duplicate, ((EntryBooked)again.Booked!.Event).By));
        Assert.Equal("conflict", (await Book(shop, "e", 301)).Refusal!.Code);
        Assert.Equal("conflict", (await Book(shop, "e", 300, alreadyPaid: true)).Refusal!.Code);
        Assert.Equal("conflict", (await Book(shop, "e", 300, referrer: "other")).Refusal!.Code);
        Assert.Equal(300, shop.Balance().Payable);
        Assert.Equal(default, shop.Balance("other"));
    }

    [Fact]
    public async Task X6_one_id_sent_to_two_processes_and_two_referrers_at_once_is_booked_once()
    {
        await using var shop = await Shop.Empty();
        await shop.Introduce("other");
        var second = shop.Started();
        var replies = await Task.WhenAll(Enumerable.Range(0, 20).Select(i =>
            Book(shop, "e", 300, referrer: i % 2 == 0 ? Shop.Rita : "other", node: i % 4 < 2 ? null : second)));
        Assert.Single(replies, reply => reply is { Refusal: null, Duplicate: false });
        Assert.Equal(300, shop.Balance().Earned + shop.Balance("other").Earned);
    }

    [Fact]
    public async Task X6_no_cap_tally_step_budget_or_refund_sees_an_entry()
    {
        await using var shop = await Shop.Empty(
            Rules.Percent(10_00).UpTo(1_00),
            Rules.Tiered(Rules.Spent(0, 10_00, 2_00), Rules.Spent(10_01, null, 50_00)),
            Rules.TierReached(Rules.Referees(1, 1, 3_00), Rules.Referees(2, null, 50_00)),
            Rules.Percent(0).Stepping(Rules.UntilCount(1, 40_00), Rules.UntilCount(null, 1_00)));
        await shop.Publish(Rules.Percent(10_00), "rule5", new(Budget: new(BudgetPer.Referrer, 1_00)));
        await shop.Publish(Rules.Percent(10_00), "rule6", new(Budget: new(BudgetPer.Program, 1_00)));
        await shop.Refer(Shop.Anna);
        await Book(shop, "bonus", 500_00);
        await Book(shop, "mistake", -100_00);
        await Book(shop, "elsewhere", 50_00, alreadyPaid: true);
        var before = shop.Balance();
        Assert.Equal(new Balance(500_00, 100_00, 0, 350_00, 0, 50_00), before);

        Assert.Equal([1_00, 2_00, 3_00, 4_00, 1_00, 1_00], (await shop.Sell("a1", 10_00)).Outcome!.Decisions.Select(decision => decision.Minor));
        await shop.Send(Simulation.Domain.Sent.Refund("r1", "a1", shop.Now));
        Assert.Equal(before with { Earned = before.Earned + 12_00, ClawedBack = before.ClawedBack + 12_00 }, shop.Balance());
    }

    [Fact]
    public async Task D18_a_closed_referrer_earns_no_entry_but_is_corrected_and_settled()
    {
        await using var shop = await Shop.Empty();
        await Book(shop, "before", 700);
        await shop.Close(Shop.Rita);
        Assert.Equal("referrer_closed", (await Book(shop, "bonus", 1)).Refusal!.Code);
        await Book(shop, "correction", -200);
        await Book(shop, "settled", 500, alreadyPaid: true);
        Assert.Equal(new Balance(700, 200, 0, 0, 0, 500), shop.Balance());
    }

    [Fact]
    public async Task D13_what_is_spent_is_paid_and_never_more_than_is_payable()
    {
        await using var shop = await Shop.Empty();
        await Book(shop, "credit", 1_000, asset: Credit);
        Assert.Null((await Spend(shop, "s1", 400)).Refusal);
        Assert.True((await Spend(shop, "s1", 400)).Duplicate);
        Assert.Equal("conflict", (await Spend(shop, "s1", 401)).Refusal!.Code);
        Assert.Equal("balance_insufficient", (await Spend(shop, "s2", 601)).Refusal!.Code);
        Assert.Null((await Spend(shop, "s2", 600)).Refusal);
        Assert.Equal(new Balance(1_000, 0, 0, 0, 0, 1_000), shop.Balance(asset: Credit));
    }

    [Fact]
    public async Task D13_spends_on_two_processes_at_once_never_take_more_than_there_is()
    {
        await using var shop = await Shop.Empty();
        await Book(shop, "credit", 1_000, asset: Credit);
        var second = shop.Started();
        var replies = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => Spend(shop, $"s{i}", 150, i % 2 == 0 ? null : second)));
        Assert.Equal(6, replies.Count(reply => reply.Refusal is null));
        Assert.All(replies.Where(reply => reply.Refusal is not null), reply => Assert.Equal("balance_insufficient", reply.Refusal!.Code));
        Assert.Equal(new Balance(1_000, 0, 0, 100, 0, 900), shop.Balance(asset: Credit));
    }

    [Fact]
    public async Task Cash_is_paid_out_and_not_spent()
    {
        await using var shop = await Shop.Empty();
        await Book(shop, "cash", 1_000);
        Assert.Equal("asset_not_spendable", (await Spend(shop, "s", 1, asset: Rules.Gbp)).Refusal!.Code);
    }

    [Fact]
    public async Task Nobody_books_for_a_referrer_that_does_not_exist()
    {
        await using var shop = await Shop.Empty();
        Assert.Equal("referrer_not_found", (await Book(shop, "e", 1, referrer: "nobody")).Refusal!.Code);
        Assert.Equal("referrer_not_found", (await shop.Ask(GrainAddress.Referrer(shop.Tenant, new("nobody")), new SpendAsset(new(new("s"), Credit, 1, "admin")))).Refusal!.Code);
    }

    private static Task<BookedReply> Book(
        Shop shop, string id, long minor, bool alreadyPaid = false, string referrer = Shop.Rita, string by = "admin", Asset? asset = null, Simulation.Node.MemoryNode? node = null) =>
        shop.Ask(GrainAddress.Referrer(shop.Tenant, new(referrer)), new BookEntry(new(new(id), asset ?? Rules.Gbp, minor, alreadyPaid, "because", by)), node);

    private static Task<BookedReply> Spend(Shop shop, string id, long minor, Simulation.Node.MemoryNode? node = null, Asset? asset = null) =>
        shop.Ask(GrainAddress.Referrer(shop.Tenant, new(Shop.Rita)), new SpendAsset(new(new(id), asset ?? Credit, minor, "admin")), node);
}
