using Microsoft.Extensions.Logging;
using Npgsql;
using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Storage.Sealing;

/// <summary>
/// Numbers commits densely, in the order in which their transactions began to write, and chains the hashes of their rows, so that a
/// row that was changed behind our back can be named. It works in the background and lets commits go first; several processes may
/// run it, and one of them seals at a time. Unfenced: whoever seals, the chain is what the journal makes it.
/// </summary>
/// <param name="database">The journal's.</param>
/// <param name="busy">Whether commits take much of the time.</param>
/// <param name="time">The clock for its pauses.</param>
/// <param name="log">Gets the head of the chain.</param>
public sealed partial class Sealer(NpgsqlDataSource database, Func<bool> busy, TimeProvider time, ILogger<Sealer> log)
{
    private const int CommitsPerStep = 25;

    /// <summary>A step that is taken under load hashes few rows, so that no commit waits for it.</summary>
    private const int CommitsPerStepUnderLoad = 2;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    /// <summary>Under load, a step is taken all the same after this long.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>How often the head of the chain goes into the log, from where it can be kept out of the reach of this database.</summary>
    private static readonly TimeSpan HeadEvery = TimeSpan.FromMinutes(10);

    private readonly Outage away = new(time);

    /// <summary>
    /// Seals all that can be sealed now: every commit before the oldest transaction that is still open. What is committed meanwhile may come faster
    /// than it could be sealed, and is left.
    /// </summary>
    public static async Task SealAll(NpgsqlDataSource database, CancellationToken stop)
    {
        var last = await database.Row("select id from commit where not tombstone order by xid desc, id desc limit 1", static reader => reader.GetInt64(0), stop);
        while (await Step(database, CommitsPerStep, wait: true, stop) > 0 && !await IsSealed(database, last, stop))
        {
        }
    }

    /// <summary>The last seal; null while there is none.</summary>
    public static Task<SealHead?> Head(NpgsqlDataSource database, CancellationToken stop) =>
        database.Row(
            "select position, hash from seal order by position desc limit 1",
            reader => new SealHead(reader.GetInt64(0), Convert.ToHexStringLower(reader.GetFieldValue<byte[]>(1))), stop);

    /// <summary>Goes on until it is told to end.</summary>
    public async Task Watch(CancellationToken stop)
    {
        var (lastStep, lastHead) = (time.GetTimestamp(), 0L);
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(Pause, time, stop);
                if (await MayGoOn(stop)) await SealOn(stop);
                else if (time.GetElapsedTime(lastStep) >= Patience) await Step(database, CommitsPerStepUnderLoad, wait: false, stop);
                else continue;

                lastStep = time.GetTimestamp();
                if (away.End() is { } lasted) LogGoesOn(lasted.TotalSeconds);
                if (lastHead != 0 && time.GetElapsedTime(lastHead) < HeadEvery) continue;
                lastHead = lastStep;
                if (await Head(database, stop) is { } head) LogHead(head.Position, head.Hash);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception) when (exception is NpgsqlException or JournalUnavailableException)
            {
                if (away.Begin()) LogWaiting(exception.Message);
            }
        }
    }

    private async ValueTask<bool> MayGoOn(CancellationToken stop) =>
        !busy() || await Lag.IsLong(database, "seal order by position desc limit 1", stop);

    private async Task SealOn(CancellationToken stop)
    {
        while (await Step(database, CommitsPerStep, wait: false, stop) == CommitsPerStep && await MayGoOn(stop))
        {
        }
    }

    private static Task<bool> IsSealed(NpgsqlDataSource database, long commit, CancellationToken stop) =>
        database.Row("select exists (select from seal where commit_id = $1)", static reader => reader.GetBoolean(0), stop, Questions.Long(commit));

    private static Task<int> Step(NpgsqlDataSource database, int commits, bool wait, CancellationToken stop) =>
        database.Row(
            "select seal_next($1, $2)", reader => reader.Maybe<int>(0) ?? 0, stop, Questions.Int(commits), Questions.Flag(wait));

    [LoggerMessage(LogLevel.Information, "The journal is sealed up to {Position}: {Hash}")]
    private partial void LogHead(long position, string hash);

    [LoggerMessage(LogLevel.Warning, "Sealing waits: {Reason}")]
    private partial void LogWaiting(string reason);

    [LoggerMessage(LogLevel.Information, "Sealing goes on after {Seconds:0.0} s.")]
    private partial void LogGoesOn(double seconds);
}

/// <summary>The head of the chain: whoever kept one elsewhere can tell whether history before it was rewritten.</summary>
public sealed record SealHead(long Position, string Hash);
