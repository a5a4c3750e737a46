using Npgsql;
using NpgsqlTypes;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Silos;

namespace ReferralGrains.Storage.Database;

/// <summary>
/// Small statements outside the journal's commits, with one meaning for a database that cannot be reached:
/// <see cref="JournalUnavailableException"/>, which the outside sees as 503.
/// </summary>
internal static class Questions
{
    /// <summary>Asks, and says in one way that the database could not be reached, so that nobody above needs to know whose it is.</summary>
    public static async Task<T> Reached<T>(Func<Task<T>> question)
    {
        try
        {
            return await question();
        }
        catch (NpgsqlException exception) when (IsOutage(exception))
        {
            throw new JournalUnavailableException("The database cannot be reached.", exception);
        }
        catch (PostgresException exception) when (exception.SqlState == SqlStates.LeaseLost)
        {
            throw new LeaseLostException(exception.MessageText, exception);
        }
    }

    /// <summary>Shows every row to a reader, without keeping any.</summary>
    public static Task Each(
        this NpgsqlDataSource database, string sql, Action<NpgsqlDataReader> row, CancellationToken stop, params NpgsqlParameter[] parameters) =>
        Reached(async () =>
        {
            await using var command = database.CreateCommand(sql);
            command.Parameters.AddRange(parameters);
            await using var reader = await command.ExecuteReaderAsync(stop);
            while (await reader.ReadAsync(stop)) row(reader);
            return 0;
        });

    public static async Task<List<T>> Rows<T>(
        this NpgsqlDataSource database, string sql, Func<NpgsqlDataReader, T> row, CancellationToken stop, params NpgsqlParameter[] parameters)
    {
        var rows = new List<T>();
        await database.Each(sql, reader => rows.Add(row(reader)), stop, parameters);
        return rows;
    }

    /// <summary>The first row, or the default when there is none.</summary>
    public static async Task<T?> Row<T>(
        this NpgsqlDataSource database, string sql, Func<NpgsqlDataReader, T> row, CancellationToken stop, params NpgsqlParameter[] parameters)
    {
        var rows = await database.Rows(sql, row, stop, parameters);
        return rows.Count == 0 ? default : rows[0];
    }

    public static NpgsqlParameter Int(int? value) => Typed(NpgsqlDbType.Integer, value);

    public static NpgsqlParameter Long(long? value) => Typed(NpgsqlDbType.Bigint, value);

    public static NpgsqlParameter Text(string? value) => Typed(NpgsqlDbType.Text, value);

    public static NpgsqlParameter Flag(bool? value) => Typed(NpgsqlDbType.Boolean, value);

    public static NpgsqlParameter Bytes(byte[]? value) => Typed(NpgsqlDbType.Bytea, value);

    public static NpgsqlParameter Time(DateTimeOffset? value) => Typed(NpgsqlDbType.TimestampTz, value?.ToUniversalTime());

    public static NpgsqlParameter Longs(IEnumerable<long> values) => Typed(NpgsqlDbType.Bigint | NpgsqlDbType.Array, values.ToArray());

    public static NpgsqlParameter Ints(IEnumerable<int> values) => Typed(NpgsqlDbType.Integer | NpgsqlDbType.Array, values.ToArray());

    public static T? Maybe<T>(this NpgsqlDataReader reader, int column)
        where T : struct =>
        reader.IsDBNull(column) ? null : reader.GetFieldValue<T>(column);

    public static string? MaybeText(this NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    // Without an answer of PostgreSQL, or with one of the classes that say: not now. So does what was given up for another (a migration of a
    // later version takes locks of many tables), and a server that has not taken another's place yet.
    internal static bool IsOutage(NpgsqlException exception) =>
        exception is not PostgresException { SqlState: var state } || state is ['0', '8', ..] or ['4', '0', ..] or ['5', '3' or '5' or '7' or '8', ..] or PostgresErrorCodes.ReadOnlySqlTransaction;

    private static NpgsqlParameter Typed(NpgsqlDbType type, object? value) => new() { Value = value ?? DBNull.Value, NpgsqlDbType = type };
}
