using System.Globalization;
using System.Text.RegularExpressions;

namespace ReferralGrains.Cli.Files;

/// <summary>
/// Reads the times of a file. One without an offset means another instant to each reader, so it is none unless somebody says in
/// which zone it was written.
/// </summary>
/// <param name="formats">How the file writes its times, beside RFC 3339.</param>
/// <param name="zone">Where it was written; null when nobody said.</param>
internal sealed partial class FileTimes(IReadOnlyList<string> formats, TimeZoneInfo? zone)
{
    private static readonly string[] local =
        ["yyyy-MM-dd'T'HH:mm:ss.FFFFFFF", "yyyy-MM-dd HH:mm:ss.FFFFFFF", "yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd HH:mm"];

    /// <exception cref="CommandFailed">There is no such zone.</exception>
    public static TimeZoneInfo Zone(string name) => TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone)
        ? zone
        : throw new CommandFailed($"there is no time zone '{name}'; expected is a name such as Europe/London");

    /// <summary>Times as the server reads them, and nothing else.</summary>
    public static FileTimes Exact { get; } = new([], null);

    /// <summary>Why a text is no instant, and what would help.</summary>
    public string Reason(string text) =>
        $"'{text}' is not a time such as 2010-12-01T08:26:00Z{(zone is null && this != Exact ? "; if only its offset is missing, say --time-zone" : "")}";

    /// <returns>Null for what is no instant.</returns>
    public DateTimeOffset? Read(string text)
    {
        if (Rfc3339().Match(text) is { Success: true } match)
        {
            // A tick is the finest that is kept; programs in Go write one digit or two more.
            var (seconds, fraction) = (match.Groups["seconds"].Value, match.Groups["fraction"].Value);
            var cut = seconds + (fraction.Length > 8 ? fraction[..8] : fraction) + match.Groups["offset"].Value;
            return DateTimeOffset.TryParse(cut, CultureInfo.InvariantCulture, DateTimeStyles.None, out var instant) ? instant : null;
        }

        foreach (var format in formats)
        {
            if (HasOffset(format))
            {
                if (DateTimeOffset.TryParseExact(text, format, CultureInfo.InvariantCulture, DateTimeStyles.None, out var instant)) return instant;
            }
            else if (ReadLocal(text, format) is { } instant)
            {
                return instant;
            }
        }

        return local.Select(format => ReadLocal(text, format)).FirstOrDefault(instant => instant is not null);
    }

    private static bool HasOffset(string format) => format.Contains('z', StringComparison.Ordinal) || format.Contains('K', StringComparison.Ordinal);

    private DateTimeOffset? ReadLocal(string text, string format) =>
        zone is not null && DateTime.TryParseExact(text, format, CultureInfo.InvariantCulture, DateTimeStyles.None, out var time) ? InZone(time) : null;

    // In a gap the next instant that exists, in an overlap the first of the two (D15).
    private DateTimeOffset InZone(DateTime time)
    {
        if (zone!.IsInvalidTime(time)) time = new(time.Ticks - (time.Ticks % TimeSpan.TicksPerMinute));
        while (zone.IsInvalidTime(time)) time = time.AddMinutes(1);
        return new(time, zone.IsAmbiguousTime(time) ? zone.GetAmbiguousTimeOffsets(time).Max() : zone.GetUtcOffset(time));
    }

    [GeneratedRegex(@"^(?<seconds>\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d)(?<fraction>\.\d+)?(?<offset>[Zz]|[+-]\d\d:\d\d)$", RegexOptions.CultureInvariant)]
    private static partial Regex Rfc3339();
}
