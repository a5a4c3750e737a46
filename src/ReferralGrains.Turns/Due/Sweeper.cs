using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Storage.Due;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Tenants;
using ReferralGrains.Turns.Referrals;

namespace ReferralGrains.Turns.Due;

/// <summary>
/// Wakes grains whose date has come. It only reads due rows, with a moving cursor; the grain's own append moves the row, after
/// settling all that is due. A grain that fails is left alone for a while, longer each time.
/// </summary>
public sealed partial class Sweeper(
    IDueReader due, ITenants tenants, IGrainRouter router, TimeProvider time, ILogger<Sweeper> log) : ITestClock
{
    private const int PageSize = 2_000;
    private const int AtOnce = 1_000;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestBackOff = TimeSpan.FromMinutes(10);

    private readonly ConcurrentDictionary<StreamId, (int Failures, DateTimeOffset NotBefore)> failing = new();

    /// <summary>Sweeps until it is stopped. Sandbox tenants have their own clocks, which only <see cref="Advance"/> moves.</summary>
    public async Task Run(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                foreach (var tenant in await tenants.All(stop))
                    if (tenant.ClockAt is null) await Settle(tenant.Number, time.GetUtcNow(), stop);
                await Task.Delay(Pause, time, stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (JournalUnavailableException exception)
            {
                LogUnavailable(exception.Message);
                await Task.Delay(Pause, time, CancellationToken.None);
            }
        }
    }

    /// <inheritdoc/>
    public async Task<Refusal?> Advance(int tenant, DateTimeOffset to, CancellationToken stop)
    {
        switch (await tenants.Advance(tenant, to, stop))
        {
            case ClockAdvance.NotSandbox:
                return new(RefusalKind.Unprocessable, "not_a_sandbox", null, "Only a sandbox tenant has a clock of its own.");
            case ClockAdvance.Backwards backwards:
                return new(RefusalKind.Unprocessable, "clock_backwards", "to", $"The clock stands at {backwards.At:O}; it never goes backwards.");
        }

        await Settle(tenant, to, stop);
        if ((await due.Read(tenant, to, after: null, limit: 1, stop)).Count > 0)
            throw new GrainUnavailableException("Not everything that is due could be settled; advance to the same time again.");
        return null;
    }

    private async Task Settle(int tenant, DateTimeOffset until, CancellationToken stop)
    {
        DueGrain? cursor = null;
        while (await due.Read(tenant, until, cursor, PageSize, stop) is { Count: > 0 } page)
        {
            await Parallel.ForEachAsync(page, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = stop }, (grain, _) => Wake(tenant, grain, stop));
            cursor = page[^1];
        }
    }

    private async ValueTask Wake(int tenant, DueGrain grain, CancellationToken stop)
    {
        if (failing.TryGetValue(grain.Stream, out var failed) && time.GetUtcNow() < failed.NotBefore) return;
        try
        {
            await router.Ask(GrainAddress.Referral(tenant, grain.First, new(grain.Second)), new SettleDue(), stop);
            failing.TryRemove(grain.Stream, out _);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            var failures = failed.Failures + 1;
            var wait = TimeSpan.FromSeconds(Math.Min(Math.Pow(2, failures), LongestBackOff.TotalSeconds));
            failing[grain.Stream] = (failures, time.GetUtcNow() + wait);
            LogFailed(grain.Stream, failures, exception.Message);
        }
    }

    [LoggerMessage(LogLevel.Warning, "What is due cannot be read: {Reason}")]
    private partial void LogUnavailable(string reason);

    [LoggerMessage(LogLevel.Error, "Stream {Stream} is due and could not be settled, {Failures} times now: {Reason}")]
    private partial void LogFailed(StreamId stream, int failures, string reason);
}
