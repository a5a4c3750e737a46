using ReferralGrains.Payouts.Sending;
using ReferralGrains.Simulation.Time;

namespace Payouts.Tests.Sending;

public sealed class RateLimitTests
{
    [Fact]
    public void In_no_second_there_are_more_than_allowed_to_one_endpoint_or_in_all()
    {
        var clock = new FakeTime(DateTimeOffset.UnixEpoch);
        var limit = new RateLimit(clock, perEndpoint: 25, inAll: 40);
        var times = new List<(string Endpoint, TimeSpan At)>();
        var began = clock.GetUtcNow();
        for (var i = 0; i < 300; i++)
        {
            var endpoint = i % 3 == 0 ? "a" : i % 3 == 1 ? "b" : "c";
            times.Add((endpoint, clock.GetUtcNow() - began + limit.Take(endpoint)));
            if (i % 50 == 0) clock.Advance(TimeSpan.FromMilliseconds(700));
        }

        Assert.All(times, one => Assert.True(times.Count(other => other.At >= one.At && other.At < one.At + TimeSpan.FromSeconds(1)) <= 40));
        Assert.All(times, one => Assert.True(
            times.Count(other => other.Endpoint == one.Endpoint && other.At >= one.At && other.At < one.At + TimeSpan.FromSeconds(1)) <= 25));
    }

    [Fact]
    public void Who_was_idle_saves_nothing_up()
    {
        var clock = new FakeTime(DateTimeOffset.UnixEpoch);
        var limit = new RateLimit(clock, 25, 100);
        Assert.Equal(TimeSpan.Zero, limit.Take("a"));
        clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal([0, 40, 80], Enumerable.Range(0, 3).Select(_ => (int)limit.Take("a").TotalMilliseconds));
    }

    [Fact]
    public void The_time_left_is_told() => Assert.Equal(TimeSpan.FromSeconds(200), new RateLimit(TimeProvider.System, 25, 100).TimeFor(5_000));
}
