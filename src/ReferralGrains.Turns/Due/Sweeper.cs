using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using Microsoft.Extensions.Logging;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Due;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Tenants;
using ReferralGrains.Turns.Payouts;
using ReferralGrains.Turns.Referrals;

namespace ReferralGrains.Turns.Due;

/// <summary>
/// Wakes grains whose date has come. It only reads due rows, with a moving cursor; the grain's own append moves the row, after
/// settling all that is due. Tenants are swept side by side, and nobody waits for a grain that takes long: while it is being woken it
/// is passed over, and when that failed it is left alone for a while, longer each time.
/// </summary>
public sealed partial class Sweeper(
    IDueReader due, ITenants tenants, IGrainRouter router, TimeProvider time, ILogger<Sweeper> log) : ITestClock
{
    private const int PageSize = 1_000;

    /// <summary>Grains of one tenant in one shard that are woken at the same time.</summary>
    private const int AtOnce = 250;

    private const int MostKept = 1_000;

    private static readonly TimeSpan LongestBackOff = TimeSpan.FromMinutes(10);

    private readonly ConcurrentDictionary<(int Shard, int Tenant), bool> sweeping = new();
    private readonly ConcurrentDictionary<StreamId, Woken> waking = new();

    // What is due may be read while nothing can be written, so each has its own.
    private readonly Outage reading = new(time);
    private readonly Outage settling = new(time);

    /// <summary>
    /// Starts to wake what is due in a shard. Sandbox tenants have their own clocks, which only <see cref="Advance"/> moves.
    /// </summary>
    public async Task Sweep(int shard, CancellationToken stop)
    {
        try
        {
            var until = time.GetUtcNow();
            var owed = await due.Tenants(shard, until, stop);
            if (reading.End() is { } lasted) LogReadable(lasted.TotalSeconds);
            foreach (var tenant in owed)
                if ((await tenants.Get(tenant, stop)).ClockAt is null && sweeping.TryAdd((shard, tenant), true)) _ = SweepTenant(shard, tenant, until, stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The silo ends; somebody else sweeps this shard.
        }
        catch (JournalUnavailableException exception)
        {
            if (reading.Begin()) LogUnavailable(exception.Message);
        }
        catch (Exception exception)
        {
            LogBug(exception);
        }
    }

    /// <inheritdoc/>
    public async Task<Refusal?> Advance(int tenant, DateTimeOffset to, CancellationToken stop)
    {
        switch (await tenants.Advance(tenant, to, stop))
        {
            case ClockAdvance.NotSandbox:
                return new(RefusalKind.Senseless, "not_a_sandbox", null, "Only a sandbox tenant has a clock of its own.");
            case ClockAdvance.Backwards backwards:
                return new(RefusalKind.Senseless, "clock_backwards", Field.To, $"The clock stands at {backwards.At:O}; it never goes backwards.");
        }

        await Task.WhenAll(Enumerable.Range(0, DueShards.Count).Select(shard => Settle(shard, tenant, to, stop)));
        foreach (var shard in Enumerable.Range(0, DueShards.Count))
            if ((await due.Read(shard, tenant, to, after: null, limit: 1, stop)).Count > 0)
                throw new GrainUnavailableException("Not everything that is due could be settled; advance to the same time again.");
        return null;
    }

    /// <summary>What could not be settled and is left alone for a while, in a shard.</summary>
    public WakerState LeftAlone(int shard) => new([
        .. waking.Where(pair => pair.Value.Failures > 0 && pair.Key.Value % DueShards.Count == shard)
            .Select(pair => new LeftAlone(pair.Key.Value, pair.Value.Failures, pair.Value.NotBefore == DateTimeOffset.MaxValue ? default : pair.Value.NotBefore))
            .OrderBy(one => one.Stream).Take(MostKept)]);

    /// <summary>Takes over what another silo left alone, so that a shard that moves does not try all of it at once.</summary>
    public void Restore(WakerState kept)
    {
        foreach (var one in kept.LeftAlone) waking.TryAdd(new(one.Stream), new(one.Failures, one.Until));
    }

    /// <summary>What is being woken and what is left alone in a shard, for a person.</summary>
    public string Describe(int shard)
    {
        var mine = waking.Where(pair => pair.Key.Value % DueShards.Count == shard).ToList();
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{mine.Count(pair => pair.Value.Failures == 0)} being woken, {mine.Count(pair => pair.Value.Failures > 0)} failed and left alone for a while");
    }

    // Each of a test clock's grains is waited for, and none is left alone: whoever advances the clock wants to know.
    private async Task Settle(int shard, int tenant, DateTimeOffset until, CancellationToken stop)
    {
        DueGrain? cursor = null;
        while (await due.Read(shard, tenant, until, cursor, PageSize, stop) is { Count: > 0 } page)
        {
            await Parallel.ForEachAsync(
                page, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = stop }, (grain, _) => new(Wake(tenant, grain, until, stop)));
            cursor = page[^1];
        }
    }

    private async Task SweepTenant(int shard, int tenant, DateTimeOffset until, CancellationToken stop)
    {
        var window = new SemaphoreSlim(AtOnce);
        try
        {
            DueGrain? cursor = null;
            while (await due.Read(shard, tenant, until, cursor, PageSize, stop) is { Count: > 0 } page)
            {
                foreach (var grain in page)
                {
                    if (!MayWake(grain.Stream)) continue;
                    await window.WaitAsync(stop);
                    _ = WakeOne(tenant, grain, until, window, stop);
                }

                cursor = page[^1];
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The silo ends; somebody else sweeps this shard.
        }
        catch (JournalUnavailableException exception)
        {
            if (reading.Begin()) LogUnavailable(exception.Message);
        }
        catch (Exception exception)
        {
            // Our own bug. Nobody waits for this task, so it is said here; the next sweep comes in a second and says it again.
            LogBug(exception);
        }
        finally
        {
            sweeping.TryRemove((shard, tenant), out _);
        }
    }

    private bool MayWake(StreamId stream) => !waking.TryGetValue(stream, out var woken) || time.GetUtcNow() >= woken.NotBefore;

    private async Task WakeOne(int tenant, DueGrain grain, DateTimeOffset until, SemaphoreSlim window, CancellationToken stop)
    {
        var failures = waking.TryGetValue(grain.Stream, out var before) ? before.Failures : 0;
        waking[grain.Stream] = new(failures, DateTimeOffset.MaxValue);
        await Wake(tenant, grain, until, stop);
        window.Release();
    }

    private async Task Wake(int tenant, DueGrain grain, DateTimeOffset until, CancellationToken stop)
    {
        var failures = waking.TryGetValue(grain.Stream, out var before) ? before.Failures : 0;
        try
        {
            var at = until.AddTicks(-(until.Ticks % TimeSpan.TicksPerMicrosecond));
            if ((GrainKind)grain.Kind == GrainKind.PayoutPlan) await router.Ask(GrainAddress.PayoutPlan(tenant), new MeetPayoutDate(at), stop);
            else await router.Ask(GrainAddress.Referral(tenant, grain.First, new(grain.Second)), new SettleDue(at), stop);
            waking.TryRemove(grain.Stream, out _);
            if (settling.End() is { } lasted) LogSettles(lasted.TotalSeconds);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            waking.TryRemove(grain.Stream, out _);
        }
        catch (Exception exception)
        {
            failures++;
            var wait = TimeSpan.FromSeconds(Math.Min(Math.Pow(2, failures), LongestBackOff.TotalSeconds));
            waking[grain.Stream] = new(failures, time.GetUtcNow() + wait);
            if (exception is not GrainUnavailableException) LogFailed(grain.Stream, failures, exception.Message);
            else if (settling.Begin()) LogWaits(grain.Stream, exception.Message);
        }
    }

    /// <param name="Failures">How often in a row it could not be settled.</param>
    /// <param name="NotBefore">For ever while it is being woken.</param>
    private readonly record struct Woken(int Failures, DateTimeOffset NotBefore);

    [LoggerMessage(LogLevel.Warning, "What is due cannot be read: {Reason}")]
    private partial void LogUnavailable(string reason);

    [LoggerMessage(LogLevel.Information, "What is due can be read again after {Seconds:0.0} s.")]
    private partial void LogReadable(double seconds);

    [LoggerMessage(LogLevel.Warning, "What is due waits, stream {Stream} and others that no line tells of: {Reason}")]
    private partial void LogWaits(StreamId stream, string reason);

    [LoggerMessage(LogLevel.Information, "What is due is settled again after {Seconds:0.0} s.")]
    private partial void LogSettles(double seconds);

    [LoggerMessage(LogLevel.Error, "A sweep met a bug.")]
    private partial void LogBug(Exception exception);

    [LoggerMessage(LogLevel.Error, "Stream {Stream} is due and could not be settled, {Failures} times now: {Reason}")]
    private partial void LogFailed(StreamId stream, int failures, string reason);
}

/// <summary>What a waker remembers when its shard moves to another silo.</summary>
public sealed record WakerState(ImmutableArray<LeftAlone> LeftAlone)
{
    public bool Equals(WakerState? other) => other is not null && LeftAlone.AsSpan().SequenceEqual(other.LeftAlone.AsSpan());

    public override int GetHashCode() => LeftAlone.Length;
}

/// <summary>A stream that could not be settled so often in a row, and is not tried again before a time.</summary>
public readonly record struct LeftAlone(long Stream, int Failures, DateTimeOffset Until);
