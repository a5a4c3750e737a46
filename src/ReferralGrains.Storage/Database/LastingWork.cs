using Microsoft.Extensions.Logging;

namespace ReferralGrains.Storage.Database;

/// <summary>
/// Work beside the requests that goes on as long as the process. A bug of ours that it meets (an event of a newer version is one) the next
/// process meets as well: to end for it would end them all in turn, and with them the crediting. So it is said, and the work is taken up again.
/// </summary>
public static partial class LastingWork
{
    /// <returns>When the work has ended by itself, or was told to stop.</returns>
    public static async Task Go(string name, Func<CancellationToken, Task> work, TimeProvider time, ILogger log, CancellationToken stop)
    {
        var setback = new Setback(time);
        while (!stop.IsCancellationRequested)
        {
            var began = time.GetTimestamp();
            try
            {
                await work(stop);
                return;
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                // One that went well for long meets another bug, and not the same one again.
                if (time.GetElapsedTime(began) > Setback.Longest) setback.End();
                var rest = setback.Begin();
                LogBug(log, name, rest.TotalSeconds, exception);
                await Task.Delay(rest, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    [LoggerMessage(LogLevel.Error, "{Work} met a bug, and is taken up again in {Seconds} s.")]
    private static partial void LogBug(ILogger log, string work, double seconds, Exception exception);
}

/// <summary>For how long to leave alone what has met a bug of ours: each time for twice as long, as it may be the same one for hours.</summary>
public sealed class Setback(TimeProvider time)
{
    public static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);

    private TimeSpan rest;
    private long since;

    public bool Lasts => rest > TimeSpan.Zero && time.GetElapsedTime(since) < rest;

    /// <summary>It met a bug.</summary>
    /// <returns>How long this lasts.</returns>
    public TimeSpan Begin()
    {
        since = time.GetTimestamp();
        rest = rest == TimeSpan.Zero ? Shortest : rest * 2 < Longest ? rest * 2 : Longest;
        return rest;
    }

    /// <summary>It went well.</summary>
    public void End() => rest = TimeSpan.Zero;
}
