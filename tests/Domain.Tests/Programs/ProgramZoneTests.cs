using ReferralGrains.Domain.Programs;

namespace ReferralGrains.Domain.Tests.Programs;

/// <summary>Months of the calendar in a program's time zone (D15).</summary>
public class ProgramZoneTests
{
    [Theory]
    [InlineData("UTC", "2023-01-31T10:00:00Z", 1, "2023-02-28T10:00:00Z")]
    [InlineData("UTC", "2024-01-31T10:00:00Z", 1, "2024-02-29T10:00:00Z")]
    [InlineData("UTC", "2023-01-31T10:00:00Z", 2, "2023-03-31T10:00:00Z")]
    [InlineData("UTC", "2023-04-19T10:00:00Z", 2, "2023-06-19T10:00:00Z")]
    [InlineData("Europe/London", "2026-01-29T01:30:00Z", 2, "2026-03-29T01:00:00Z")] // 01:30 is skipped: when the clocks go on
    [InlineData("Europe/London", "2026-09-25T00:30:00Z", 1, "2026-10-25T00:30:00Z")] // 01:30 comes twice: the first
    [InlineData("America/New_York", "2026-01-31T23:30:00Z", 1, "2026-02-28T23:30:00Z")]
    [InlineData("Pacific/Auckland", "2026-01-30T11:30:00Z", 1, "2026-02-27T11:30:00Z")] // January 31 there
    [InlineData("America/Asuncion", "2024-09-06T04:00:00Z", 1, "2024-10-06T04:00:00Z")] // midnight is skipped
    public void D15_the_kth_month_is_clamped_and_exists(string zone, string anchor, int months, string expected) =>
        Assert.Equal(DateTimeOffset.Parse(expected), ProgramZone.Months(DateTimeOffset.Parse(anchor), months, zone));

    [Theory]
    [InlineData("UTC", "0001-01-01T05:00:00Z", "0001-01-03T00:00:00Z")]
    [InlineData("Etc/GMT-5", "0001-01-01T00:00:01Z", "0001-01-02T19:00:00Z")] // its clocks are ahead
    [InlineData("Etc/GMT+5", "0001-01-01T00:00:01Z", "0001-01-03T05:00:00Z")] // and these behind: there it is before all dates
    [InlineData("UTC", "9999-12-31T23:00:00Z", "9999-12-29T23:59:59.9999999Z")]
    public void D15_a_date_at_the_end_of_all_dates_is_an_instant_too(string zone, string anchor, string expected) =>
        Assert.Equal(DateTimeOffset.Parse(expected), ProgramZone.Months(DateTimeOffset.Parse(anchor), 0, zone));

    [Theory]
    [InlineData("Europe/London")]
    [InlineData("America/Santiago")]
    [InlineData("Australia/Lord_Howe")]
    [InlineData("Asia/Kolkata")]
    public void D15_months_never_skip_or_repeat_from_any_anchor(string zone)
    {
        var random = new Random(15);
        for (var i = 0; i < 300; i++)
        {
            var anchor = new DateTimeOffset(2015, 1, 1, 0, 0, 0, TimeSpan.Zero).AddMinutes(random.Next(10 * 365 * 24 * 60));
            var info = TimeZoneInfo.FindSystemTimeZoneById(zone);
            var months = Enumerable.Range(0, 30).Select(k => ProgramZone.Months(anchor, k, zone)).ToList();
            Assert.True(months[0] <= anchor && anchor - months[0] <= TimeSpan.FromHours(1)); // the second of two is told as the first
            Assert.Equal(months.Order(), months);
            var first = TimeZoneInfo.ConvertTime(months[0], info);
            Assert.Equal(
                Enumerable.Range(0, 30).Select(k => ((first.Year * 12) + first.Month - 1 + k)),
                months.Select(month => TimeZoneInfo.ConvertTime(month, info)).Select(month => (month.Year * 12) + month.Month - 1));
        }
    }
}
