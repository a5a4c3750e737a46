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
        var asked = connection;
        try
        {
            if (asked is not null) return await Ask(asked, "select true", stop);
            asked = await database.OpenConnectionAsync(stop);
            if (await Ask(asked, $"select pg_try_advisory_lock({Key})", stop)) (connection, Term) = (asked, Guid.NewGuid().ToString("n"));
            else await asked.DisposeAsync();
        }
        catch (Exception exception) when (exception is NpgsqlException or OperationCanceledException)
        {
            if (asked is not null) await End(asked);
            (connection, Term) = (null, null);
            if (exception is OperationCanceledException) throw;
        }

        return connection is not null;
    }

    public async Task<string> Installation(CancellationToken stop) =>
        (await database.Rows("select name from installation", static reader => reader.GetString(0), stop))[0];

    public async ValueTask DisposeAsync()
    {
        if (connection is not { } mine) return;
        (connection, Term) = (null, null);
        try
        {
            await Ask(mine, $"select pg_advisory_unlock({Key})", CancellationToken.None);
            await mine.DisposeAsync();
        }
        catch (NpgsqlException)
        {
            await End(mine);
        }
    }

    // A connection that goes back to the pool keeps its locks, and one that failed may live: with the pool emptied it is closed instead.
    private async ValueTask End(NpgsqlConnection failed)
    {
        database.Clear();
        await failed.DisposeAsync();
    }

    private static async Task<bool> Ask(NpgsqlConnection connection, string question, CancellationToken stop)
    {
        await using var command = new NpgsqlCommand(question, connection);
        return await command.ExecuteScalarAsync(stop) is true;
    }
}
