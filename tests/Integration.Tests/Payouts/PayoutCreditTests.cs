using ReferralGrains.Domain.Payouts;
using ReferralGrains.Integration.Tests.Payouts.World;
using ReferralGrains.Integration.Tests.Postgres;
using ReferralGrains.Payouts.Standin;
using ReferralGrains.Storage.Payouts;
using Stripe;

namespace ReferralGrains.Integration.Tests.Payouts;

/// <summary>Account credit on customers' balances: given once, and compared customer by customer, for Stripe lists it in no other way.</summary>
public sealed class PayoutCreditTests(PostgresServer server) : PayoutHouseTests(server, ForgetsKeys)
{
    // Who sends again what was sent, credits again.
    private static readonly FakeStripeOptions ForgetsKeys = new() { KeyLife = TimeSpan.Zero };

    [Fact]
    public async Task S1_account_credit_is_given_once_and_confirmed_by_the_comparison()
    {
        var (order, sent, changed) = (
            await house.Order("a", 1_000, credit: true), await house.Order("sent", 2_000, credit: true), await house.Order("changed", 3_000, credit: true));

        // One was sent before all that was known of it was lost, and one is not the referrer's customer any more.
        var adopted = await ByHand(sent, 2_000);
        Assert.Equal(1, await database.Ask<long>($"with moved as (update payout_account set customer = 'cus_other' where referrer = {changed.Referrer.Value} returning 1) select count(*) from moved"));
        await using var running = await house.Run();
        await house.Until(order, PayoutItemStatus.Succeeded, PayoutItemStatus.Confirmed);
        await house.Until(sent, PayoutItemStatus.Confirmed);
        Assert.Equal((adopted, 1, 1), ((await house.Item(sent)).Transfer, house.Live(order), house.Live(sent)));
        Assert.Equal(-1_000, (await standin.Client().V1.Customers.GetAsync(order.Destination)).Balance);
        Assert.Equal(
            (1_000L, 0L, 0L),
            (await Balance(order, "paid"), await Balance(order, "in_transit"), await Balance(order, "payable")));

        // What the merchant gives besides is not ours, and with a customer who is deleted the balance goes.
        await standin.Client().V1.Customers.BalanceTransactions.CreateAsync(order.Destination, new() { Amount = -400, Currency = "usd" });
        standin.Platform.DeleteCustomer(sent.Destination);
        var run = await house.Reconcile(full: true);
        Assert.Equal((ReconciliationState.Clean, 1L), (run.State, run.Transfers));
        Assert.Equal(PayoutItemStatus.Confirmed, (await house.Item(order)).Status);
        Assert.Equal((PayoutItemStatus.Intended, 0), ((await house.Item(changed)).Status, house.Live(changed)));
    }

    [Fact]
    public async Task Credit_that_somebody_takes_back_at_Stripe_is_a_break_until_it_is_accepted()
    {
        var customer = standin.Platform.AddCustomer();
        await Taken(50);
        var (first, second) = (await house.Order("first", 1_000, customer, credit: true), await house.Order("second", 2_000, customer, credit: true));
        await using var running = await house.Run();
        foreach (var order in (PayoutOrder[])[first, second]) await house.Until(order, PayoutItemStatus.Succeeded, PayoutItemStatus.Confirmed);
        Assert.Equal(ReconciliationState.Clean, (await house.Reconcile(full: true)).State);

        // It is told of the item that gave last before it. What was written there before anything was given is the merchant's own.
        var last = (string)standin.Platform.AllCredits().Last(credit => ((string?)credit["metadata"]!["item"])?.Length > 0)["metadata"]!["item"]!;
        var taken = await Taken(400);
        Assert.Equal(ReconciliationState.Breaks, (await house.Reconcile(full: true)).State);
        Assert.Equal([(BreakKind.ReversedOutside, last, taken)], await house.Breaks());
        Assert.True((await house.Gates.Of(PayoutHouse.Tenant, CancellationToken.None)).IsShut);
        await house.Gates.Open(PayoutHouse.Tenant, "it was a mistake of ours", "ada", CancellationToken.None);
        Assert.Equal(ReconciliationState.Clean, (await house.Reconcile(full: true)).State);

        async Task<string> Taken(long minor) =>
            (await standin.Client().V1.Customers.BalanceTransactions.CreateAsync(customer, new() { Amount = minor, Currency = "usd" })).Id;
    }

