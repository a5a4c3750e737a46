using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using ReferralGrains.Gateway.Problems;
using ReferralGrains.Turns;

namespace ReferralGrains.Gateway.Lines;

/// <summary>How the reading of a stream ended.</summary>
internal enum Intake
{
    /// <summary>To the end of the body.</summary>
    Whole = 1,

    /// <summary>The client or the server went away: what follows is not known.</summary>
    Cut = 2,

    /// <summary>Too many answers wait for the client: what followed was read and not taken.</summary>
    Full = 3,
}

/// <summary>Reads lines, parses each once and puts it into its lane.</summary>
/// <param name="body">The lines.</param>
/// <param name="work">What they are.</param>
/// <param name="window">What is under way.</param>
/// <param name="asker">Asks the grains.</param>
/// <param name="spool">Answers that wait for the client.</param>
/// <param name="pulse">That something comes.</param>
/// <param name="pause">How long to take no more, after so many lines.</param>
/// <param name="time">The clock for that.</param>
internal sealed class LineIntake<TItem, TReply>(
    PipeReader body, LineWork<TItem, TReply> work, Window<TItem, TReply> window, LineAsker<TItem, TReply> asker, AnswerSpool spool, Pulse pulse, Func<int, TimeSpan> pause,
    TimeProvider time)
{
    private const int LinesBetweenStarts = 256;
    private const int MaxLanes = 32_768;

    // A timer is no finer; what is not waited for is owed.
    private static readonly TimeSpan leastPause = TimeSpan.FromMilliseconds(1);

    private readonly LineReader reader = new(body);
    private readonly Dictionary<GrainAddress, Lane<TItem, TReply>> lanes = [];
    private readonly List<Lane<TItem, TReply>> ready = [];
    private readonly List<Slot<TItem, TReply>> unnamed = [];
    private bool names;
    private long started;

    /// <summary>The number of the last line that was taken.</summary>
    public long Line => reader.Line;

    public async Task<Intake> Run(CancellationToken stop)
    {
        // Whoever reads on is on another thread than who writes, from the first line on.
        await Task.Yield();
        try
        {
            while (await reader.ReadMore(stop))
            {
                pulse.Beat();
                names = await work.Begin(stop);
                while (TakeLines())
                {
                    await Start(stop);
                    if (!window.HasRoom) await window.WaitForRoom();
                    stop.ThrowIfCancellationRequested();
                }

                await Start(stop);
                reader.Advance();
                if (!spool.IsFull) continue;
                window.End();
                if (await reader.PassOver(pulse, stop)) return Intake.Full;
            }

            return Intake.Whole;
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException or ConnectionResetException or BadHttpRequestException or InvalidDataException)
        {
            return Intake.Cut;
        }
        finally
        {
            window.End();
        }
    }

    /// <summary>Takes lines until it is time to start what was taken.</summary>
    /// <returns>False when there are no more for now.</returns>
    private bool TakeLines()
    {
        window.Share();
        for (var taken = 0; taken < LinesBetweenStarts && window.HasRoom; taken++)
        {
            if (!reader.TryRead(out var line, out var tooLong)) return false;
            if (line.IsEmpty && !tooLong) continue;
            Take(line, tooLong);
        }

        return true;
    }

    private void Take(ReadOnlySpan<byte> line, bool tooLong)
    {
        var slot = window.Next(reader.Line, line.Length);
        var problem = tooLong ? Problem.LineTooLong(LineReader.MaxBytes) : work.Parse(line, out slot.Item);
        slot.IsParsed = problem is null;
        if (problem is not null)
        {
            slot.Name = tooLong ? null : work.NameOf(line);
            slot.Fail(problem);
        }

        window.Publish(slot);
        if (problem is not null) return;
        if (names) unnamed.Add(slot);
        else Add(slot);
    }

    private void Add(Slot<TItem, TReply> slot)
    {
        var to = work.AddressOf(slot.Item!);
        if (!lanes.TryGetValue(to, out var lane))
        {
            if (lanes.Count >= MaxLanes) ForgetIdle();
            lanes.Add(to, lane = new(to));
        }

        if (lane.Add(slot)) ready.Add(lane);
    }

    private async ValueTask Start(CancellationToken stop)
    {
        if (unnamed.Count > 0 && await asker.Name(unnamed)) unnamed.ForEach(Add);
        unnamed.Clear();
        foreach (var lane in ready) _ = asker.Run(lane);
        ready.Clear();
        var wait = pause((int)(Line - started));
        started = Line;
        if (wait >= leastPause) await Task.Delay(wait, time, stop);
    }

    private void ForgetIdle()
    {
        foreach (var (to, lane) in lanes)
            if (lane.IsIdle) lanes.Remove(to);
    }
}
