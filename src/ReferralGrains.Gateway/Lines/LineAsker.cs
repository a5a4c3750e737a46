using System.Collections.Immutable;
using ReferralGrains.Gateway.Problems;
using ReferralGrains.Turns;

namespace ReferralGrains.Gateway.Lines;

/// <summary>
/// Asks the grains for a stream. Inside a stream a full mailbox means wait, not an error: the stream itself is the pressure. A journal
/// that cannot be reached is waited for as long as a restart takes.
/// </summary>
internal sealed partial class LineAsker<TItem, TReply>(
    LineWork<TItem, TReply> work, Window<TItem, TReply> window, TimeProvider time, TimeSpan patience, string requestId, ILogger log, CancellationToken stop)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    /// <summary>Asks until the lane is empty. It never throws: what goes wrong is answered line by line.</summary>
    public async Task Run(Lane<TItem, TReply> lane)
    {
        while (lane.Take() is { Count: > 0 } slots)
        {
            try
            {
                var replies = await Patiently(static (ask, token) => ask.work.Ask(ask.To, ask.Items, token), (work, lane.To, Items: Items(slots)));
                for (var i = 0; i < slots.Count; i++)
                {
                    slots[i].Answer(replies[i]);
                    window.Answered(slots[i]);
                }
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                Fail(slots, exception);
            }
        }
    }

    /// <summary>Lets the work say who some lines are of, before they are put into lanes.</summary>
    /// <returns>False when it cannot, and they have been answered so.</returns>
    public async Task<bool> Name(List<Slot<TItem, TReply>> slots)
    {
        try
        {
            var named = await Patiently(static (ask, token) => ask.work.Name(ask.Items, token), (work, Items: Items(slots)));
            for (var i = 0; i < slots.Count; i++) slots[i].Item = named[i];
            return true;
        }
        catch (Exception exception)
        {
            stop.ThrowIfCancellationRequested();
            Fail(slots, exception);
            return false;
        }
    }

    private void Fail(List<Slot<TItem, TReply>> slots, Exception exception)
    {
        var problem = Faults.Of(exception);
        if (problem.Status == StatusCodes.Status500InternalServerError) LogBug(requestId, exception);
        foreach (var slot in slots)
        {
            slot.Fail(problem);
            window.Answered(slot);
        }
    }

    private static ImmutableArray<TItem> Items(List<Slot<TItem, TReply>> slots)
    {
        var items = ImmutableArray.CreateBuilder<TItem>(slots.Count);
        foreach (var slot in slots) items.Add(slot.Item!);
        return items.MoveToImmutable();
    }

    private async ValueTask<T> Patiently<TAsk, T>(Func<TAsk, CancellationToken, ValueTask<T>> question, TAsk ask)
    {
        var began = time.GetTimestamp();
        for (var pause = FirstPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            try
            {
                return await question(ask, stop);
            }
            catch (GrainBusyException busy)
            {
                await Task.Delay(busy.RetryAfter, time, stop);
            }
            catch (Exception exception) when (Faults.IsUnavailable(exception) && time.GetElapsedTime(began) < patience)
            {
                await Task.Delay(pause, time, stop);
            }
        }
    }

    [LoggerMessage(LogLevel.Error, "A line of request {RequestId} met a bug.")]
    private partial void LogBug(string requestId, Exception exception);
}

/// <summary>
/// The lines of one grain, in order. One Ask is under way at a time, and what comes meanwhile goes together in the next: so lines of
/// one referee take effect in line order, and a busy referee costs few Asks.
/// </summary>
internal sealed class Lane<TItem, TReply>(GrainAddress to)
{
    private const int MaxTogether = 256;

    private readonly Lock gate = new();
    private List<Slot<TItem, TReply>> waiting = [];
    private List<Slot<TItem, TReply>> asked = [];
    private bool isRunning;

    public GrainAddress To => to;

    /// <summary>Whether it may be forgotten.</summary>
    public bool IsIdle
    {
        get
        {
            lock (gate) return !isRunning && waiting.Count == 0;
        }
    }

    /// <returns>Whether nobody is asking for it yet, so that somebody must start.</returns>
    public bool Add(Slot<TItem, TReply> slot)
    {
        lock (gate)
        {
            waiting.Add(slot);
            return !isRunning && waiting.Count == 1;
        }
    }

    /// <summary>What goes into the next Ask, or nothing, which ends the run.</summary>
    public List<Slot<TItem, TReply>> Take()
    {
        lock (gate)
        {
            asked.Clear();
            isRunning = waiting.Count > 0;
            if (waiting.Count <= MaxTogether) (waiting, asked) = (asked, waiting);
            else
            {
                asked.AddRange(waiting[..MaxTogether]);
                waiting.RemoveRange(0, MaxTogether);
            }

            return asked;
        }
    }
}
