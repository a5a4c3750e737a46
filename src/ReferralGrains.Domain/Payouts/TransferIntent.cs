using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace ReferralGrains.Domain.Payouts;

/// <summary>
/// What is written down before Stripe is asked: the exact bytes of one generation of one payout item, and the key that makes Stripe run
/// them once. The same key is only ever sent with the same bytes.
/// </summary>
/// <param name="Generation">From 1. A new one is a new key, which Stripe may pay again: only what is certain opens one.</param>
/// <param name="Body">A form in ASCII, byte for byte what is sent.</param>
/// <param name="Hash">Its SHA-256.</param>
/// <param name="ApiVersion">Sent with it, whatever library is installed when it is sent again.</param>
public sealed record TransferIntent(int Generation, string Body, string Hash, string Key, string ApiVersion)
{
    /// <param name="environment">Tells two installations on one Stripe account apart.</param>
    public static TransferIntent Create(string environment, int tenant, PayoutOrder order, int generation, string apiVersion)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(generation, 1);
        var (amount, number) = (order.StripeAmount.ToString(CultureInfo.InvariantCulture), generation.ToString(CultureInfo.InvariantCulture));

        // What a customer has to its credit is below zero at Stripe. Whose it is stands in the address, of which the order is the record.
        var body = order.IsCredit
            ? Form(("amount", "-" + amount), ("currency", order.StripeCurrency), ("metadata[item]", order.Item), ("metadata[generation]", number))
            : Form(
                ("amount", amount),
                ("currency", order.StripeCurrency),
                ("destination", order.Destination),
                ("transfer_group", order.Item),
                ("metadata[item]", order.Item),
                ("metadata[generation]", number));
        return new(generation, body, Sha256(body), "rg1_" + Sha256($"{environment}|{tenant}|{order.Item}|{generation}"), apiVersion);
    }

    /// <summary>Of a reversal of the item's transfer: keys and metadata of its own.</summary>
    /// <param name="minor">In our units.</param>
    public static TransferIntent CreateReversal(string environment, int tenant, PayoutOrder order, string reversal, long minor, int generation, string apiVersion)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(generation, 1);
        var body = Form(
            ("amount", order.ToStripe(minor).ToString(CultureInfo.InvariantCulture)),
            ("metadata[item]", order.Item),
            ("metadata[reversal]", reversal),
            ("metadata[generation]", generation.ToString(CultureInfo.InvariantCulture)));
        return new(generation, body, Sha256(body), "rg1_" + Sha256($"{environment}|{tenant}|{order.Item}|reversal|{reversal}|{generation}"), apiVersion);
    }

    /// <summary>The bytes to send. Another hash than the one written down is our own bug, and nothing leaves.</summary>
    public byte[] Bytes() => Sha256(Body) == Hash ? Encoding.ASCII.GetBytes(Body) : throw new InvalidOperationException("The bytes of this intent are not the ones that were written down.");

    private static string Form(params ReadOnlySpan<(string Name, string Value)> fields)
    {
        var form = new StringBuilder();
        foreach (var (name, value) in fields)
            form.Append(form.Length == 0 ? "" : "&").Append(Uri.EscapeDataString(name)).Append('=').Append(Uri.EscapeDataString(value));
        return form.ToString();
    }

    private static string Sha256(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
