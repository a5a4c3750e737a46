using Npgsql;
using ReferralGrains.Storage.Database;

namespace ReferralGrains.Storage.Payouts;

/// <summary>
/// One silo sends at a time, so that all keep to one rate limit. It is about speed alone: should two send for a moment, an item still lets
/// only one of them.
/// </summary>
public interface ISenderTurn
{
    /// <summary>Whether this silo sends. Asked again and again: it may be lost, and may come.</summary>
    ValueTask<bool> IsMine(CancellationToken stop);

    /// <summary>Names this turn as sender, apart from every other, of this process too; null while it is not this silo's.</summary>
    string? Term { get; }

    /// <summary>What this installation is called, in every key under which it sends.</summary>
    /// <exception cref="Journal.JournalUnavailableException">The database cannot be reached.</exception>
    Task<string> Installation(CancellationToken stop);
}

/// <summary>A lock that PostgreSQL holds for one connection: it goes with the silo, and with whoever ends a dead silo's connections.</summary>
public sealed class SenderTurn(NpgsqlDataSource database) : ISenderTurn, IAsyncDisposable
{
    private const string Key = "7237010, 4";

    private NpgsqlConnection? connection;

    public string? Term { get; private set; }

    public async ValueTask<bool> IsMine(CancellationToken stop)
    {
        try
        {
            if (connection is not null) return await Ask(connection, "select true", stop);
            var opened = await database.OpenConnectionAsync(stop);
            if (await Ask(opened, $"select pg_try_advisory_lock({Key})", stop)) (connection, Term) = (opened, Guid.NewGuid().ToString("n"));
            else await opened.DisposeAsync();
        }
        catch (NpgsqlException)
        {
            await Drop();
        }

        return connection is not null;
    }

    public async Task<string> Installation(CancellationToken stop) =>
        (await database.Rows("select name from installation", static reader => reader.GetString(0), stop))[0];

    public async ValueTask DisposeAsync()
    {
        try
        {
            // A connection that goes back to the pool keeps its locks until it is used again.
            if (connection is not null) await Ask(connection, $"select pg_advisory_unlock({Key})", CancellationToken.None);
        }
        catch (NpgsqlException)
        {
            // It broke, and the lock with it.
        }

        await Drop();
    }

    private async ValueTask Drop()
    {
        if (connection is not null) await connection.DisposeAsync();
        (connection, Term) = (null, null);
    }

    private static async Task<bool> Ask(NpgsqlConnection connection, string question, CancellationToken stop)
    {
        await using var command = new NpgsqlCommand(question, connection);
        return await command.ExecuteScalarAsync(stop) is true;
    }
}
