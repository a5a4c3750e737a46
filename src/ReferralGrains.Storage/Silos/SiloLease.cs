using Microsoft.Extensions.Logging;
using Npgsql;
using ReferralGrains.Storage.Database;

namespace ReferralGrains.Storage.Silos;

/// <summary>
/// The row of one process, renewed each second on a connection of its own. Several silos live on one database at a time; whoever sees
/// one declared dead ends its row, and from then on nothing that it sends is written. A silo that slept through its term and that
/// nobody ended renews its row and goes on: every commit has looked at the row, so it has missed nothing. Where the database is another than
/// it began with, a standby that took over or a backup, it ends: what it has in memory may be of commits that are lost.
/// </summary>
public sealed partial class SiloLease : ISiloLease, IAsyncDisposable
{
    /// <summary>How long an answer from memory may rely on the last renewal; by the database's clock, how long a write may.</summary>
    public static readonly TimeSpan Term = TimeSpan.FromSeconds(3);

    // What the connections of our processes are named after.
    private const string ConnectionPrefix = "referralgrains-";

    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);

    // Clocks that are kept, as by NTP, differ by less.
    private static readonly TimeSpan MostStray = TimeSpan.FromMinutes(1);

    private readonly NpgsqlDataSource database;
    private readonly TimeProvider time;
    private readonly ILogger log;
    private readonly Outage away;
    private readonly DatabaseTime clock;
    private readonly CancellationTokenSource ending = new();
    private readonly TaskCompletionSource lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private NpgsqlConnection? connection;
    private DateTime seenAt;
    private Task renewing = Task.CompletedTask;
    private Renewal renewed;
    private bool strays;

    private SiloLease(NpgsqlDataSource database, long silo, DateTime seenAt, Moment renewed, TimeProvider time, ILogger log) =>
        (this.database, Silo, this.seenAt, this.renewed, this.time, this.log, away, clock) =
            (database, silo, seenAt, new(renewed), time, log, new(time), new(time, seenAt));

    public long Silo { get; }

    public bool IsHeld => !lost.Task.IsCompleted && Volatile.Read(ref renewed).StartedAt.Age(time) < Term;

    /// <summary>
    /// The database's clock, by which all processes release holds and begin months, whatever the clocks of their machines say. Only the time of day
    /// is its own; it stands still while the machine is suspended, until the next renewal.
    /// </summary>
    public TimeProvider Time => clock;

    /// <summary>Whether the last renewal did not reach the database: what others complain of meanwhile says the same.</summary>
    public bool IsDatabaseAway => away.IsOn;

    /// <summary>Completes when the row was ended by another or is not there any more, or the heartbeat by a bug: this process must end.</summary>
    public Task Lost => lost.Task;

    /// <summary>
    /// The <c>application_name</c> for all connections of one process: by it they are found and ended, however many pools there are.
    /// </summary>
    public static string NewConnectionName() => ConnectionPrefix + Guid.NewGuid().ToString("n");

    /// <summary>Writes this process's row and keeps it alive.</summary>
    /// <param name="database">Its connections bear a name from <see cref="NewConnectionName"/> that no other process has.</param>
    /// <param name="name">Names this process to others; no two starts have the same.</param>
    /// <param name="role">What it does, for people who look.</param>
    public static async Task<SiloLease> Begin(
        NpgsqlDataSource database, string name, string role, TimeProvider time, ILogger log, CancellationToken stop)
    {
        var started = Moment.Now(time);
        var (silo, seenAt) = await database.Row(
            "insert into silo (name, role, connections, timeline) values ($1, $2, current_setting('application_name'), timeline()) returning id, seen_at",
            static reader => (reader.GetInt64(0), reader.GetDateTime(1)), stop, Questions.Text(name), Questions.Text(role));
        var lease = new SiloLease(database, silo, seenAt, started, time, log);
        lease.Compare();
        lease.renewing = lease.Renew();
        return lease;
    }

    /// <summary>The silo of this name that has not ended; null when there is none.</summary>
    public static async Task<long?> Find(NpgsqlDataSource database, string name, CancellationToken stop) =>
        await database.Row(
            "select id from silo where name = $1 and ended_at is null order by id desc limit 1", reader => (long?)reader.GetInt64(0), stop, Questions.Text(name));

    /// <summary>Ends the silo of this name, if it is there: a cluster says that it is dead.</summary>
    public static async Task End(NpgsqlDataSource database, string name, CancellationToken stop)
    {
        if (await Find(database, name, stop) is { } silo) await End(database, silo, stop);
    }

    /// <summary>
    /// Ends a silo: first its row, then its connections. What it had sent before the row ended may hold locks for as long as it stands
    /// still; what it sends afterwards is refused. So the connections go in a transaction of their own, when the row has ended for all.
    /// </summary>
    public static async Task End(NpgsqlDataSource database, long silo, CancellationToken stop)
    {
        await database.Rows("update silo set ended_at = clock_timestamp() where id = $1 and ended_at is null", static _ => 0, stop, Questions.Long(silo));
        await database.Rows("select end_connections($1)", static _ => 0, stop, Questions.Long(silo));
    }

    /// <summary>Whether another process has a row that lives.</summary>
    public static async Task<bool> OthersLive(NpgsqlDataSource database, long silo, CancellationToken stop) =>
        await database.Row(
            "select exists (select from silo where id <> $1 and ended_at is null and seen_at > clock_timestamp() - $2)",
            reader => reader.GetBoolean(0), stop, Questions.Long(silo), new NpgsqlParameter { Value = Term });

    public async ValueTask DisposeAsync()
    {
        if (ending.IsCancellationRequested) return;
        await ending.CancelAsync();
        await renewing;
        try
        {
            await Update("ended_at = clock_timestamp()", CancellationToken.None);
        }
        catch (Exception exception) when (exception is NpgsqlException or InvalidOperationException)
        {
            // The row says nothing any more a term from now.
            LogSilent(exception.Message);
        }

        if (connection is not null) await connection.DisposeAsync();
        ending.Dispose();
    }

    private async Task Renew()
    {
        try
        {
            while (true)
            {
                await Task.Delay(Beat, time, ending.Token);
                if (await Renewed()) continue;
                LogEnded(Silo);
                break;
            }
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            return;
        }
        catch (Exception exception)
        {
            // A heartbeat that died unnoticed would leave a process that seems well and can neither write nor answer.
            LogDied(Silo, exception);
        }

        lost.TrySetResult();
    }

    // False when the row has been ended, or is not the one that it was. While the database is away nobody can say so: the term runs out meanwhile.
    private async Task<bool> Renewed()
    {
        var started = Moment.Now(time);
        try
        {
            if (!await Update("seen_at = clock_timestamp()", ending.Token)) return false;
            clock.Set(seenAt, time.GetElapsedTime(started.Timestamp));
            Compare();
            Volatile.Write(ref renewed, new(started));
            if (away.End() is { } lasted) LogRenewed(lasted.TotalSeconds);
        }
        catch (NpgsqlException exception)
        {
            if (away.Begin()) LogSilent(exception.Message);
            if (connection is not null) await connection.DisposeAsync();
            connection = null;
        }

        return true;
    }

    // A database that has lost commits may have lost this row, given its number to another, or forgotten when it was last renewed.
    private async Task<bool> Update(string change, CancellationToken stop)
    {
        if (connection is not { State: System.Data.ConnectionState.Open })
        {
            if (connection is not null) await connection.DisposeAsync();
            connection = await database.OpenConnectionAsync(stop);
        }

        var sql =
            $"""
            update silo set {change}
            where id = $1 and ended_at is null and connections = current_setting('application_name') and silo.timeline = timeline() and seen_at >= $2 returning seen_at
            """;
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = (int)Term.TotalSeconds, Parameters = { Questions.Long(Silo), new() { Value = seenAt } } };
        if (await command.ExecuteScalarAsync(stop) is not DateTime seen) return false;
        seenAt = seen;
        return true;
    }

    private void Compare()
    {
        var ahead = time.GetUtcNow() - clock.GetUtcNow();
        var before = strays;
        strays = ahead.Duration() > MostStray;
        if (strays && !before) LogStrays(ahead.TotalSeconds);
    }

    // A reference, so that it is read and written whole.
    private sealed record Renewal(Moment StartedAt);

    private sealed class DatabaseTime(TimeProvider own, DateTime at) : TimeProvider
    {
        private Anchor anchor = new(at, own.GetTimestamp());

        public override long TimestampFrequency => own.TimestampFrequency;

        public override DateTimeOffset GetUtcNow()
        {
            var last = Volatile.Read(ref anchor);
            return last.At + own.GetElapsedTime(last.Stamp);
        }

        public override long GetTimestamp() => own.GetTimestamp();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => own.CreateTimer(callback, state, dueTime, period);

        // It was so somewhere within what the answer took, so a slow answer moves nothing that may be right.
        public void Set(DateTime seen, TimeSpan took)
        {
            var now = GetUtcNow();
            Volatile.Write(ref anchor, new(now < seen ? seen : now > seen + took ? seen + took : now, own.GetTimestamp()));
        }

        private sealed record Anchor(DateTimeOffset At, long Stamp);
    }

    [LoggerMessage(LogLevel.Critical, "Silo {Silo} was ended by another, or its database took another's place: this process ends.")]
    private partial void LogEnded(long silo);

    [LoggerMessage(LogLevel.Critical, "The heartbeat of silo {Silo} died: this process ends.")]
    private partial void LogDied(long silo, Exception exception);

    [LoggerMessage(LogLevel.Warning, "This machine's clock is {Seconds:0} s ahead of the database's, by which holds are released: set whichever is wrong.")]
    private partial void LogStrays(double seconds);

    [LoggerMessage(LogLevel.Warning, "The lease could not be renewed: {Reason}")]
    private partial void LogSilent(string reason);

    [LoggerMessage(LogLevel.Information, "The lease is renewed again after {Seconds:0.0} s.")]
    private partial void LogRenewed(double seconds);
}
