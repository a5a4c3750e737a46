using ReferralGrains.Domain.Payouts;
using ReferralGrains.Integration.Tests.Payouts.World;
using ReferralGrains.Integration.Tests.Postgres;
using ReferralGrains.Storage.Payouts;

namespace ReferralGrains.Integration.Tests.Payouts;

/// <summary>Money that is asked back from a connected account: it comes once or not at all, and the comparison knows it from what others took back.</summary>
public sealed class PayoutReversalTests(PostgresServer server) : PayoutHouseTests(server)
{
    [Fact]
    public async Task What_is_asked_back_comes_once_is_payable_again_and_is_no_difference()
    {
        var order = await house.Order("a", 1_000);
        await using var running = await house.Run();
        await house.Until(order, PayoutItemStatus.Succeeded, PayoutItemStatus.Confirmed);
        Assert.True((await house.Ask(order, new PayoutItemCommand.Reverse("back", 400, "a test order", "ada"))).Changed);
        Assert.False((await house.Ask(order, new PayoutItemCommand.Reverse("back", 400, "a test order", "ada"))).Changed);
        await Ended(order, PayoutReversalStatus.Made);
        Assert.Equal((600L, 400L), (await Balance(order, "paid"), await Balance(order, "payable")));
        Assert.Equal(ReconciliationState.Clean, (await house.Reconcile(full: true)).State);

        // Stripe tells of it as well, and it is not booked again.
        await house.Tell();
        Assert.Equal((600L, 400L), (await Balance(order, "paid"), await Balance(order, "payable")));

        // What somebody else takes back is one, and is booked too.
        await standin.Client().V1.Transfers.Reversals.CreateAsync((await house.Item(order)).Transfer, new() { Amount = 150 });
        Assert.Equal(ReconciliationState.Breaks, (await house.Reconcile(full: true)).State);
        Assert.Equal("150 of 1000", Assert.Single(await house.Reconciliations.Breaks(PayoutHouse.Tenant, 10, CancellationToken.None)).Detail);
        Assert.Equal((450L, 550L), (await Balance(order, "paid"), await Balance(order, "payable")));
        var shown = Assert.Single(await new PayoutReports(database.Source).Reversals(new(await database.Ask<long>("select stream from payout_reversal")), CancellationToken.None));
        Assert.Equal(("back", 400L, PayoutReversalStatus.Made, "a test order", "ada"), (shown.Id, shown.Minor, shown.Status, shown.Why, shown.By));
        Assert.Equal(shown.Reversal, (await house.Item(order)).Reversals[0].Sending.Transfer);
    }

    [Fact]
    public async Task What_the_account_has_not_does_not_come_and_stays_owed()
    {
        var order = await house.Order("a", 1_000);
        await using var running = await house.Run();
        await house.Until(order, PayoutItemStatus.Succeeded, PayoutItemStatus.Confirmed);
        standin.Platform.PayOut(order.Destination, "usd", 700);
        await house.Ask(order, new PayoutItemCommand.Reverse("back", 400, "why", "ada"));
        await Ended(order, PayoutReversalStatus.Rejected);
        Assert.Equal("balance_insufficient", (await house.Item(order)).Reversals[0].Code);
        Assert.Equal((1_000L, 0L), (await Balance(order, "paid"), await Balance(order, "payable")));
        await house.Ask(order, new PayoutItemCommand.Reverse("less", 300, "why", "ada"));
        await Ended(order, PayoutReversalStatus.Made);
        Assert.Equal((700L, 300L), (await Balance(order, "paid"), await Balance(order, "payable")));
        Assert.Equal(ReconciliationState.Clean, (await house.Reconcile(full: true)).State);
    }

    [Fact]
    public async Task Nothing_is_asked_back_while_the_gate_is_shut()
    {
        var order = await house.Order("a", 1_000);
        await using var running = await house.Run();
        await house.Until(order, PayoutItemStatus.Succeeded, PayoutItemStatus.Confirmed);
        await house.Gates.Shut(PayoutHouse.Tenant, "a look", "ada", CancellationToken.None);
        await house.Ask(order, new PayoutItemCommand.Reverse("back", 400, "why", "ada"));
        await house.Ask(order, new PayoutItemCommand.OfReversal("back", PayoutHouse.Intent));
        var term = await database.Ask<string>("select term from send_gate");
        Assert.Equal(PayoutItemRefusal.SendingStopped, (await house.Ask(order, new PayoutItemCommand.OfReversal("back", new PayoutItemCommand.BeginSend(1, term)))).Refusal);
        Assert.Equal(PayoutReversalStatus.Intended, (await house.Item(order)).Reversals[0].Status);
        await house.Gates.Open(PayoutHouse.Tenant, "seen", "ada", CancellationToken.None);
        await Ended(order, PayoutReversalStatus.Made);
    }

    private async Task Ended(PayoutOrder order, PayoutReversalStatus status) =>
        await Eventually.Holds($"the reversal is {status}", async () => (await house.Item(order)).Reversals[^1].Status == status);

    private Task<long> Balance(PayoutOrder order, string account) => database.Ask<long>($"select {account} from balance where referrer = {order.Referrer.Value}");
}
