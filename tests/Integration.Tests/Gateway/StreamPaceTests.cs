using ReferralGrains.Gateway.Lines;
using ReferralGrains.Simulation.Time;

namespace ReferralGrains.Integration.Tests.Gateway;

public sealed class StreamPaceTests
{
    private static readonly TimeSpan quick = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan slow = TimeSpan.FromMilliseconds(40);

    private readonly FakeTime time = new(DateTimeOffset.UnixEpoch);
    private readonly StreamPace pace;

    public StreamPaceTests() => pace = new(time);

    [Fact]
    public void Streams_go_as_they_like_while_nobody_waits_or_is_answered_well()
    {
        Assert.Equal(double.PositiveInfinity, pace.Took(1_000));
        Assert.Equal(double.PositiveInfinity, Looks(50, quick, 1_000));
    }

    [Fact]
    public void They_slow_down_while_single_actions_wait_and_never_come_to_a_stop()
    {
        Looks(4, quick, 1_000);
        var first = Looks(1, slow, 1_000);

        // They took a thousand lines in each look, which is twenty thousand a second.
        Assert.InRange(first, 10_000, 19_000);
        Assert.InRange(Looks(1, slow, 800), StreamPace.Least, first * 0.9);
        Assert.Equal(StreamPace.Least, Looks(50, slow, 100));
    }

    [Fact]
    public void They_are_quicker_again_when_answers_are()
    {
        Looks(4, quick, 1_000);
        var slowed = Looks(10, slow, 1_000);
        var later = slowed;
        for (var look = 0; look < 20; look++) later = Looks(1, quick, (int)(later * StreamPace.Look.TotalSeconds));
        Assert.InRange(later, slowed * 2, 1_000_000);
    }

    [Fact]
    public void The_longer_somebody_waits_the_more_they_slow_down_at_once()
    {
        Looks(4, quick, 1_000);
        var little = Looks(1, StreamPace.Quick * 1.1, 1_000);
        Assert.InRange(Looks(1, slow, 1_000) / little, 0.4, 0.7);
    }

    [Fact]
    public void What_streams_may_grows_with_the_time_and_not_with_the_number_of_single_actions()
    {
        Looks(4, quick, 1_000);
        var slowed = Looks(10, slow, 1_000);
        pace.Took(1);
        time.Advance(StreamPace.Remembered * 0.9);
        pace.Answered(pace.Now);
        Assert.InRange(pace.Took(1), slowed * 2, slowed * 3);
    }

    [Fact]
    public void One_that_begins_while_single_actions_are_sent_takes_what_is_free_step_by_step()
    {
        Looks((int)(StreamPace.Remembered / StreamPace.Look), quick, 0);
        Assert.Equal(StreamPace.Least, pace.Took(1));
        Assert.InRange(Looks(10, quick, 100), StreamPace.Least * 1.4, StreamPace.Least * 2);
    }

    [Fact]
    public void They_go_as_they_like_when_nobody_sends_single_actions_any_more()
    {
        Looks(4, quick, 1_000);
        Looks(10, slow, 1_000);
        time.Advance(StreamPace.Remembered / 2);
        Assert.NotEqual(double.PositiveInfinity, pace.Took(1));
        time.Advance(StreamPace.Remembered / 2);
        Assert.Equal(double.PositiveInfinity, pace.Took(1));
    }

    [Fact]
    public void A_database_that_takes_its_time_is_no_reason_to_slow_down() =>
        Assert.Equal(double.PositiveInfinity, Looks(50, slow, 1_000));

    // Single actions that each took so long, beside streams that took so many lines in each look, or none.
    private double Looks(int count, TimeSpan took, int lines)
    {
        for (var look = 0; look < count; look++)
        {
            if (lines > 0) pace.Took(lines);
            time.Advance(StreamPace.Look);
            pace.Answered(pace.Now - (long)(took.TotalSeconds * time.TimestampFrequency));
        }

        return lines > 0 ? pace.Took(0) : double.NaN;
    }
}
