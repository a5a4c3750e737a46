using System.Globalization;
using ReferralGrains.Web.Sessions;

namespace ReferralGrains.Web.Console.Layout;

/// <summary>Amounts as people type them: 25.00, in whole numbers. The point is taken out, nothing is multiplied.</summary>
internal static class TypedAmount
{
    /// <summary>In the currency's minor unit; null where it cannot be read.</summary>
    public static long? Minor(string typed, string currency)
    {
        var places = Currencies.DigitsOf(currency);
        var (whole, part) = typed.Trim().Split('.') switch { [var one] => (one, ""), [var one, var two] => (one, two), _ => ("", "") };
        return part.Length <= places && long.TryParse(whole + part.PadRight(places, '0'), NumberStyles.None, CultureInfo.InvariantCulture, out var minor) ? minor : null;
    }

    /// <summary>25.00, or 25 where there is no smaller unit.</summary>
    public static string Example(string currency) => Currencies.DigitsOf(currency) is > 0 and var places ? "25." + new string('0', places) : "25";
}
