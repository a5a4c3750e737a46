using System.Globalization;

namespace ReferralGrains.Domain.Money;

/// <summary>An exact amount of an asset in its minor unit (pence, whole points, pieces). Never a fraction, never a bare number.</summary>
public readonly record struct Amount(long Minor, Asset Asset) : ISpanFormattable
{
    /// <summary>Adding two assets is our bug, not the customer's: it throws (D2).</summary>
    public static Amount operator +(Amount left, Amount right) => left with { Minor = left.Minor + right.SameAs(left.Asset).Minor };

    public static Amount operator -(Amount left, Amount right) => left with { Minor = left.Minor - right.SameAs(left.Asset).Minor };

    public static string Display(long minor, Asset asset) => new Amount(minor, asset).ToString();

    /// <summary>For people only: <c>14.70 USD</c>, <c>500 JPY</c>, <c>12 points</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{this}");

    public string ToString(string? format, IFormatProvider? formatProvider) => ToString();

    // An explanation is written for every streamed action: amounts go straight into its line.
    public bool TryFormat(Span<char> destination, out int charsWritten, ReadOnlySpan<char> format, IFormatProvider? provider)
    {
        var exponent = Asset.Currency is { } currency ? Currency.ExponentOf(currency) : 0;
        if (exponent == 0) return destination.TryWrite(CultureInfo.InvariantCulture, $"{Minor} {Asset.Name}", out charsWritten);

        var unit = exponent == 2 ? 100L : 1_000L;
        var sign = Minor < 0 ? "-" : "";
        var (whole, rest) = (Math.Abs(Minor / unit), Math.Abs(Minor % unit));
        return exponent == 2
            ? destination.TryWrite(CultureInfo.InvariantCulture, $"{sign}{whole}.{rest:D2} {Asset.Name}", out charsWritten)
            : destination.TryWrite(CultureInfo.InvariantCulture, $"{sign}{whole}.{rest:D3} {Asset.Name}", out charsWritten);
    }

    private Amount SameAs(Asset asset) =>
        Asset == asset ? this : throw new InvalidOperationException($"{Asset} and {asset} are never added up.");
}
