using System.Text.Json;
using Npgsql;
using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Storage.Reports;

/// <summary>What was refused because its id has other content, the newest first (D11).</summary>
internal sealed class ConflictPages(NpgsqlDataSource database)
{
    public async Task<Page<ConflictView>?> Read(ListFilter filter, CancellationToken stop)
    {
        long? last = filter.After is null ? null : PageCursor.Stream(filter.After);
        return last is not null && !await IsThere(filter.Tenant, last.Value, stop) ? null : filter.Page(await Rows(filter, last, stop));
    }

    private Task<bool> IsThere(int tenant, long conflict, CancellationToken stop) => database.Row(
        "select true from action_conflict where tenant = $1 and id = $2", static reader => reader.GetBoolean(0), stop, Questions.Int(tenant), Questions.Long(conflict));

    private Task<List<ConflictView>> Rows(ListFilter filter, long? last, CancellationToken stop) => database.Rows(
        """
        with last as (select at, id from action_conflict where tenant = $1 and id = $2)
        select c.id, c.at, c.action::text, s.a, s.b, e.recorded_at
        from (
          select * from action_conflict
          where tenant = $1 and ($2 is null or (at, id) < ((select at from last), (select id from last))) and ($3 is null or at >= $3) and ($4 is null or at < $4)
          order by at desc, id desc limit $5) c
        join event e on e.tenant = $1 and e.action_id = c.action_id and e.action_id is not null join stream s on s.id = e.stream
        order by c.at desc, c.id desc
        """,
        reader => new ConflictView(
            reader.GetInt64(0), reader.GetFieldValue<DateTimeOffset>(1), JsonSerializer.Deserialize(reader.GetString(2), JournalJson.Default.ReferralAction)!,
            new(reader.GetString(3)), new(reader.GetString(4)), reader.GetFieldValue<DateTimeOffset>(5)),
        stop,
        Questions.Int(filter.Tenant), Questions.Long(last), Questions.Time(filter.From), Questions.Time(filter.To),
        Questions.Int(filter.Rows));
}
