using System.Security.Cryptography;
using System.Text;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Money;

namespace ReferralGrains.Domain.Payouts;

/// <summary>What one payout item is to do: pay one referrer one amount in one currency, once.</summary>
/// <param name="Item">Also the transfer's group at Stripe, by which it is found again.</param>
/// <param name="Amount">Of a currency that Stripe moves, and divisible by its step.</param>
/// <param name="Destination">The referrer's connected account; its Stripe customer, where what is paid is account credit; or <see cref="Outside"/>.</param>
public sealed record PayoutOrder(string Item, StreamId Batch, StreamId Referrer, Amount Amount, string Destination)
{
    /// <summary>Instead of an account: it is paid by other means than Stripe. No account of Stripe is called so.</summary>
    public const string Outside = "outside";

    /// <summary>How names of items begin: what somebody else has written into a customer's balance is told apart by it.</summary>
    public const string NamePrefix = "item_";

    /// <summary>Account credit: at Stripe no transfer, but a transaction on the balance of a customer, which lowers its next invoices.</summary>
    public bool IsCredit => !Amount.Asset.IsCash;

    /// <summary>Whether Stripe can move exactly that; what is paid outside may be in a currency that it does not, or not in such parts.</summary>
    public bool IsMovable => StripeUnits.Of(Currency) is { } units && units.Divisible(Amount.Minor) == Amount.Minor;

    public long StripeAmount => ToStripe(Amount.Minor);

    public string StripeCurrency => Currency.ToLowerInvariant();

    /// <summary>A divisible amount of ours, as Stripe counts it.</summary>
    public long ToStripe(long minor) => Units.ToStripe(minor);

    /// <summary>Whether Stripe can move exactly that.</summary>
    public bool IsDivisible(long minor) => Units.Divisible(minor) == minor;

    /// <summary>An amount that Stripe shows, as we count it.</summary>
    public long FromStripe(long amount) => Units.FromStripe(amount);

    private string Currency => Amount.Asset.Currency ?? throw new InvalidOperationException($"{Amount.Asset} is of no currency.");

    private StripeUnits Units => StripeUnits.Of(Currency) ?? throw new InvalidOperationException($"Stripe is not known to move {Amount.Asset}.");

    /// <summary>The same parts give the same name, so that a batch that asks again after a crash asks for the same item.</summary>
    public static string NameOf(string environment, int tenant, CallerId batch, CallerId referrer, Asset currency) =>
        NamePrefix + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{environment} {tenant} {batch} {referrer} {currency}")))[..32];

    /// <summary>Whether a transfer that Stripe shows is the one that was ordered.</summary>
    public bool IsMetBy(TransferSeen transfer) =>
        IsMovable && transfer.Amount == StripeAmount && transfer.Currency == StripeCurrency && transfer.Destination == Destination && transfer.Item == Item;
}

/// <summary>
/// A transfer as Stripe shows it, in Stripe's units. Of a reversal, the destination is the transfer that it takes from, and the item is the
/// reversal's name; of account credit, the destination is the customer, and the amount is above zero where it is credited.
/// </summary>
/// <param name="Item">Of its metadata; null where it has none.</param>
public sealed record TransferSeen(string Id, long Amount, string Currency, string Destination, string? Item, long AmountReversed = 0);
