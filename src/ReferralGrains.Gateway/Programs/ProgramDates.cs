using System.Globalization;
using ReferralGrains.Gateway.Json;
using ReferralGrains.Gateway.Problems;

namespace ReferralGrains.Gateway.Programs;

/// <summary>Dates of a rule: an instant, or a bare date, which is a whole day in the program's time zone (R6).</summary>
internal sealed class ProgramDates(TimeZoneInfo zone)
{
    public static ProgramDates Of(string timeZone) => new(TimeZoneInfo.FindSystemTimeZoneById(timeZone));

    /// <summary>Whether it is the IANA name of a time zone that this machine knows.</summary>
    public static bool IsKnown(string timeZone) =>
        timeZone.Length is > 0 and <= 64
        && timeZone.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '_' or '-' or '+')
        && TimeZoneInfo.TryFindSystemTimeZoneById(timeZone, out _);

    /// <summary>The first instant that is inside.</summary>
    public DateTimeOffset? From(string? text, string param) => Parse(text, param, 0);

    /// <summary>The first instant that is outside again: an end day is included.</summary>
    public DateTimeOffset? To(string? text, string param) => Parse(text, param, 1);

    private DateTimeOffset? Parse(string? text, string param, int days)
    {
        if (string.IsNullOrEmpty(text)) return null;
        if (Instant.TryParse(text, out var instant)) return instant;
        if (DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) && day.Year is > 1 and < 9999)
            return StartOf(day.AddDays(days));
        throw Problem.InvalidField(param, "A date like 2026-01-31, or a time with its offset, is expected.").AsException();
    }

    // Where the clocks skip midnight the day starts when they go on; where midnight comes twice, at the first (D15).
    private DateTimeOffset StartOf(DateOnly day)
    {
        var local = day.ToDateTime(TimeOnly.MinValue);
        while (zone.IsInvalidTime(local)) local = local.AddMinutes(1);
        var offset = zone.IsAmbiguousTime(local) ? zone.GetAmbiguousTimeOffsets(local).Max() : zone.GetUtcOffset(local);
        return new DateTimeOffset(local, offset).ToUniversalTime();
    }
}
