namespace ReferralGrains.Domain.Programs;

/// <summary>The calendar of a program's time zone (D15).</summary>
public static class ProgramZone
{
    private static readonly TimeSpan OneDay = TimeSpan.FromDays(1);

    // An unset date that somebody sent is of the first of all days. What is asked about has two days on either side.
    private static readonly DateTime Earliest = DateTime.MinValue + OneDay + OneDay;
    private static readonly DateTime Latest = DateTime.MaxValue - OneDay - OneDay;

    /// <summary>The k-th occurrence: the anchor's day and time of day k months later, clamped to the last day of its month.</summary>
    /// <param name="timeZone">IANA name.</param>
    public static DateTimeOffset Months(DateTimeOffset anchor, int months, string timeZone)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById(timeZone);
        return First(TimeZoneInfo.ConvertTime(anchor, zone).DateTime.AddMonths(months), zone);
    }

    /// <summary>The calendar month that an instant is in, as a number: twelve for each year, and January the first of them.</summary>
    /// <param name="timeZone">IANA name.</param>
    public static int MonthOf(DateTimeOffset at, string timeZone)
    {
        var local = TimeZoneInfo.ConvertTime(at, TimeZoneInfo.FindSystemTimeZoneById(timeZone));
        return (local.Year * 12) + local.Month - 1;
    }

    /// <summary>
    /// The first instant at which the zone's clocks show a time. Where they skip it, when they go on; where they show it twice, the first. Of a time
    /// in the first or the last days of all it is of the next that has days before and after it.
    /// </summary>
    public static DateTimeOffset First(DateTime local, TimeZoneInfo zone)
    {
        // Asked of instants only: of a local time the library does not know a skipped midnight in every zone.
        var shown = new DateTimeOffset(Math.Clamp(local.Ticks, Earliest.Ticks, Latest.Ticks), TimeSpan.Zero);
        var (before, after) = (zone.GetUtcOffset(shown - OneDay), zone.GetUtcOffset(shown + OneDay));
        var (early, late) = before > after ? (shown - before, shown - after) : (shown - after, shown - before);
        if (zone.GetUtcOffset(early) == shown - early) return early;
        if (zone.GetUtcOffset(late) == shown - late) return late;
        while (late.Ticks - early.Ticks > 1)
        {
            var middle = early + new TimeSpan((late.Ticks - early.Ticks) / 2);
            if (zone.GetUtcOffset(middle) == before) early = middle;
            else late = middle;
        }

        return late;
    }
}
