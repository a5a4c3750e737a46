using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Npgsql;
using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Silos;

namespace ReferralGrains.Storage.Journal;

/// <summary>
/// Durable group commit: one loop takes what is waiting, writes it in one transaction and then answers. While a commit is under way
/// the next one gathers. This is where a decision is written.
/// </summary>
public sealed partial class JournalWriter : IJournal, IAsyncDisposable
{
    private const int MaxRowsPerCommit = 2_000;
    private const int MaxAttempts = 5;
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(200);

    /// <summary>As long as a restart of the database takes; whoever came then would wait for one that does not come back.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(5);

    private readonly NpgsqlDataSource database;
    private readonly Assets assets;
    private readonly ISiloLease lease;
    private readonly TimeProvider time;
    private readonly ILogger log;
    private readonly TenantQueues queues = new();
    private readonly CommitOutcomes outcomes;
    private readonly CommitRefusal refusal;
    private readonly CommitLoad load;
    private readonly Task loop;
    private NpgsqlConnection? connection;
    private long lastCommit;
    private bool disposed;

    public JournalWriter(NpgsqlDataSource database, Assets assets, ISiloLease lease, TimeProvider time, ILogger<JournalWriter> log)
    {
        (this.database, this.assets, this.lease, this.time, this.log) = (database, assets, lease, time, log);
        outcomes = new(database, time, log);
        refusal = new(database, assets, time, log);
        load = new(time);
        loop = Task.Run(Run);
    }

    /// <summary>Whether much of the last second went into commits: background work yields to them.</summary>
    public bool IsBusy => load.IsHigh;

    /// <summary>
    /// False while what is appended is answered at once with <see cref="JournalUnavailableException"/>: the database refuses commits, or
    /// nobody has been able to ask it for a while what became of one.
    /// </summary>
    public bool TakesCommits => !refusal.IsOn && outcomes.Unanswered < LongestWait;

    public Task<AppendOutcome> Append(Append append)
    {
        if (!TakesCommits) return Task.FromException<AppendOutcome>(NoCommits());
        var pending = new PendingAppend(append);
        queues.Add(pending);
        return pending.Done;
    }

