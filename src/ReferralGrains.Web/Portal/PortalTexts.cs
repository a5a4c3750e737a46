using System.Globalization;
using System.Resources;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;
using ReferralGrains.Web.Sessions;

namespace ReferralGrains.Web.Portal;

/// <summary>
/// The portal in one language: its texts, and how numbers and dates are written there. All of it is in one file of resources, so that a
/// language is one file more: the machine's own knowledge of languages, which not every machine has, is not asked.
/// </summary>
public sealed class PortalTexts
{
    public const string Default = "en";

    private static readonly Dictionary<string, PortalTexts> all = Find();

    private readonly ResourceManager resources;
    private readonly NumberFormatInfo numbers;
    private readonly string[] months;

    private PortalTexts(string language)
    {
        Language = language;
        resources = new($"{typeof(PortalTexts).Namespace}.Texts.{language}", typeof(PortalTexts).Assembly);
        numbers = new() { NumberDecimalSeparator = this["decimal"], NumberGroupSeparator = this["group"], NegativeSign = "−" };
        months = this["months"].Split(',');
    }

    /// <summary>As HTML says it: en, de.</summary>
    public string Language { get; }

    public static IEnumerable<PortalTexts> All => all.Values;

    public string this[string name] => resources.GetString(name, CultureInfo.InvariantCulture) ?? throw new ArgumentOutOfRangeException(nameof(name), name, "There is no such text.");

    public string Of(string name, params object[] values) => string.Format(CultureInfo.InvariantCulture, this[name], values);

    /// <summary>Null for a language that the portal does not speak.</summary>
    public static PortalTexts? In(string? language) => language is null ? null : all.GetValueOrDefault(language);

    /// <summary>The first language that a browser asks for and the portal speaks.</summary>
    public static PortalTexts For(HttpRequest request)
    {
        var wanted = StringWithQualityHeaderValue.TryParseList(request.Headers.AcceptLanguage, out var languages) ? languages : [];
        return wanted.OrderByDescending(static one => one.Quality ?? 1).Select(static one => In(one.Value.ToString().Split('-')[0].ToLowerInvariant())).FirstOrDefault(static one => one is not null)
            ?? all[Default];
    }

    /// <summary>12,345.67 GBP; −3.00 GBP; 120 points; 5.00 GBP credit; 2 × massage. Whole numbers all the way: the point is put in, nothing is divided.</summary>
    public string Amount(long minor, string asset) => asset.Split(':', 2) switch
    {
        [var currency] when Currencies.IsCurrency(currency) => Money(minor, currency),
        ["credit", var currency] => Of("credit", Money(minor, currency)),
        [_, var thing] => Of("things", Number(minor), thing),
        _ => Of("points", Number(minor)),
    };

    public string Number(long number) => number.ToString("#,0", numbers);

    public string Percent(int basisPoints) => Of("percent", (basisPoints / 100m).ToString("0.##", numbers));

    /// <summary>The day in UTC.</summary>
    public string Day(DateTimeOffset at) => Of("date", at.UtcDateTime.Day, months[at.UtcDateTime.Month - 1], at.UtcDateTime.Year);

    /// <summary>A day as the API writes it: 2026-01-31.</summary>
    public string Day(string day) => Day(DateTimeOffset.ParseExact(day, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal));

    public string Month(DateTimeOffset at) => Of("month", months[at.UtcDateTime.Month - 1], at.UtcDateTime.Year);

    private string Money(long minor, string currency)
    {
        var places = Currencies.DigitsOf(currency);
        var digits = Int128.Abs(minor).ToString(CultureInfo.InvariantCulture).PadLeft(places + 1, '0');
        var text = Int128.Parse(digits[..^places], CultureInfo.InvariantCulture).ToString("#,0", numbers) + (places == 0 ? "" : numbers.NumberDecimalSeparator + digits[^places..]);
        return Of("money", (minor < 0 ? numbers.NegativeSign : "") + text, currency);
    }

    private static Dictionary<string, PortalTexts> Find()
    {
        var start = $"{typeof(PortalTexts).Namespace}.Texts.";
        return typeof(PortalTexts).Assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(start, StringComparison.Ordinal) && name.EndsWith(".resources", StringComparison.Ordinal))
            .Select(name => new PortalTexts(name[start.Length..^".resources".Length])).OrderBy(static one => one.Language != Default).ThenBy(static one => one.Language, StringComparer.Ordinal)
            .ToDictionary(static one => one.Language, StringComparer.Ordinal);
    }
}
