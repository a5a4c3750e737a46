using System.Collections.Immutable;
using System.Text.Json;
using Npgsql;
using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Storage.Payouts;

/// <summary>Something that a sandbox asked of the stand-in, and that changes it.</summary>
public sealed record StandinCall(DateTimeOffset At, string Method, string Target, ImmutableDictionary<string, string> Headers, byte[] Body);

/// <summary>What was asked of the stand-in, in one order for all processes.</summary>
/// <exception cref="JournalUnavailableException">From every question: the database cannot be reached now.</exception>
public interface IStandinCalls
{
    /// <summary>Those after one, with their numbers.</summary>
    Task<IReadOnlyList<(long Id, StandinCall Call)>> After(long id, CancellationToken stop);

    /// <summary>Runs something while no other process adds a call; what it adds is kept if it ends well.</summary>
    /// <param name="act">Is given what adds a call and answers its number.</param>
    Task<T> Alone<T>(Func<Func<StandinCall, Task<long>>, Task<T>> act, CancellationToken stop);
}

/// <inheritdoc cref="IStandinCalls"/>
public sealed class StandinCalls(NpgsqlDataSource database) : IStandinCalls
{
    private const int Page = 1_000;

    public async Task<IReadOnlyList<(long Id, StandinCall Call)>> After(long id, CancellationToken stop) => await database.Rows(
        "select id, at, method, target, headers::text, body from standin_call where id > $1 order by id limit $2",
        static reader => (reader.GetInt64(0), new StandinCall(
            reader.GetFieldValue<DateTimeOffset>(1), reader.GetString(2), reader.GetString(3),
            JsonSerializer.Deserialize(reader.GetString(4), JournalJson.Default.ImmutableDictionaryStringString)!, reader.GetFieldValue<byte[]>(5))),
        stop, Questions.Long(id), Questions.Int(Page));

    public Task<T> Alone<T>(Func<Func<StandinCall, Task<long>>, Task<T>> act, CancellationToken stop) => Questions.Reached(async () =>
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);
        await using (var alone = new NpgsqlCommand("select pg_advisory_xact_lock(7237010, 6)", connection)) await alone.ExecuteNonQueryAsync(stop);
        var done = await act(async call =>
        {
            await using var add = new NpgsqlCommand("insert into standin_call (at, method, target, headers, body) values ($1, $2, $3, $4::json, $5) returning id", connection);
            add.Parameters.AddRange((NpgsqlParameter[])
            [
                Questions.Time(call.At), Questions.Text(call.Method), Questions.Text(call.Target),
                Questions.Text(JsonSerializer.Serialize(call.Headers, JournalJson.Default.ImmutableDictionaryStringString)), Questions.Bytes(call.Body),
            ]);
            return (long)(await add.ExecuteScalarAsync(stop))!;
        });
        await transaction.CommitAsync(stop);
        return done;
    });
}
