using Microsoft.Extensions.Logging;
using Npgsql;

namespace ReferralGrains.Storage.Ownership;

/// <summary>
/// The embedded engine's ownership of a database: a session advisory lock, an epoch and a heartbeat. A second process is told who
/// holds it. A holder that has been silent for a while is taken over: its backends are ended and the epoch is raised, so that
/// whatever it still has under way can no longer be committed.
/// </summary>
public sealed partial class EngineOwner : IOwnership, IAsyncDisposable
{
    /// <summary>How long an answer from memory may rely on the last renewal.</summary>
    public static readonly TimeSpan Term = TimeSpan.FromSeconds(5);

    /// <summary>How long a holder may be silent before it is taken over; longer than the term.</summary>
    public static readonly TimeSpan Silence = TimeSpan.FromSeconds(8);

    // Locks of other databases on the same server bear the same key.
    private const string OurLocks =
        "locktype = 'advisory' and classid = 7237010 and granted and database = (select oid from pg_database where datname = current_database())";

    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);

    private readonly NpgsqlDataSource database;
    private readonly TimeProvider time;
    private readonly ILogger log;
    private readonly CancellationTokenSource ending = new();
    private readonly string holder;
    private NpgsqlConnection? connection;
    private int backend;
    private bool locked;
    private Task renewing = Task.CompletedTask;
    private long renewedAt;

    private EngineOwner(NpgsqlDataSource database, string holder, TimeProvider time, ILogger log) =>
        (this.database, this.holder, this.time, this.log) = (database, holder, time, log);

    public long Epoch { get; private set; }

    public bool IsHeld => time.GetElapsedTime(Volatile.Read(ref renewedAt)) < Term;

    /// <summary>Completes when another process has taken over: this one must end.</summary>
    public Task Lost => lost.Task;

    private readonly TaskCompletionSource lost = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Takes the ownership, or says who holds it.</summary>
    /// <param name="holder">Names this process to others: host and process id.</param>
    public static async Task<EngineOwner> Acquire(NpgsqlDataSource database, string holder, TimeProvider time, ILogger log, CancellationToken stop)
    {
        var owner = new EngineOwner(database, holder, time, log);
        await owner.Take(stop);
        owner.renewing = owner.Renew();
        return owner;
    }

    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync();
        await renewing;
        if (connection is not null) await Release(connection);
        ending.Dispose();
    }

    // In the pool the session lives on, and the lock would with it.
    private async Task Release(NpgsqlConnection held)
    {
        try
        {
            if (held.State == System.Data.ConnectionState.Open) await Scalar<bool>("select pg_advisory_unlock(7237010, 2)", CancellationToken.None);
        }
        catch (NpgsqlException exception)
        {
            // The lock went with the session.
            LogSilent(exception.Message);
        }

        await held.DisposeAsync();
    }

    private async Task Take(CancellationToken stop)
    {
        connection = await database.OpenConnectionAsync(stop);
        while (!await Scalar<bool>("select pg_try_advisory_lock(7237010, 2)", stop))
        {
            var (name, silent) = await Holder(stop);
            if (!silent) throw new InvalidOperationException($"This database is served by {name}. Stop that process, or wait {Silence.TotalSeconds:0} seconds after it died.");
            LogTakeover(name);
            await Scalar<long>($"select count(pg_terminate_backend(pid)) from pg_locks where {OurLocks} and pid <> pg_backend_pid()", stop);
            await Task.Delay(TimeSpan.FromMilliseconds(50), time, stop);
        }

        await RaiseEpoch(stop);
        (backend, locked) = (connection.ProcessID, true);
    }

    // Alone under the commits' lock: no commit of an older epoch is under way when it is raised, and none can start after.
    private async Task RaiseEpoch(CancellationToken stop)
    {
        await using var transaction = await connection!.BeginTransactionAsync(stop);
        await Scalar<object>("select pg_advisory_xact_lock(7237010, 1)::text", stop);
        var started = time.GetTimestamp();
        Epoch = await Scalar<long>($"update owner set epoch = epoch + 1, holder = '{holder.Replace("'", "''")}', seen_at = clock_timestamp() returning epoch", stop);
        await transaction.CommitAsync(stop);
        Volatile.Write(ref renewedAt, started);
    }

    private async Task<(string Name, bool Silent)> Holder(CancellationToken stop)
    {
        await using var command = new NpgsqlCommand("select holder, clock_timestamp() - seen_at > $1 from owner", connection)
        {
            Parameters = { new() { Value = Silence } },
        };
        await using var reader = await command.ExecuteReaderAsync(stop);
        await reader.ReadAsync(stop);
        return (reader.GetString(0), reader.GetBoolean(1));
    }

    private async Task Renew()
    {
        while (!ending.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(Beat, time, ending.Token);
                var started = time.GetTimestamp();
                if ((!locked || connection is not { State: System.Data.ConnectionState.Open }) && !await Reconnect()) continue;
                if (await Scalar<long?>($"update owner set seen_at = clock_timestamp() where epoch = {Epoch} returning epoch", ending.Token) is null) throw Gone();
                Volatile.Write(ref renewedAt, started);
            }
            catch (OperationCanceledException) when (ending.IsCancellationRequested)
            {
                return;
            }
            catch (OwnershipLostEvent exception)
            {
                LogLost(exception.Message);
                lost.TrySetResult();
                return;
            }
            catch (NpgsqlException exception)
            {
                // A session that is still there keeps its lock; in the pool it would look like somebody else's.
                LogSilent(exception.Message);
                if (locked && connection is { State: System.Data.ConnectionState.Open }) continue;
                if (connection is not null) await connection.DisposeAsync();
                connection = null;
            }
        }
    }

    // The line was cut, or the database went away and came back. The lock goes with the session, unless the other end of a cut line
    // lives on: then it is ended, and the lock is there at the next beat. The epoch tells whether somebody else came in between.
    private async Task<bool> Reconnect()
    {
        locked = false;
        if (connection is not null) await connection.DisposeAsync();
        connection = await database.OpenConnectionAsync(ending.Token);
        if (await Scalar<long>("select epoch from owner", ending.Token) != Epoch) throw Gone();
        if (await Scalar<bool>("select pg_try_advisory_lock(7237010, 2)", ending.Token))
        {
            backend = connection.ProcessID;
            return locked = true;
        }

        await Scalar<long>($"select count(pg_terminate_backend(pid)) from pg_locks where {OurLocks} and objid = 2 and pid = {backend}", ending.Token);
        await connection.DisposeAsync();
        return false;
    }

    private static OwnershipLostEvent Gone() => new("another process owns the database now");

    private async Task<T> Scalar<T>(string sql, CancellationToken stop)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(stop) is T value ? value : default!;
    }

    private sealed class OwnershipLostEvent(string message) : Exception(message);

    [LoggerMessage(LogLevel.Warning, "Taking over from {Holder}, which has been silent.")]
    private partial void LogTakeover(string holder);

    [LoggerMessage(LogLevel.Critical, "Ownership lost: {Reason}.")]
    private partial void LogLost(string reason);

    [LoggerMessage(LogLevel.Warning, "The ownership could not be renewed: {Reason}")]
    private partial void LogSilent(string reason);
}
