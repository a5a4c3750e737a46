using System.Collections.Concurrent;
using ReferralGrains.Payouts.Sending;
using ReferralGrains.Simulation.Time;

namespace Payouts.Tests.Sending;

public sealed class RateLimitTests
{
    private readonly FakeTime clock = new(DateTimeOffset.UnixEpoch);
    private readonly ConcurrentQueue<(string Endpoint, TimeSpan At)> passed = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task In_no_second_there_are_more_than_allowed_to_one_endpoint_or_in_all()
    {
        var limit = new RateLimit(clock, perEndpoint: 25, inAll: 40);
        var waiting = Enumerable.Range(0, 300).Select(i => Pass(limit, "abc"[i % 3].ToString(), Stop)).ToList();
        await Until(() => passed.Count == 300);
        await Task.WhenAll(waiting);

        // Each is noted a moment after it has passed.
        var second = TimeSpan.FromMilliseconds(990);
        Assert.All(passed, one => Assert.InRange(passed.Count(other => other.At >= one.At && other.At < one.At + second), 1, 40));
        Assert.All(passed, one => Assert.InRange(passed.Count(other => other.Endpoint == one.Endpoint && other.At >= one.At && other.At < one.At + second), 1, 25));
        Assert.InRange(passed.Max(static one => one.At), TimeSpan.FromSeconds(7), TimeSpan.FromSeconds(9));
    }

    [Fact]
    public async Task Who_was_idle_saves_nothing_up()
    {
        var limit = new RateLimit(clock, 25, 100);
        await Pass(limit, "a", Stop);
        clock.Advance(TimeSpan.FromHours(1));
        var began = clock.GetUtcNow() - DateTimeOffset.UnixEpoch;
        var waiting = Enumerable.Range(0, 3).Select(_ => Pass(limit, "a", Stop)).ToList();
        await Until(() => passed.Count == 4);
        await Task.WhenAll(waiting);
        Assert.All(passed.Skip(1).Zip((int[])[0, 40, 80]), one => Assert.InRange((one.First.At - began).TotalMilliseconds, one.Second, one.Second + 5));
    }

    // H15: each of many that fell due together looked twice, and the second look stood behind the first looks of all others, which had given up.
    [Fact]
    public async Task Who_gave_up_leaves_nothing_behind_and_keeps_nobody_from_another_endpoint()
    {
        var limit = new RateLimit(clock, 25, 100);
        using var enough = new CancellationTokenSource();
        var many = Enumerable.Range(0, 2_000).Select(_ => Pass(limit, "customers", enough.Token)).ToList();
        var other = Pass(limit, "subscriptions", Stop);
        await Until(() => other.IsCompletedSuccessfully);
        Assert.InRange(clock.GetUtcNow() - DateTimeOffset.UnixEpoch, TimeSpan.Zero, TimeSpan.FromMilliseconds(100));

        await enough.CancelAsync();
        await Task.WhenAll(many.Select(static async one => await ((Task)one).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing)));
        var (before, last) = (clock.GetUtcNow(), Pass(limit, "customers", Stop));
        await Until(() => last.IsCompletedSuccessfully);
        Assert.InRange(clock.GetUtcNow() - before, TimeSpan.Zero, TimeSpan.FromMilliseconds(100));
    }

    private async Task Pass(RateLimit limit, string endpoint, CancellationToken stop)
    {
        await limit.Wait(endpoint, stop);
        passed.Enqueue((endpoint, clock.GetUtcNow() - DateTimeOffset.UnixEpoch));
    }

    // The clock moves on where somebody waits for it.
    private async Task Until(Func<bool> holds)
    {
        for (; !holds(); await Task.Yield())
        {
            Stop.ThrowIfCancellationRequested();
            if (clock.Waiting > 0) clock.Advance(TimeSpan.FromMilliseconds(1));
        }
    }
}
