using ReferralGrains.Simulation.Node;
using ReferralGrains.Simulation.Time;
using ReferralGrains.Storage.Database;

namespace ReferralGrains.Turns.Tests;

/// <summary>What goes on beside the requests does not end for a bug, and neither does the process.</summary>
public sealed class LastingWorkTests
{
    private readonly FakeTime time = new(DateTimeOffset.UnixEpoch);
    private readonly CrashLog log = new();
    private Task going = Task.CompletedTask;
    private int begun;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Work_that_meets_a_bug_is_taken_up_again_ever_later_and_each_time_it_is_said()
    {
        int[] rests = [1, 2, 4, 8, 16, 32, 60, 60];
        going = LastingWork.Go("Counting", _ => ++begun <= rests.Length ? throw new InvalidOperationException("a bug") : Task.CompletedTask, time, log, Stop);
        foreach (var rest in rests)
        {
            var before = begun;
            await Rests();
            time.Advance(TimeSpan.FromSeconds(rest) - TimeSpan.FromTicks(1));
            Assert.Equal((before, 1), (begun, time.Waiting));
            time.Advance(TimeSpan.FromTicks(1));
            await Until(() => begun > before);
        }

        await going;
        Assert.Equal(rests.Select(static rest => $"Counting met a bug, and is taken up again in {rest} s."), log.Errors.Select(static error => error[..(error.IndexOf(" s.", StringComparison.Ordinal) + 3)]));
        Assert.All(log.Errors, static error => Assert.Contains("InvalidOperationException: a bug", error, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_bug_after_long_is_not_the_one_before_it()
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        going = LastingWork.Go("Counting", Count, time, log, ending.Token);
        foreach (var rest in (int[])[1, 2, 1])
        {
            await Rests();
            Assert.Contains($"again in {rest} s.", log.Errors.Last(), StringComparison.Ordinal);
            time.Advance(TimeSpan.FromSeconds(rest));
        }

        await Rests();
        await ending.CancelAsync();
        await going;
        Assert.Equal(4, log.Errors.Count);

        Task Count(CancellationToken stop)
        {
            if (++begun == 3) time.Advance(TimeSpan.FromMinutes(2));
            throw new InvalidOperationException("a bug");
        }
    }

    [Fact]
    public async Task Who_stops_it_while_it_works_meets_no_bug()
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        going = LastingWork.Go("Waiting", stop => Task.Delay(Timeout.InfiniteTimeSpan, time, stop), time, log, ending.Token);
        await ending.CancelAsync();
        await going;
        Assert.Empty(log.Errors);
    }

    private Task Rests() => Until(() => time.Waiting == 1);

    // An end that is not foreseen is none to wait for.
    private async Task Until(Func<bool> holds)
    {
        while (!holds() && !going.IsCompleted) await Task.Yield();
    }
}
