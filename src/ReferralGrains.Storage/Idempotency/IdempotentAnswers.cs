using Npgsql;
using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Silos;

namespace ReferralGrains.Storage.Idempotency;

/// <summary>
/// Answers in PostgreSQL, by its clock. A request that was begun and is not answered belongs to its silo while that lives, for a minute
/// at most; then whoever sends it again has it done again, which is safe, for every effect has an id that repeats.
/// </summary>
public sealed class IdempotentAnswers(NpgsqlDataSource database, ISiloLease lease) : IIdempotentAnswers
{
    private const int SweptTogether = 5_000;

    private const string BeginSql =
        """
        insert into idempotent_answer as a (tenant, route, key, content, silo) select $1, $2, $3, $4, $5 where is_alive($5)
        on conflict (tenant, route, key) do update set content = excluded.content, silo = excluded.silo, began_at = now(), status = null, location = null, body = null
        where a.began_at < now() - interval '24 h'
          or (a.status is null and a.content = excluded.content and (a.began_at < now() - interval '1 min' or not exists (
            select from silo s where s.id = a.silo and s.ended_at is null and s.seen_at > clock_timestamp() - interval '3 s')))
        returning 1
        """;

    public async Task<Beginning> Begin(NamedRequest request, CancellationToken stop)
    {
        while (true)
        {
            var begun = await database.Row(BeginSql, reader => reader.GetInt32(0), stop, [.. Name(request), Questions.Bytes(request.Content.ToArray()), Questions.Long(lease.Silo)]);
            if (begun == 1) return new Beginning.Begun();

            // What was there may have been forgotten meanwhile: then it is new again.
            var there = await database.Row<Beginning>(
                "select content = $4, status, location, body from idempotent_answer where tenant = $1 and route = $2 and key = $3", Found, stop,
                [.. Name(request), Questions.Bytes(request.Content.ToArray())]);
            if (there is not null) return there;
        }
    }

    public Task Save(NamedRequest request, SavedAnswer answer, CancellationToken stop) => database.Rows(
        "update idempotent_answer set status = $4, location = $5, body = $6 where tenant = $1 and route = $2 and key = $3 and silo = $7 and is_alive($7)",
        reader => 0, stop,
        [.. Name(request), Questions.Int(answer.Status), Questions.Text(answer.Location), Questions.Bytes(answer.Body.ToArray()), Questions.Long(lease.Silo)]);

    public Task Forget(NamedRequest request, CancellationToken stop) => database.Rows(
        "delete from idempotent_answer where tenant = $1 and route = $2 and key = $3 and silo = $4 and status is null and is_alive($4)",
        reader => 0, stop, [.. Name(request), Questions.Long(lease.Silo)]);

    public async Task Sweep(CancellationToken stop)
    {
        while (await SweepSome(stop) == SweptTogether)
        {
        }
    }

    private Task<long> SweepSome(CancellationToken stop) => database.Row(
        $"""
        with gone as (
          delete from idempotent_answer
          where ctid = any (array(select ctid from idempotent_answer where began_at < now() - interval '24 h' limit {SweptTogether})) and (select is_alive($1)) returning 1)
        select count(*) from gone
        """,
        static row => row.GetInt64(0), stop, Questions.Long(lease.Silo));

    private static NpgsqlParameter[] Name(NamedRequest request) => [Questions.Int(request.Tenant), Questions.Text(request.Route), Questions.Text(request.Key)];

    private static Beginning Found(NpgsqlDataReader row) =>
        !row.GetBoolean(0) ? new Beginning.Reused()
        : row.Maybe<int>(1) is not { } status ? new Beginning.UnderWay()
        : new Beginning.Answered(new(status, row.MaybeText(2), row.GetFieldValue<byte[]>(3)));
}
