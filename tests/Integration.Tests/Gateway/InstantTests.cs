using System.Text;
using System.Text.Json;
using ReferralGrains.Gateway.Json;
using ReferralGrains.Gateway.Programs;
using ReferralGrains.Gateway.Referrals;

namespace ReferralGrains.Integration.Tests.Gateway;

/// <summary>The journal keeps microseconds, so nothing finer comes in: what was decided on and what is read back are the same instant.</summary>
public sealed class InstantTests
{
    [Theory]
    [InlineData("2026-01-05T10:00:00.1234567Z", 1_234_560)]
    [InlineData("2026-01-05T12:00:00.123456999+02:00", 1_234_560)]
    [InlineData("2026-01-05T10:00:00.9999999Z", 9_999_990)]
    [InlineData("2026-01-05T10:00:00.0000009Z", 0)]
    public void What_is_finer_than_a_microsecond_is_cut_off_at_every_door(string sent, int ticks)
    {
        var expected = new DateTimeOffset(2026, 1, 5, 10, 0, 0, TimeSpan.Zero).AddTicks(ticks);
        var action = $$"""{"action_id":"a","program_id":"p","type":"sale","referee_id":"c","amount_minor":1,"occurred_at":"{{sent}}"}""";
        var approval = $$"""{"approved_at":"{{sent}}"}""";

        Assert.Null(ActionParser.Parse(Encoding.UTF8.GetBytes(action), out var line));
        Assert.Equal(expected, line.Action.OccurredAt);
        Assert.Equal(expected, JsonSerializer.Deserialize(approval, GatewayJson.Default.ReferralApproval)!.ApprovedAt);
        Assert.Equal(expected, ProgramDates.Of("Europe/London").From(sent, "active.from"));
    }

    // With an offset, a date that nobody set is another than the first of all, and no calendar has days around it.
    [Theory]
    [InlineData("0001-01-01T00:00:00-05:00", false)]
    [InlineData("1899-12-31T23:59:59.999999Z", false)]
    [InlineData("1900-01-01T00:30:00+01:00", false)]
    [InlineData("1900-01-01T00:00:00Z", true)]
    [InlineData("9999-12-31T23:59:59Z", true)]
    public void What_is_before_1900_was_never_set(string sent, bool isTaken) => Assert.Equal(isTaken, Instant.TryParse(sent, out _));
}