    /// <summary>Writes what is queued, then ends. Safe to call twice: a container does, under each name that a service has.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, true)) return;
        queues.Close();
        await loop;
        queues.Dispose();
        await refusal.DisposeAsync();
        if (connection is not null) await connection.DisposeAsync();
    }

    private async Task Run()
    {
        while (true)
        {
            load.End();
            var batch = await queues.Take(MaxRowsPerCommit);
            if (batch.Count == 0) return;
            load.Begin();
            if (!TakesCommits)
            {
                Fail(batch, NoCommits());
                continue;
            }

            try
            {
                await Commit(WithoutRepeats(batch));
            }
            catch (Exception exception) when (exception is NpgsqlException or JournalUnavailableException)
            {
                Fail(batch, new JournalUnavailableException("The database cannot be reached.", exception));
            }
            catch (Exception exception) when (exception is LeaseLostException or OutcomeUnknownException)
            {
                Fail(batch, exception);
            }
            catch (Exception exception)
            {
                // Our own bug: those who wait hear of it, and the loop goes on for the others.
                LogBug(exception);
                Fail(batch, exception);
            }
        }
    }

    private async Task Commit(List<PendingAppend> batch)
    {
        for (var attempt = 1; batch.Count > 0; attempt++)
        {
            var (fault, exception) = await TryWrite(batch);
            switch (fault)
            {
                case null:
                    foreach (var pending in batch) pending.Complete(AppendOutcome.Committed);
                    return;
                case CommitFault.Contended when attempt < MaxAttempts:
                    batch = await Contention.Drop(await Connection(), batch);
                    break;
                case CommitFault.Again when attempt < MaxAttempts:
                    break;
                case CommitFault.LeaseLost:
                    throw new LeaseLostException(exception!.Message, exception);
                case CommitFault.Guilty when batch.Count > 1:
                    foreach (var pending in batch) await Commit([pending]);
                    return;
                case CommitFault.Guilty:
                    LogGuilty(batch[0].Append.Streams is [var first, ..] ? first.Stream.Value : 0, exception!);
                    batch[0].Fail(exception!);
                    return;
                default:
                    throw new JournalUnavailableException("The commit was refused.", exception);
            }
        }
    }

    private async Task<(CommitFault? Fault, Exception? Exception)> TryWrite(List<PendingAppend> batch)
    {
        var open = await Connection();
        var commit = new CommitBatch(await NextCommit(open), lease.Silo, batch, assets);
        var started = Stopwatch.GetTimestamp();
        try
        {
            await using var statements = await commit.Build(open, CancellationToken.None);
            Failpoint.Hit("commit.before");
            await statements.ExecuteNonQueryAsync();
            Failpoint.Hit("commit.after");
            JournalMetrics.Committed(Stopwatch.GetElapsedTime(started), batch.Sum(static pending => pending.Append.RowCount));
            return (null, null);
        }
        catch (OverflowException exception)
        {
            // Sums that no balance can hold: alone, each of the others is written.
            return (CommitFault.Guilty, exception);
        }
        catch (PostgresException exception) when (exception.InvariantSeverity == "ERROR")
        {
            // The transaction is over, and took nothing. For some of these Npgsql gives the connection up.
            refusal.Note(exception, commit, batch, lease.Silo);
            return (SqlStates.FaultOf(exception, commit.Sides), exception);
        }
        catch (NpgsqlException exception)
        {
            // The connection broke: whether the commit happened is asked before anybody is answered.
            await Disconnect();
            var resolving = outcomes.Resolve(commit.CommitId, lease.Silo);
            while (!resolving.IsCompleted)
            {
                await Task.WhenAny(resolving, Task.Delay(Moment, time));
                if (!TakesCommits) Fail(queues.TakeAll(), NoCommits());
            }

            var committed = await resolving;
            LogUnknownOutcome(commit.CommitId, committed, exception.Message);
            return committed ? (null, null) : (CommitFault.Unavailable, exception);
        }
    }

    // Known before the commit is sent, so that its outcome can be asked for; no other writer has it; and it rises,
    // so that the index of commits grows at one end. 2^40 commits a writer are 34 years at a thousand a second.
    private async ValueTask<long> NextCommit(NpgsqlConnection open)
    {
        if (lastCommit > 0) return ++lastCommit;
        await using var number = new NpgsqlCommand("select nextval('writer')", open);
        lastCommit = (long)(await number.ExecuteScalarAsync())! << 40;
        return ++lastCommit;
    }

    // Duplicates inside a batch: the first stands, the second is decided again against it.
    private static List<PendingAppend> WithoutRepeats(List<PendingAppend> batch)
    {
        var ids = new HashSet<(int, string)>();
        var kept = new List<PendingAppend>(batch.Count);
        foreach (var pending in batch)
        {
            if (AddAll(pending.Append, ids)) kept.Add(pending);
            else pending.Complete(AppendOutcome.ActionKnown);
        }

        return kept;
    }

    // All its ids, or none: one that falls must not keep another from standing. Streams that are appended together may repeat an id
    // among themselves; nothing in the database could say so.
    private static bool AddAll(Append append, HashSet<(int, string)> ids)
    {
        var added = 0;
        foreach (var stream in append.Streams)
            foreach (var row in stream.Rows)
            {
                if (row.ActionId is not { } id) continue;
                if (ids.Add((append.Tenant, id.Value))) added++;
                else return TakeBack(append, ids, added);
            }

        return true;
    }

    private static bool TakeBack(Append append, HashSet<(int, string)> ids, int added)
    {
        foreach (var stream in append.Streams)
            foreach (var row in stream.Rows)
                if (row.ActionId is { } id && added-- > 0) ids.Remove((append.Tenant, id.Value));
        return false;
    }

    private async ValueTask<NpgsqlConnection> Connection()
    {
        if (connection is { State: System.Data.ConnectionState.Open }) return connection;
        await Disconnect();
        return connection = await database.OpenConnectionAsync();
    }

    private async ValueTask Disconnect()
    {
        var old = connection;
        connection = null;
        if (old is not null) await old.DisposeAsync();
    }

    private static JournalUnavailableException NoCommits() => new("The database takes no commits now.");

    private static void Fail(List<PendingAppend> batch, Exception exception)
    {
        foreach (var pending in batch) pending.Fail(exception);
    }

    [LoggerMessage(LogLevel.Error, "The commit loop met a bug.")]
    private partial void LogBug(Exception exception);

    [LoggerMessage(LogLevel.Error, "An append to stream {Stream} can never be written: the door let something through.")]
    private partial void LogGuilty(long stream, Exception exception);

    [LoggerMessage(LogLevel.Warning, "The connection broke in commit {Commit}; committed: {Committed} ({Reason})")]
    private partial void LogUnknownOutcome(long commit, bool committed, string reason);
}
