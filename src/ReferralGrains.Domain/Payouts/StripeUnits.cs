using System.Collections.Frozen;

namespace ReferralGrains.Domain.Payouts;

/// <summary>How Stripe counts a currency, and what it can move of it. What is not confirmed is not in the table, and cannot be paid by Stripe.</summary>
/// <param name="Ours">This many of our minor units …</param>
/// <param name="Stripes">… are this many of Stripe's.</param>
/// <param name="Step">An amount in Stripe's units is a multiple of this.</param>
public readonly record struct StripeUnits(int Ours, int Stripes, int Step)
{
    // Hundredths, as with us.
    private const string Plain =
        "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BWP BYN BZD CAD CDF CHF CNY COP CRC CVE CZK DKK DOP DZD "
        + "EGP ETB EUR FJD FKP GBP GEL GIP GMD GTQ GYD HKD HNL HTG IDR ILS INR JMD KES KGS KHR KYD KZT LAK LBP LKR LRD LSL MAD MDL MKD MMK "
        + "MNT MOP MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SEK SGD SHP SOS SRD "
        + "SZL THB TJS TOP TRY TTD TZS UAH USD UYU UZS WST XCD YER ZAR ZMW";

    private const string Whole = "BIF CLP DJF GNF JPY KMF KRW PYG RWF VND VUV XAF XOF XPF";

    private static readonly FrozenDictionary<string, StripeUnits> Table =
        Plain.Split(' ').Select(code => (code, units: new StripeUnits(1, 1, 1)))
            .Concat(Whole.Split(' ').Select(code => (code, new StripeUnits(1, 1, 1))))
            .Concat(
            [
                ("MGA", new(100, 1, 1)), // Ours has two decimals by ISO, theirs none.
                ("ISK", new(1, 100, 100)), // Theirs has two, of which the last are always 0.
                ("HUF", new(1, 1, 100)), // Two for charges, none for payouts.
                ("TWD", new(1, 1, 100)),
                ("BHD", new(1, 1, 10)), // Three decimals, of which the last must be 0.
                ("JOD", new(1, 1, 10)),
                ("KWD", new(1, 1, 10)),
                ("OMR", new(1, 1, 10)),
                ("TND", new(1, 1, 10)),
            ])
            .ToFrozenDictionary(pair => pair.Item1, pair => pair.Item2, StringComparer.Ordinal);

    /// <summary>Null for a currency that Stripe is not known to move.</summary>
    public static StripeUnits? Of(string currency) => Table.TryGetValue(currency, out var units) ? units : null;

    /// <summary>As much of an amount as can be moved; the indivisible rest rolls over to the next payout. Not for amounts below zero.</summary>
    public long Divisible(long minor)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(minor);
        return minor - minor % SmallestOurs;
    }

    /// <summary>An amount that is <see cref="Divisible"/> as Stripe writes it.</summary>
    public long ToStripe(long minor)
    {
        if (minor < 0 || minor % SmallestOurs != 0) throw new ArgumentOutOfRangeException(nameof(minor), minor, "It cannot be moved whole.");
        return checked(minor * Stripes / Ours);
    }

    /// <summary>What Stripe shows, in our units.</summary>
    public long FromStripe(long amount) => checked(amount * Ours / Stripes);

    // The smallest of our amounts that is a whole step of theirs: Step × Ours ÷ Stripes, which is whole for every row of the table.
    private long SmallestOurs => Math.Max(1L, (long)Step * Ours / Stripes);
}
