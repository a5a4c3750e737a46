using System.Globalization;

namespace ReferralGrains.Domain.Money;

/// <summary>An exact amount of an asset in its minor unit (pence, whole points, pieces). Never a fraction, never a bare number.</summary>
public readonly record struct Amount(long Minor, Asset Asset)
{
    /// <summary>Adding two assets is our bug, not the customer's: it throws (D2).</summary>
    public static Amount operator +(Amount left, Amount right) => left with { Minor = left.Minor + right.SameAs(left.Asset).Minor };

    public static Amount operator -(Amount left, Amount right) => left with { Minor = left.Minor - right.SameAs(left.Asset).Minor };

    /// <summary>For people only: <c>14.70 USD</c>, <c>500 JPY</c>, <c>12 points</c>.</summary>
    public override string ToString() => Display(Minor, Asset);

    public static string Display(long minor, Asset asset)
    {
        if (asset.Currency is not { } currency || Currency.ExponentOf(currency) is not (> 0 and var exponent))
            return string.Create(CultureInfo.InvariantCulture, $"{minor} {asset.Name}");
        var unit = exponent == 2 ? 100L : 1_000L;
        var whole = Math.Abs(minor / unit);
        var sign = minor < 0 ? "-" : "";
        return string.Create(CultureInfo.InvariantCulture, $"{sign}{whole}.{Math.Abs(minor % unit).ToString(CultureInfo.InvariantCulture).PadLeft(exponent, '0')} {asset.Name}");
    }

    private Amount SameAs(Asset asset) =>
        Asset == asset ? this : throw new InvalidOperationException($"{Asset} and {asset} are never added up.");
}
