using Npgsql;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Storage.Database;

namespace ReferralGrains.Storage.Due;

/// <summary>A grain that has something to settle.</summary>
public readonly record struct DueGrain(StreamId Stream, short Kind, CallerId First, string Second, DateTimeOffset At);

public interface IDueReader
{
    /// <summary>Grains of a tenant that are due, in order of their dates, after a cursor.</summary>
    /// <exception cref="Journal.JournalUnavailableException">The database cannot be reached.</exception>
    Task<IReadOnlyList<DueGrain>> Read(int tenant, DateTimeOffset until, DueGrain? after, int limit, CancellationToken stop);
}

/// <summary>Only reads: the grain's own append moves its due row, after it has settled all that is due.</summary>
public sealed class DueReader(NpgsqlDataSource database) : IDueReader
{
    public async Task<IReadOnlyList<DueGrain>> Read(int tenant, DateTimeOffset until, DueGrain? after, int limit, CancellationToken stop) =>
        await database.Rows(
            """
            select d.stream, s.kind, s.a, s.b, d.at from due d join stream s on s.id = d.stream
            where d.tenant = $1 and d.at <= $2 and (d.at, d.stream) > ($3, $4)
            order by d.at, d.stream limit $5
            """,
            Grain, stop, Questions.Int(tenant), Questions.Time(until), Questions.Time(after?.At ?? DateTimeOffset.UnixEpoch),
            Questions.Long(after?.Stream.Value ?? 0), Questions.Int(limit));

    private static DueGrain Grain(NpgsqlDataReader reader) => new(
        new(reader.GetInt64(0)), reader.GetInt16(1), new(reader.GetString(2)), reader.GetString(3), reader.GetFieldValue<DateTimeOffset>(4));
}
