using Npgsql;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Storage.Database;

namespace ReferralGrains.Storage.Due;

/// <summary>A grain that has something to settle.</summary>
public readonly record struct DueGrain(StreamId Stream, short Kind, CallerId First, string Second, DateTimeOffset At);

/// <summary>The due rows are divided by their streams' numbers, so that several processes sweep side by side.</summary>
public static class DueShards
{
    /// <summary>Written in the migrations as well, and never changed: rows are filed under it.</summary>
    public const int Count = 8;
}

public interface IDueReader
{
    /// <summary>Tenants that have something due in a shard at a time by the real clock.</summary>
    /// <exception cref="Journal.JournalUnavailableException">The database cannot be reached.</exception>
    Task<IReadOnlyList<int>> Tenants(int shard, DateTimeOffset until, CancellationToken stop);

    /// <summary>Grains of a tenant that are due, in order of their dates, after a cursor.</summary>
    /// <exception cref="Journal.JournalUnavailableException">The database cannot be reached.</exception>
    Task<IReadOnlyList<DueGrain>> Read(int shard, int tenant, DateTimeOffset until, DueGrain? after, int limit, CancellationToken stop);
}

/// <summary>
/// Only reads: the grain's own append moves its due row, after it has settled all that is due. What others have left for a grain to settle
/// makes it due as long as it has not (H9).
/// </summary>
public sealed class DueReader(NpgsqlDataSource database) : IDueReader
{
    public async Task<IReadOnlyList<int>> Tenants(int shard, DateTimeOffset until, CancellationToken stop) =>
        await database.Rows(
            """
            select t.id from tenant t where exists (select from due d where d.shard = $1 and d.tenant = t.id and d.at <= $2)
              or exists (select from gathering g where g.shard = $1 and g.tenant = t.id and g.at <= $2 and g.target is not null and g.undone <> coalesce(g.settled, 0))
            order by 1
            """,
            reader => reader.GetInt32(0), stop, Questions.Int(shard), Questions.Time(until));

    public async Task<IReadOnlyList<DueGrain>> Read(int shard, int tenant, DateTimeOffset until, DueGrain? after, int limit, CancellationToken stop) =>
        await database.Rows(
            """
            select d.stream, s.kind, s.a, s.b, d.at from (
              (select stream, at from due
               where shard = $1 and tenant = $2 and at <= $3 and (at, stream) > ($4, $5) order by at, stream limit $6)
              union all
              (select target, at from gathering
               where shard = $1 and tenant = $2 and at <= $3 and (at, target) > ($4, $5) and target is not null and undone <> coalesce(settled, 0)
               order by at, target limit $6)) d
            join stream s on s.id = d.stream
            order by d.at, d.stream limit $6
            """,
            Grain, stop, Questions.Int(shard), Questions.Int(tenant), Questions.Time(until), Questions.Time(after?.At ?? DateTimeOffset.UnixEpoch),
            Questions.Long(after?.Stream.Value ?? 0), Questions.Int(limit));

    private static DueGrain Grain(NpgsqlDataReader reader) => new(
        new(reader.GetInt64(0)), reader.GetInt16(1), new(reader.GetString(2)), reader.GetString(3), reader.GetFieldValue<DateTimeOffset>(4));
}
