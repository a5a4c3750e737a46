using System.Globalization;
using ReferralGrains.Domain.Payouts;
using ReferralGrains.Payouts.Sending;
using ReferralGrains.Storage.Payouts;

namespace ReferralGrains.Payouts.Reconciliation;

/// <summary>What is wrong between a transfer and an item. It only judges what it is given.</summary>
public static class Comparison
{
    public static ReconciliationBreak Orphan(ListedTransfer transfer) => new(
        BreakKind.TransferWithoutItem, transfer.Item ?? "", transfer.Seen.Id, $"{Shown(transfer.Seen.Amount)} {transfer.Seen.Currency} to {transfer.Seen.Destination}");

    public static ReconciliationBreak Missing(ComparedItem item) => new(BreakKind.ItemWithoutTransfer, item.Item, item.Transfer ?? "", item.Amount.ToString());

    public static ReconciliationBreak Duplicate(ListedTransfer transfer, ComparedItem item) =>
        new(BreakKind.Duplicate, item.Item, transfer.Seen.Id, item.Transfer is { } paid ? $"it was paid by {paid}" : "it has several");

    public static ReconciliationBreak NotOpen(ListedTransfer transfer, ComparedItem item) => new(BreakKind.ItemNotOpen, item.Item, transfer.Seen.Id, item.Status.ToString());

    /// <summary>Of a transfer that is the item's, or says that it is.</summary>
    public static IEnumerable<ReconciliationBreak> Differences(ListedTransfer transfer, ComparedItem item)
    {
        var (seen, order) = (transfer.Seen, new PayoutOrder(item.Item, default, default, item.Amount, item.Destination));
        if (seen.Currency != order.StripeCurrency) yield return Break(BreakKind.CurrencyDiffers, $"{seen.Currency}, not {order.StripeCurrency}");
        else if (!order.IsMovable) yield return Break(BreakKind.AmountDiffers, $"{Shown(seen.Amount)}, not {item.Amount} that was paid outside");
        else if (seen.Amount != order.StripeAmount) yield return Break(BreakKind.AmountDiffers, $"{Shown(seen.Amount)}, not {Shown(order.StripeAmount)}");
        if (seen.Destination != item.Destination) yield return Break(BreakKind.DestinationDiffers, $"{seen.Destination}, not {item.Destination}");
        if (order.IsMovable && seen.AmountReversed - order.ToStripe(item.AskedBackMinor) is > 0 and var outside) yield return Break(BreakKind.ReversedOutside, $"{Shown(outside)} of {Shown(seen.Amount)}");
        if (transfer.Movement is null) yield return Break(BreakKind.BalanceDiffers, "it moved nothing");
        else if (transfer.Moved is { } moved && moved != -seen.Amount) yield return Break(BreakKind.BalanceDiffers, $"{transfer.Movement} moved {Shown(moved)}");

        ReconciliationBreak Break(BreakKind kind, string detail) => new(kind, item.Item, seen.Id, detail);
    }

    /// <summary>Of what is on a customer's balance, the newest first: what somebody wrote there against credit that an item gave before.</summary>
    /// <param name="against">What was written against it so far and is newer; taken over by the item before.</param>
    public static IEnumerable<ReconciliationBreak> TakenBack(ListedTransfer one, List<ListedTransfer> against)
    {
        if (one.Seen.Amount < 0 && one.IsAdjustment) against.Add(one);
        if (one.Seen.Amount <= 0 || one.Item?.StartsWith(PayoutOrder.NamePrefix, StringComparison.Ordinal) != true) return [];
        var breaks = against.Select(taken => new ReconciliationBreak(
            BreakKind.ReversedOutside, one.Item, taken.Seen.Id, $"{Shown(-taken.Seen.Amount)} {taken.Seen.Currency} of the balance of {taken.Seen.Destination}")).ToList();
        against.Clear();
        return breaks;
    }

    private static string Shown(long amount) => amount.ToString(CultureInfo.InvariantCulture);
}
