using Npgsql;

namespace ReferralGrains.Integration.Tests.Journal;

/// <summary>Keeps commits waiting at their first statement until it is opened.</summary>
public sealed class CommitGate : IAsyncDisposable
{
    private readonly JournalDatabase database;
    private readonly NpgsqlConnection connection;

    private CommitGate(JournalDatabase database, NpgsqlConnection connection) => (this.database, this.connection) = (database, connection);

    public static async Task<CommitGate> Close(JournalDatabase database)
    {
        var gate = new CommitGate(database, await database.Superuser.OpenConnectionAsync(TestContext.Current.CancellationToken));
        await gate.Run("select pg_advisory_lock(7237010, 1)");
        return gate;
    }

    public Task UntilSomebodyWaits() => Eventually.Holds("somebody waits at the gate", async () => await Waiting() > 0);

    /// <summary>The backends that wait at the gate.</summary>
    public Task<long> Waiting() => database.Ask<long>(
        "select count(*) from pg_locks where locktype = 'advisory' and classid = 7237010 and objid = 1 and not granted "
        + "and database = (select oid from pg_database where datname = current_database())");

    public Task Open() => Run("select pg_advisory_unlock(7237010, 1)");

    public async ValueTask DisposeAsync()
    {
        await Run("select pg_advisory_unlock_all()");
        await connection.DisposeAsync();
    }

    private async Task Run(string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }
}
