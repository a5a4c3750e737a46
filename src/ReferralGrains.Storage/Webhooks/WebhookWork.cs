using System.Globalization;
using Npgsql;
using NpgsqlTypes;
using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Facts;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Silos;

namespace ReferralGrains.Storage.Webhooks;

/// <summary>An endpoint that this process tells for a while.</summary>
/// <param name="Holder">Names the while: what another has taken over meanwhile is written by that one alone.</param>
public sealed record WebhookClaim(WebhookTarget Target, Guid Holder);

/// <summary>How far an endpoint was told, and what came of it.</summary>
/// <param name="Keeps">Whether this process goes on.</param>
public sealed record WebhookProgress(
    long Position, int Attempts, DateTimeOffset? FailingSince, DateTimeOffset NextAt, WebhookState State, string? Why, bool Keeps, IReadOnlyList<WebhookDelivery> Deliveries);

/// <summary>What processes that deliver have to do, shared between them.</summary>
/// <remarks>
/// Every member throws <see cref="JournalUnavailableException"/> while the database cannot be reached, and <see cref="LeaseLostException"/> where this
/// silo may write no more.
/// </remarks>
public sealed class WebhookWork(NpgsqlDataSource database, IFacts facts, ISiloLease lease)
{
    private const int CommitsPerStep = 50;
    private const string Alone = "7237010, 7";

    private readonly WebhookFeed feed = new(database, facts, lease);

    /// <summary>
    /// Looks through the next commits of the journal for what tenants want to be told. Commits become visible out of order: as the seals do, it
    /// stays below the oldest transaction that is open, so nothing comes before where it was. One process at a time.
    /// </summary>
    /// <returns>Whether there may be more; null while nobody is to be told.</returns>
    public Task<bool?> Gather(CancellationToken stop) => Questions.Reached<bool?>(async () =>
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);
        if (!await Value<bool>(connection, $"select pg_try_advisory_xact_lock({Alone}) and is_alive({lease.Silo})", stop)) return false;

        // Before who wants what: who asks later than that is not asked for by any commit below it.
        var below = await Value<string>(connection, "select pg_snapshot_xmin(pg_current_snapshot())::text", stop);
        var wanted = await Wanted(connection, stop);
        if (wanted.Count == 0)
        {
            await Run(connection, $"""
                update webhook_progress p set xid = c.xid, commit_id = c.id
                from (select xid, id from commit where xid < '{below}' order by xid desc, id desc limit 1) c where (c.xid, c.id) > (p.xid, p.commit_id)
                """, stop);
            await Run(connection, $"delete from webhook_told where xid < '{below}'", stop);
            await transaction.CommitAsync(stop);
            return null;
        }