    // A copy that has forgotten what it gave, for it was given after the backup, finds it at the customer before it gives again.
    [Fact]
    public async Task Credit_that_the_books_have_forgotten_shuts_the_gate_before_the_same_customer_is_credited_again()
    {
        await using var running = await house.Run();
        var known = await house.Order("known", 1_000, credit: true);
        await house.Until(known, PayoutItemStatus.Succeeded, PayoutItemStatus.Confirmed);
        var customer = standin.Platform.AddCustomer();
        var forgotten = await ByHand(customer, 700, "item_forgotten");
        var again = await house.Order("again", 700, customer, credit: true);
        await Eventually.Holds("the gate is shut", async () => (await house.Gates.Of(PayoutHouse.Tenant, CancellationToken.None)).IsShut);
        Assert.Equal([(BreakKind.TransferWithoutItem, "item_forgotten", forgotten)], await house.Breaks());
        Assert.Equal((PayoutItemStatus.Intended, 0), ((await house.Item(again)).Status, house.Live(again)));

        await house.Gates.Open(PayoutHouse.Tenant, "booked by an entry", "ada", CancellationToken.None);
        await house.Until(again, PayoutItemStatus.Succeeded, PayoutItemStatus.Confirmed);
        Assert.Equal((1, 1), (house.Live(known), house.Live(again)));
    }

    [Fact]
    public async Task What_differs_at_a_customer_is_listed_by_its_kind()
    {
        var (twice, released, other, missing) = (
            await house.Order("twice", 1_000, credit: true), await house.Order("released", 2_000, credit: true), await house.Order("other", 3_000, credit: true),
            await house.Order("missing", 4_000, credit: true));
        var first = await ByHand(twice, 1_000);
        await house.Ask(twice, new PayoutItemCommand.RecordLookup(1, new([Seen(twice, first)]), TimeProvider.System.GetUtcNow()));
        var second = await ByHand(twice, 1_000);
        await house.Ask(released, new PayoutItemCommand.Release("cancelled", "ada"));
        var late = await ByHand(released, 2_000);
        var differs = await ByHand(other, 2_999);
        await house.Ask(missing, new PayoutItemCommand.RecordLookup(1, new([Seen(missing, "cbtxn_gone")]), TimeProvider.System.GetUtcNow()));

        await using var running = await house.Run();
        Assert.Equal(ReconciliationState.Breaks, (await house.Reconcile(full: true)).State);
        (BreakKind, string, string)[] expected =
        [
            (BreakKind.ItemWithoutTransfer, missing.Item, "cbtxn_gone"), (BreakKind.AmountDiffers, other.Item, differs), (BreakKind.Duplicate, twice.Item, second),
            (BreakKind.ItemNotOpen, other.Item, differs), (BreakKind.ItemNotOpen, released.Item, late),
        ];
        Assert.Equal(expected, await house.Breaks());
        Assert.Equal((PayoutItemStatus.Review, ReviewReason.Several), (await house.Item(twice) is var item ? item.Status : default, item.Review));
    }

    private static TransferSeen Seen(PayoutOrder order, string id) => new(id, order.StripeAmount, order.StripeCurrency, order.Destination, order.Item);

    private Task<string> ByHand(PayoutOrder order, long minor) => ByHand(order.Destination, minor, order.Item);

    private async Task<string> ByHand(string customer, long minor, string item) => (await standin.Client().V1.Customers.BalanceTransactions.CreateAsync(
        customer, new CustomerBalanceTransactionCreateOptions { Amount = -minor, Currency = "usd", Metadata = new() { ["item"] = item } })).Id;

    private Task<long> Balance(PayoutOrder order, string account) => database.Ask<long>($"select {account} from balance where referrer = {order.Referrer.Value}");
}
