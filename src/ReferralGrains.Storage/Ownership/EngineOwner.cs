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

    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);

    private readonly NpgsqlDataSource database;
    private readonly TimeProvider time;
    private readonly ILogger log;
    private readonly CancellationTokenSource ending = new();
    private readonly string holder;
    private NpgsqlConnection? connection;
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
        if (connection is not null) await connection.DisposeAsync();
        ending.Dispose();
    }

    private async Task Take(CancellationToken stop)
    {
        connection = await database.OpenConnectionAsync(stop);
        while (!await Scalar<bool>("select pg_try_advisory_lock(7237010, 2)", stop))
        {
            var (name, silent) = await Holder(stop);
            if (!silent) throw new InvalidOperationException($"This database is served by {name}. Stop that process, or wait {Silence.TotalSeconds:0} seconds after it died.");
            LogTakeover(name);
            await Scalar<long>(
                "select count(pg_terminate_backend(pid)) from pg_locks where locktype = 'advisory' and classid = 7237010 and granted and pid <> pg_backend_pid()", stop);
            await Task.Delay(TimeSpan.FromMilliseconds(50), time, stop);
        }

        await RaiseEpoch(stop);
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
        var locked = true;
        while (!ending.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(Beat, time, ending.Token);
                if (!locked) await Relock();
                locked = true;
                var started = time.GetTimestamp();

                // Nothing but this renews: whoever waits to take over reads it, and counts on the term being over before the silence is.
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
                LogSilent(exception.Message);
                locked = false;
            }
        }
    }

    // The database went away and came back, or refused for a while. A session that is still there keeps its lock and takes it once more;
    // it must not go back to the pool, for the lock would go with it and look like somebody else's.
    private async Task Relock()
    {
        if (connection is not { State: System.Data.ConnectionState.Open })
        {
            if (connection is not null) await connection.DisposeAsync();
            connection = null;
            connection = await database.OpenConnectionAsync(ending.Token);
        }

        if (!await Scalar<bool>("select pg_try_advisory_lock(7237010, 2)", ending.Token)) throw Gone();
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
