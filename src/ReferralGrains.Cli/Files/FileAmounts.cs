using System.Globalization;

namespace ReferralGrains.Cli.Files;

/// <summary>What stands between the whole and the decimals of an amount.</summary>
internal enum DecimalMark
{
    /// <summary>Amounts are whole numbers of minor units.</summary>
    None,

    Point,

    Comma,
}

/// <summary>Reads amounts into minor units, exactly: nothing is rounded here, and what does not come out even is refused.</summary>
internal static class FileAmounts
{
    /// <summary>The most that the server takes (a hundred billion of a currency with two decimals).</summary>
    public const long MaxMinor = 10_000_000_000_000;

    // ISO 4217, as the server has it.
    private static readonly HashSet<string> noDecimals = [.. "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF".Split(' ')];

    private static readonly HashSet<string> twoDecimals = [..
        ("AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP CVE CZK "
        + "DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK "
        + "LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON "
        + "RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST "
        + "XCD XCG YER ZAR ZMW ZWG").Split(' ')];

    private static readonly HashSet<string> threeDecimals = [.. "BHD IQD JOD KWD LYD OMR TND".Split(' ')];

    /// <summary>In capitals.</summary>
    public static bool IsKnown(string currency) => noDecimals.Contains(currency) || twoDecimals.Contains(currency) || threeDecimals.Contains(currency);

    public static int ExponentOf(string currency) => noDecimals.Contains(currency) ? 0 : threeDecimals.Contains(currency) ? 3 : 2;

    /// <summary>As a person reads it. What is no currency, such as points, has no decimals.</summary>
    public static string Text(long minor, string asset)
    {
        var code = asset[(asset.IndexOf(':', StringComparison.Ordinal) + 1)..];
        var exponent = code.Length == 3 && code.All(char.IsAsciiLetterUpper) ? ExponentOf(code) : 0;
        var unit = exponent switch { 0 => 1m, 2 => 100m, _ => 1_000m };
        return $"{(minor / unit).ToString($"N{exponent}", CultureInfo.InvariantCulture)} {asset}";
    }

    /// <returns>The minor units, with their sign; or why it is no amount.</returns>
    public static (long? Minor, string? Reason) Read(string text, DecimalMark mark, string currency)
    {
        if (mark == DecimalMark.None)
        {
            return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
                ? (number, null)
                : (null, $"'{text}' is not a whole number of minor units; for amounts such as 49.00 say --decimals");
        }

        var exponent = ExponentOf(currency);
        var digits = text.AsSpan();
        var isNegative = digits is ['-', ..];
        if (isNegative) digits = digits[1..];
        var at = digits.IndexOf(mark == DecimalMark.Point ? '.' : ',');
        var whole = at < 0 ? digits : digits[..at];
        var decimals = at < 0 ? [] : digits[(at + 1)..];
        if (whole.IsEmpty || whole.ContainsAnyExceptInRange('0', '9') || (at >= 0 && decimals.IsEmpty) || decimals.ContainsAnyExceptInRange('0', '9'))
            return (null, $"'{text}' is not an amount such as {(mark == DecimalMark.Point ? "49.00" : "49,00")}");
        if (decimals.Length > exponent && decimals[exponent..].ContainsAnyExcept('0')) return (null, $"'{text}' has more decimals than {currency} has");

        var kept = decimals.Length > exponent ? decimals[..exponent] : decimals;
        return long.TryParse(string.Concat(whole, kept, new string('0', exponent - kept.Length)), NumberStyles.None, CultureInfo.InvariantCulture, out var minor)
            ? (isNegative ? -minor : minor, null)
            : (null, $"'{text}' is too large");
    }
}
