using System.Data;
using Npgsql;
using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Storage.Ledger;

/// <summary>One moment of the database: everything that a check reads is of the same commits, however long it takes.</summary>
internal sealed class LedgerSnapshot : IAsyncDisposable
{
    private readonly NpgsqlConnection connection;
    private readonly NpgsqlTransaction transaction;

    private LedgerSnapshot(NpgsqlConnection connection, NpgsqlTransaction transaction) =>
        (this.connection, this.transaction) = (connection, transaction);

    public static async Task<LedgerSnapshot> Take(NpgsqlDataSource database, CancellationToken stop)
    {
        try
        {
            var connection = await database.OpenConnectionAsync(stop);
            var snapshot = new LedgerSnapshot(connection, await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, stop));
            await snapshot.Each("set transaction read only", static _ => { }, stop);
            return snapshot;
        }
        catch (NpgsqlException exception) when (Questions.IsOutage(exception))
        {
            throw new JournalUnavailableException("The database cannot be reached.", exception);
        }
    }

    /// <summary>Shows every row to a reader, without keeping any.</summary>
    public async Task Each(string sql, Action<NpgsqlDataReader> row, CancellationToken stop, params NpgsqlParameter[] parameters)
    {
        try
        {
            await using var command = new NpgsqlCommand(sql, connection, transaction) { CommandTimeout = 0 };
            command.Parameters.AddRange(parameters);
            await using var reader = await command.ExecuteReaderAsync(stop);
            while (await reader.ReadAsync(stop)) row(reader);
        }
        catch (NpgsqlException exception) when (Questions.IsOutage(exception))
        {
            throw new JournalUnavailableException("The database cannot be reached.", exception);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await transaction.DisposeAsync();
        await connection.DisposeAsync();
    }
}
