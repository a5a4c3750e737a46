using System.Globalization;
using ReferralGrains.Web.Sessions;

namespace ReferralGrains.Web.Console.Layout;

/// <summary>Amounts as people type them: 25.00, in whole numbers. The point is taken out, nothing is multiplied.</summary>
internal static class TypedAmount
{
    /// <summary>In the currency's minor unit; null where it cannot be read.</summary>
    public static long? Minor(string typed, string currency) => Read(typed, Currencies.DigitsOf(currency));

    /// <summary>The other way round.</summary>
    public static string Of(long minor, string currency) => Show.Amount(minor, currency).Split(' ')[0].Replace(",", "", StringComparison.Ordinal);

    /// <summary>12.5 is 1,250: of a percentage, basis points. Null where it cannot be read.</summary>
    public static long? Hundredths(string typed) => Read(typed, 2);

    /// <summary>25.00, or 25 where there is no smaller unit.</summary>
    public static string Example(string currency) => Currencies.DigitsOf(currency) is > 0 and var places ? "25." + new string('0', places) : "25";

    private static long? Read(string typed, int places)
    {
        var (whole, part) = typed.Trim().Split('.') switch { [var one] => (one, ""), [var one, var two] => (one, two), _ => ("", "") };
        return whole.Length + part.Length > 0 && part.Length <= places && long.TryParse(whole + part.PadRight(places, '0'), NumberStyles.None, CultureInfo.InvariantCulture, out var minor) ? minor : null;
    }
}
