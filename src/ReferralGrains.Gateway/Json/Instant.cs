using System.Globalization;

namespace ReferralGrains.Gateway.Json;

/// <summary>
/// RFC 3339 with an offset, to the microsecond, which is what the journal keeps: an instant reads back as the one that was hashed. What is before
/// <see cref="FirstYear"/> is a date that nobody set, whatever offset was added to it, and every calendar goes well beyond what is after.
/// </summary>
internal static class Instant
{
    public const int MaxLength = 40;

    /// <summary>In UTC.</summary>
    public const int FirstYear = 1900;

    public const string Expected = "A time from 1900 on with its offset is expected (RFC 3339), like 2026-01-31T09:30:00Z";

    private const string Seconds = "yyyy-MM-dd'T'HH:mm:ss";

    private static readonly long First = new DateTime(FirstYear, 1, 1).Ticks;

    public static bool TryParse(ReadOnlySpan<char> text, out DateTimeOffset instant)
    {
        instant = default;
        if (text.Length is < 20 or > MaxLength || text[10] is not ('T' or 't')) return false;
        if (!Number(text, 0, 4, out var year) || text[4] != '-' || !Number(text, 5, 2, out var month) || text[7] != '-'
            || !Number(text, 8, 2, out var day) || !Number(text, 11, 2, out var hour) || text[13] != ':'
            || !Number(text, 14, 2, out var minute) || text[16] != ':' || !Number(text, 17, 2, out var second)) return false;
        if (!Fraction(text[19..], out var microseconds, out var digits) || !Offset(text[(19 + digits)..], out var offset)) return false;
        if (year < 1 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month) || hour > 23 || minute > 59 || second > 59) return false;

        var ticks = new DateTime(year, month, day, hour, minute, second).Ticks + (microseconds * TimeSpan.TicksPerMicrosecond) - offset.Ticks;
        if (ticks < First || ticks > DateTime.MaxValue.Ticks) return false;
        instant = new(ticks, TimeSpan.Zero);
        return true;
    }

    /// <summary>In UTC, with as many decimals as it has.</summary>
    public static ReadOnlySpan<char> Format(DateTimeOffset instant, Span<char> text)
    {
        var utc = instant.UtcDateTime;
        utc.TryFormat(text, out var length, Seconds, CultureInfo.InvariantCulture);
        var microseconds = utc.Ticks % TimeSpan.TicksPerSecond / TimeSpan.TicksPerMicrosecond;
        if (microseconds > 0)
        {
            text[length++] = '.';
            microseconds.TryFormat(text[length..], out var digits, "000000", CultureInfo.InvariantCulture);
            length += text.Slice(length, digits).TrimEnd('0').Length;
        }

        text[length++] = 'Z';
        return text[..length];
    }

    public static string Format(DateTimeOffset instant) => Format(instant, stackalloc char[MaxLength]).ToString();

    // Decimals beyond the microsecond are cut off.
    private static bool Fraction(ReadOnlySpan<char> text, out long microseconds, out int length)
    {
        microseconds = 0;
        length = 0;
        if (text[0] != '.') return true;
        var decimals = 0;
        for (length = 1; length < text.Length && char.IsAsciiDigit(text[length]); length++)
            if (decimals < 6 && ++decimals > 0) microseconds = (microseconds * 10) + (text[length] - '0');
        for (; decimals < 6; decimals++) microseconds *= 10;
        return length > 1 && length < text.Length;
    }

    private static bool Offset(ReadOnlySpan<char> text, out TimeSpan offset)
    {
        offset = TimeSpan.Zero;
        if (text is "Z" or "z") return true;
        if (text.Length != 6 || text[0] is not ('+' or '-') || text[3] != ':') return false;
        if (!Number(text, 1, 2, out var hours) || !Number(text, 4, 2, out var minutes) || hours > 23 || minutes > 59) return false;
        offset = new(hours, minutes, 0);
        if (text[0] == '-') offset = -offset;
        return true;
    }

    private static bool Number(ReadOnlySpan<char> text, int start, int length, out int value) =>
        int.TryParse(text.Slice(start, length), NumberStyles.None, CultureInfo.InvariantCulture, out value);
}
