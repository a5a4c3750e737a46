using ReferralGrains.Domain.Money;
using ReferralGrains.Domain.Payouts;
using ReferralGrains.Payouts.Reconciliation;
using ReferralGrains.Payouts.Sending;
using ReferralGrains.Storage.Payouts;

namespace Payouts.Tests.Reconciliation;

/// <summary>What is wrong between a transfer and an item that Stripe could not have paid.</summary>
public sealed class ComparisonTests
{
    [Theory]
    [InlineData("UGX", "ugx", BreakKind.AmountDiffers)]
    [InlineData("UGX", "usd", BreakKind.CurrencyDiffers)]
    [InlineData("HUF", "huf", BreakKind.AmountDiffers)]
    public void A_transfer_under_the_name_of_what_was_paid_outside_differs(string ordered, string shown, BreakKind kind)
    {
        var item = new ComparedItem("item_1", new(901, Asset.Cash(ordered)), PayoutOrder.Outside, PayoutItemStatus.Confirmed, InTransit: false, 0, null, "batch");
        var transfer = new ListedTransfer(new("tr_1", 901, shown, PayoutOrder.Outside, "item_1", AmountReversed: 1), "item_1", default, "txn_1", -901);
        Assert.Equal([kind], Comparison.Differences(transfer, item).Select(static one => one.Kind));
    }
}