        var (commits, found) = await Commits(connection, below, wanted, stop);
        await Write(connection, commits, below, found, stop);
        await transaction.CommitAsync(stop);
        return commits.Count == CommitsPerStep;
    });

    /// <summary>Takes on endpoints for which there is something, for as long as the term; each is told by one process at a time.</summary>
    /// <param name="failing">Those that failed last, or those that did not.</param>
    public async Task<IReadOnlyList<WebhookClaim>> Claim(DateTimeOffset now, TimeSpan term, bool failing, int most, CancellationToken stop)
    {
        var holder = Guid.NewGuid();
        return await database.Rows(
            $"""
            update webhook_target set holder = $1, held_until = clock_timestamp() + $2
            where id in (
              select t.id from webhook_target t
              where t.state = 1 and t.next_at <= $3 and (t.holder is null or t.held_until < clock_timestamp()) and (t.attempts > 0) = $4
                and exists (select from webhook_event v where v.tenant = t.tenant and v.id > t.position)
              order by t.next_at, t.id limit $5 for update skip locked)
              and is_alive($6)
            returning {WebhookTargets.Columns}
            """,
            row => new WebhookClaim(WebhookTargets.Read(row), holder), stop,
            new NpgsqlParameter { Value = holder, NpgsqlDbType = NpgsqlDbType.Uuid }, Term(term), Questions.Time(now), Questions.Flag(failing), Questions.Int(most),
            Questions.Long(lease.Silo));
    }

    /// <summary>What an endpoint is to be told next.</summary>
    public Task<IReadOnlyList<WebhookMessage>> Next(WebhookTarget target, long position, int limit, CancellationToken stop) => feed.After(target.Tenant, position, limit, stop);

    /// <returns>The endpoint as it is now; null when it is this process's no more, or is there no more.</returns>
    public Task<WebhookTarget?> Save(WebhookClaim claim, WebhookProgress progress, TimeSpan term, CancellationToken stop) => database.Row(
        $"""
        with moved as (
          update webhook_target set position = $3, attempts = $4, failing_since = $5, next_at = $6, state = case when state = 1 then $7 else state end,
            why = case when state = 1 then $8 else why end, holder = case when $9 and state = 1 then holder end, held_until = clock_timestamp() + $10
          where id = $1 and holder = $2 and is_alive($11) returning *),
        noted as (
          insert into webhook_delivery (tenant, target, event, type, cause, attempt, at, milliseconds, status, failure)
          select m.tenant, m.id, n.* from moved m, unnest($12, $13, $14, $15, $16, $17, $18, $19) as n)
        select {WebhookTargets.Columns} from moved
        """,
        WebhookTargets.Read, stop,
        Questions.Long(claim.Target.Id), new NpgsqlParameter { Value = claim.Holder, NpgsqlDbType = NpgsqlDbType.Uuid }, Questions.Long(progress.Position),
        Questions.Int(progress.Attempts), Questions.Time(progress.FailingSince), Questions.Time(progress.NextAt), Questions.Int((int)progress.State), Questions.Text(progress.Why),
        Questions.Flag(progress.Keeps), Term(term), Questions.Long(lease.Silo),
        Column(NpgsqlDbType.Text, progress, static one => one.Event), Column(NpgsqlDbType.Smallint, progress, static one => (short)one.Type),
        Column(NpgsqlDbType.Smallint, progress, static one => (short)one.Cause), Column(NpgsqlDbType.Integer, progress, static one => one.Attempt),
        Column(NpgsqlDbType.TimestampTz, progress, static one => one.At.ToUniversalTime()),
        Column(NpgsqlDbType.Integer, progress, static one => (int)Math.Min(int.MaxValue, one.Took.TotalMilliseconds)),
        Column(NpgsqlDbType.Integer, progress, static one => one.Status), Column(NpgsqlDbType.Text, progress, static one => one.Failure));

    /// <summary>Drops what is older than that: attempts, and events that no enabled endpoint still waits for.</summary>
    public async Task Forget(DateTimeOffset before, CancellationToken stop)
    {
        await database.DeleteOld(
            "webhook_event", "told_at", "not exists (select from webhook_target t where t.tenant = o.tenant and t.state = 1 and t.position < o.id)", before, lease.Silo, stop);
        await database.DeleteOld("webhook_delivery", "at", "true", before, lease.Silo, stop);
        await database.Rows("delete from webhook_reader where until < now() and is_alive($1)", static _ => 0, stop, Questions.Long(lease.Silo));
    }

    // Of a disabled endpoint too: it goes on from where it stood. No types are all types.
    private static async Task<Dictionary<int, HashSet<WebhookEventType>>> Wanted(NpgsqlConnection connection, CancellationToken stop)
    {
        var wanted = new Dictionary<int, HashSet<WebhookEventType>>();
        await using var command = new NpgsqlCommand(
            """
            select tenant, case when bool_or(cardinality(events) = 0) then '{}' else array_agg(type) end from (
              select t.tenant, t.events, e.type from webhook_target t left join lateral unnest(t.events) as e(type) on true
              union all select r.tenant, '{}', null from webhook_reader r where r.until > now()) w
            group by tenant
            """, connection);
        await using var reader = await command.ExecuteReaderAsync(stop);
        while (await reader.ReadAsync(stop)) wanted[reader.GetInt32(0)] = [.. reader.GetFieldValue<short[]>(1).Select(static type => (WebhookEventType)type)];
        return wanted;
    }

    private static async Task<(List<(string Xid, long Id)> Commits, List<Found> Found)> Commits(
        NpgsqlConnection connection, string below, Dictionary<int, HashSet<WebhookEventType>> wanted, CancellationToken stop)
    {
        var types = wanted.Values.SelectMany(WebhookEventTypes.RowsOf).Distinct().ToArray();
        var (commits, found) = (new List<(string Xid, long Id)>(), new List<Found>());
        await using var command = new NpgsqlCommand(
            $"""
            with next as materialized (
              select c.xid, c.id from commit c, webhook_progress p where (c.xid, c.id) > (p.xid, p.commit_id) and c.xid < '{below}' and not c.tombstone
              order by c.xid, c.id limit {CommitsPerStep})
            select n.xid::text, n.id, e.tenant, e.stream, e.seq, e.recorded_at, e.type, e.version, e.action_id, e.action_hash, e.data::text
            from next n left join lateral (select * from event e where e.commit_id = n.id and e.tenant = any($1) and e.type = any($2)) e on true
            order by n.xid, n.id, e.stream, e.seq
            """, connection)
        {
            Parameters = { CommitBatch.Array(NpgsqlDbType.Integer, wanted.Keys), CommitBatch.Array(NpgsqlDbType.Smallint, types) },
        };
        await using var reader = await command.ExecuteReaderAsync(stop);
        while (await reader.ReadAsync(stop))
        {
            var commit = (reader.GetString(0), reader.GetInt64(1));
            if (commits.Count == 0 || commits[^1] != commit) commits.Add(commit);
            if (reader.IsDBNull(2)) continue;
            var (tenant, row) = (reader.GetInt32(2), ActionQuery.Row(reader, 4));
            foreach (var (type, part) in WebhookEventTypes.Of(row.Decode<object>()))
                if (wanted[tenant] is var asked && (asked.Count == 0 || asked.Contains(type)))
                    found.Add(new(ulong.Parse(commit.Item1, CultureInfo.InvariantCulture), tenant, new(reader.GetInt64(3), row.Seq, part), type, row.At, null, null));
        }

        return (commits, found);
    }

    // What no row of the journal says comes after the rows of its transaction, and not before a commit that is still to be looked through.
    private static async Task Write(NpgsqlConnection connection, List<(string Xid, long Id)> commits, string below, List<Found> found, CancellationToken stop)
    {
        var to = commits.Count == CommitsPerStep ? $"<= '{commits[^1].Xid}'" : $"< '{below}'";
        await using (var told = new NpgsqlCommand($"delete from webhook_told where xid {to} returning xid::text, tenant, id, type, at, about, data::text", connection))
        {
            await using var reader = await told.ExecuteReaderAsync(stop);
            while (await reader.ReadAsync(stop))
                found.Add(new(
                    ulong.Parse(reader.GetString(0), CultureInfo.InvariantCulture), reader.GetInt32(1), new(0, reader.GetInt64(2), 0),
                    (WebhookEventType)reader.GetInt16(3), reader.GetFieldValue<DateTimeOffset>(4), reader.Maybe<long>(5), reader.MaybeText(6)));
        }

        if (commits.Count == 0 && found.Count == 0) return;
        var ordered = found.OrderBy(static one => one.Xid).ToList(); // A stable order: rows of one transaction stay as they were.
        await using var write = new NpgsqlCommand(
            """
            with p as (
              update webhook_progress set xid = coalesce($1::xid8, xid), commit_id = coalesce($2, commit_id), last_event = last_event + $3 returning last_event - $3 as before)
            insert into webhook_event (id, tenant, stream, seq, n, type, at, about, data)
            select p.before + n.number, n.tenant, n.stream, n.seq, n.n, n.type, n.at, n.about, n.data::json
            from p, unnest($4, $5, $6, $7, $8, $9, $10, $11) with ordinality as n(tenant, stream, seq, n, type, at, about, data, number)
            """, connection)
        {
            Parameters =
            {
                Questions.Text(commits.Count == 0 ? null : commits[^1].Xid), Questions.Long(commits.Count == 0 ? null : commits[^1].Id), Questions.Long(ordered.Count),
                CommitBatch.Array(NpgsqlDbType.Integer, ordered.Select(static one => one.Tenant)),
                CommitBatch.Array(NpgsqlDbType.Bigint, ordered.Select(static one => one.Name.Stream)),
                CommitBatch.Array(NpgsqlDbType.Bigint, ordered.Select(static one => one.Name.Seq)),
                CommitBatch.Array(NpgsqlDbType.Integer, ordered.Select(static one => one.Name.Part)),
                CommitBatch.Array(NpgsqlDbType.Smallint, ordered.Select(static one => (short)one.Type)),
                CommitBatch.Array(NpgsqlDbType.TimestampTz, ordered.Select(static one => one.At.ToUniversalTime())),
                CommitBatch.Array(NpgsqlDbType.Bigint, ordered.Select(static one => one.About)),
                CommitBatch.Array(NpgsqlDbType.Text, ordered.Select(static one => one.Data)),
            },
        };
        await write.ExecuteNonQueryAsync(stop);
    }

    private static NpgsqlParameter Column<T>(NpgsqlDbType type, WebhookProgress progress, Func<WebhookDelivery, T> value) =>
        CommitBatch.Array(type, progress.Deliveries.Select(value));

    private static NpgsqlParameter Term(TimeSpan term) => new() { Value = term, NpgsqlDbType = NpgsqlDbType.Interval };

    private static async Task Run(NpgsqlConnection connection, string sql, CancellationToken stop)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(stop);
    }

    private static async Task<T> Value<T>(NpgsqlConnection connection, string sql, CancellationToken stop)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return (T)(await command.ExecuteScalarAsync(stop))!;
    }

    private sealed record Found(ulong Xid, int Tenant, WebhookEventName Name, WebhookEventType Type, DateTimeOffset At, long? About, string? Data);
}
