using ReferralGrains.Domain.Payouts;
using ReferralGrains.Storage.Payouts;

namespace ReferralGrains.Payouts.Sending;

/// <summary>Where the bytes of an intent go: they make a transfer, take money back from one, or credit a customer.</summary>
/// <param name="Endpoint">By which its rate is counted.</param>
internal readonly record struct SendRoute(string Endpoint, string Path)
{
    public static readonly SendRoute Transfers = new("/v1/transfers", "/v1/transfers");

    public static SendRoute Reversals(string transfer) => new("/v1/transfers/reversals", $"/v1/transfers/{transfer}/reversals");

    public static SendRoute Credits(string customer) => new("/v1/customers/balance_transactions", $"/v1/customers/{customer}/balance_transactions");

    public static SendRoute Of(DuePayout due) => due.Transfer is { } transfer ? Reversals(transfer) : due.Customer is { } customer ? Credits(customer) : Transfers;

    /// <summary>Of an item itself, as its own record says.</summary>
    public static SendRoute Of(PayoutOrder order) => order.IsCredit ? Credits(order.Destination) : Transfers;
}
