using System.Buffers;
using System.Collections.Immutable;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Money;
using ReferralGrains.Gateway.Problems;

namespace ReferralGrains.Gateway.Json;

/// <summary>Free text of a caller: kept as it is, within bounds; empty is the same as absent (D11).</summary>
internal static class Text
{
    // NUL is what PostgreSQL cannot keep; the other control characters would only mislead a reader of a log or a terminal.
    private static readonly SearchValues<char> Control =
        SearchValues.Create([.. Enumerable.Range(0, 32).Except(['\t', '\n', '\r']).Append(127).Select(code => (char)code)]);

    /// <summary>Of the name of anything.</summary>
    public const int MaxName = 200;

    public const int MaxEmail = 254;

    /// <summary>Of an id that another system gave.</summary>
    public const int MaxForeignId = 200;

    public static string? Of(string? text, string param, int maxLength)
    {
        if (string.IsNullOrEmpty(text)) return null;
        return Fault(text, maxLength) is { } fault ? throw Problem.InvalidField(param, fault).AsException() : text;
    }

    public static string? Email(string? email, string param = "email")
    {
        var text = Of(email, param, MaxEmail);
        return text is null || text.IndexOf('@', StringComparison.Ordinal) > 0 ? text : throw Problem.InvalidField(param, "An e-mail address is expected, and this has no @ inside.").AsException();
    }

    /// <summary>A value that was refused, as far as a line of text holds it.</summary>
    public static string Shown(string value) => $"\"{(value.Length <= 40 ? value : value[..40] + "…")}\"";

    /// <summary>What is wrong with it, or null.</summary>
    public static string? Fault(string text, int maxLength)
    {
        if (text.Length > maxLength) return $"At most {maxLength} characters are expected.";
        return text.AsSpan().ContainsAny(Control) ? "It holds a control character." : null;
    }
}

/// <summary>
/// How large an amount may be that comes in: large enough for any sale in any currency, and so small that no balance overflows:
/// ninety thousand of the largest sales, each rewarded at 1,000 %, fit into one, and nine thousand rewarded with the most points.
/// </summary>
internal static class AmountLimits
{
    /// <summary>Of what is summed: a sale, a conversion, a fixed reward. 100,000,000,000.00 in most currencies.</summary>
    public const long MaxMinor = 10_000_000_000_000;

    /// <summary>Of what is only compared with: a cap, a threshold, the bound of a tier.</summary>
    public const long MaxBoundMinor = 1_000_000_000_000_000;

    /// <summary>1,000 %.</summary>
    public const int MaxBasisPoints = 100_000;

    /// <summary>Of a reward in points by spend.</summary>
    public const long MaxPointsPerMinor = 100;

    public static long? Range(long? value, long min, long max, string param) =>
        value is null || (value >= min && value <= max)
            ? value
            : throw Problem.InvalidField(param, $"A whole number from {min} to {max} is expected, not {value}.").AsException();
}

/// <summary>Currencies as people write them: gbp is GBP.</summary>
internal static class Currencies
{
    /// <summary>The code, or null when there is no such currency.</summary>
    public static string? Known(string text)
    {
        if (text.Length != 3) return null;
        var code = text.ToUpperInvariant();
        return Currency.IsKnown(code) ? code : null;
    }

    // What is longer than any code stands in the wrong column, and may be anything: it is not repeated where errors are logged.
    public static string Expected(string text) => "An ISO 4217 code is expected, like GBP" + (text.Length is > 0 and <= 4 ? $", not {Text.Shown(text)}." : ".");
}

/// <summary>Assets as callers name them.</summary>
internal static class Assets
{
    public static Asset Of(string? text, string param)
    {
        if (string.IsNullOrEmpty(text)) throw Problem.MissingField(param).AsException();
        if (text == Asset.Points.Name) return Asset.Points;
        if (Currencies.Known(text) is { } cash) return Asset.Cash(cash);
        if (text.StartsWith("credit:", StringComparison.Ordinal) && Currencies.Known(text[7..]) is { } credit) return Asset.Credit(credit);
        return text.Split(':', 2) is ["service" or "coupon" or "item", var id] && CallerId.IsValid(id)
            ? new(text)
            : throw Problem.InvalidField(param, $"Expected is a currency, credit:CURRENCY, points, service:ID, coupon:ID or item:ID, not {Text.Shown(text)}.").AsException();
    }
}

/// <summary>Test clocks stay where every date that a rule can make from them is still a date.</summary>
internal static class ClockLimits
{
    public static void Check(DateTimeOffset? at, string param)
    {
        if (at is { Year: < Instant.FirstYear or > 8999 }) throw Problem.InvalidField(param, "A time from 1900 to 8999 is expected.").AsException();
    }
}

/// <summary>Tags of a referrer or a referee: a set, kept in one order so that the same tags are the same content.</summary>
internal static class Tags
{
    public const int MaxTags = 50;
    public const int MaxLength = 100;

    public static ImmutableArray<string>? Of(ImmutableArray<string>? tags, string param)
    {
        if (tags is not { } given) return null;
        if (given.Length > MaxTags) throw Problem.InvalidField(param, $"At most {MaxTags} tags are possible.").AsException();
        for (var i = 0; i < given.Length; i++)
            if (Text.Of(given[i], $"{param}[{i}]", MaxLength) is null) throw Problem.InvalidField($"{param}[{i}]", "A tag is not empty.").AsException();
        return [.. given.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
    }
}
