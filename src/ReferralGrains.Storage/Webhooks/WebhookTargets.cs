using System.Collections.Immutable;
using Npgsql;
using NpgsqlTypes;
using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Reports;
using ReferralGrains.Storage.Silos;

namespace ReferralGrains.Storage.Webhooks;

/// <summary>The endpoints of tenants, and what was sent to them.</summary>
/// <remarks>Every member throws <see cref="JournalUnavailableException"/> while the database cannot be reached.</remarks>
public interface IWebhookTargets
{
    /// <summary>Told of what happens from about now on.</summary>
    /// <param name="request">A hash that names the request; null where its sender did not name it.</param>
    /// <returns>Null when the tenant has <paramref name="most"/> already; not new where the request came before.</returns>
    Task<(WebhookTarget Target, bool IsNew)?> Add(
        int tenant, string url, string? description, ImmutableArray<WebhookEventType> events, string secret, byte[]? request, int most, CancellationToken stop);

    Task<WebhookTarget?> Find(int tenant, long id, CancellationToken stop);

    Task<Page<WebhookTarget>> List(int tenant, long after, int limit, CancellationToken stop);

    Task<WebhookTarget?> Change(int tenant, long id, WebhookChange change, CancellationToken stop);

    /// <summary>It and what was sent to it.</summary>
    Task Remove(int tenant, long id, CancellationToken stop);

    /// <summary>Signs with a new secret, and until then with the one before it; so does what signs still since a rotation before.</summary>
    Task<WebhookTarget?> Rotate(int tenant, long id, string secret, DateTimeOffset oldUntil, CancellationToken stop);

    /// <summary>Tells it again, at once: from where it stood, or only of what happens from now on.</summary>
    Task<WebhookTarget?> Resume(int tenant, long id, bool fromNow, CancellationToken stop);

    /// <summary>What became of the latest attempts, and what it is still to be told.</summary>
    /// <param name="since">From when on attempts count.</param>
    Task<WebhookFigures> Figures(WebhookTarget target, DateTimeOffset since, CancellationToken stop);

    /// <summary>The newest first.</summary>
    /// <param name="before">The last one of the page before.</param>
    Task<Page<WebhookDelivery>> Deliveries(int tenant, long target, long? before, int limit, CancellationToken stop);

    Task<WebhookDelivery?> Delivery(int tenant, long target, long id, CancellationToken stop);

    /// <returns>With its number.</returns>
    Task<WebhookDelivery> Note(WebhookTarget target, WebhookDelivery delivery, CancellationToken stop);
}

/// <inheritdoc cref="IWebhookTargets"/>
public sealed class WebhookTargets(NpgsqlDataSource database, ISiloLease lease, TimeProvider time) : IWebhookTargets
{
    internal const string Columns =
        "id, tenant, url, description, events, secret, old_secret, old_until, older_secret, older_until, state, why, attempts, failing_since, next_at, position, created_at";

    private const string DeliveryColumns = "id, event, type, cause, attempt, at, milliseconds, status, failure";

    private const string Again = "state = 1, why = null, attempts = 0, failing_since = null";

    // A limit and no promise: two that are added at once may both be counted as the last.
    public async Task<(WebhookTarget Target, bool IsNew)?> Add(
        int tenant, string url, string? description, ImmutableArray<WebhookEventType> events, string secret, byte[]? request, int most, CancellationToken stop)
    {
        var added = await database.Row(
            $"""
            insert into webhook_target (tenant, url, description, events, secret, position, next_at, request)
            select $1, $2, $3, $4, $5, p.last_event, $6, $7 from webhook_progress p where is_alive($8) and (select count(*) from webhook_target t where t.tenant = $1) < $9
            on conflict (request) do nothing returning {Columns}
            """,
            Read, stop, Questions.Int(tenant), Questions.Text(url), Questions.Text(description), Types(events), Questions.Text(secret), Questions.Time(time.GetUtcNow()),
            Questions.Bytes(request), Questions.Long(lease.Silo), Questions.Int(most));
        if (added is not null) return (added, true);
        if (request is null) return null;
        var earlier = await database.Row($"select {Columns} from webhook_target where request = $1", Read, stop, Questions.Bytes(request));
        return earlier is null ? null : (earlier, false);
    }

    public Task<WebhookTarget?> Find(int tenant, long id, CancellationToken stop) =>
        database.Row($"select {Columns} from webhook_target where tenant = $1 and id = $2", Read, stop, Questions.Int(tenant), Questions.Long(id));

    public async Task<Page<WebhookTarget>> List(int tenant, long after, int limit, CancellationToken stop) => Page(limit, await database.Rows(
        $"select {Columns} from webhook_target where tenant = $1 and id > $2 order by id limit $3", Read, stop,
        Questions.Int(tenant), Questions.Long(after), Questions.Int(limit + 1)));

    // Who is enabled again begins with a clean slate; who was not disabled goes on as it was. What is under way to another address is not this one's.
    public Task<WebhookTarget?> Change(int tenant, long id, WebhookChange change, CancellationToken stop) => database.Row(
        $"""
        update webhook_target set
          url = coalesce($3, url), description = nullif(coalesce($4, description), ''), events = coalesce($5, events),
          state = case when $6 is null then state when not $6 then 2 else 1 end,
          why = case when $6 and state <> 1 then null when not $6 then null else why end,
          attempts = case when $6 and state <> 1 then 0 else attempts end,
          failing_since = case when $6 and state <> 1 then null else failing_since end,
          next_at = case when $3 is not null or $6 and state <> 1 then $7 else next_at end,
          holder = case when $3 is not null or $6 and state <> 1 then null else holder end
        where tenant = $1 and id = $2 and is_alive($8) returning {Columns}
        """,
        Read, stop, Questions.Int(tenant), Questions.Long(id), Questions.Text(change.Url), Questions.Text(change.Description),
        change.Events is { } events ? Types(events) : Types(null), Questions.Flag(change.Enabled), Questions.Time(time.GetUtcNow()), Questions.Long(lease.Silo));

    public Task Remove(int tenant, long id, CancellationToken stop) => database.Rows(
        """
        with gone as (delete from webhook_target where tenant = $1 and id = $2 and is_alive($3) returning id)
        delete from webhook_delivery d using gone g where d.target = g.id
        """,
        static _ => 0, stop, Questions.Int(tenant), Questions.Long(id), Questions.Long(lease.Silo));

    public Task<WebhookTarget?> Rotate(int tenant, long id, string secret, DateTimeOffset oldUntil, CancellationToken stop) => database.Row(
        $"""
        update webhook_target set
          older_secret = case when old_until > $6 then old_secret end, older_until = case when old_until > $6 then least(old_until, $4) end,
          old_secret = secret, old_until = $4, secret = $3
        where tenant = $1 and id = $2 and is_alive($5) returning {Columns}
        """,
        Read, stop, Questions.Int(tenant), Questions.Long(id), Questions.Text(secret), Questions.Time(oldUntil), Questions.Long(lease.Silo),
        Questions.Time(time.GetUtcNow()));

    // Whoever tells it just now stops: it would say of an attempt from before when the next one is, and move the position from where it was.
    public Task<WebhookTarget?> Resume(int tenant, long id, bool fromNow, CancellationToken stop) => database.Row(
        $"""
        update webhook_target set {Again}, next_at = $3,
          position = case when $4 then (select last_event from webhook_progress) else position end,
          holder = case when $4 or attempts > 0 or state <> 1 then null else holder end
        where tenant = $1 and id = $2 and is_alive($5) returning {Columns}
        """,
        Read, stop, Questions.Int(tenant), Questions.Long(id), Questions.Time(time.GetUtcNow()), Questions.Flag(fromNow), Questions.Long(lease.Silo));

    // Both counts end somewhere, so that a look costs the same however much was sent or waits.
    public async Task<WebhookFigures> Figures(WebhookTarget target, DateTimeOffset since, CancellationToken stop) => (await database.Row(
        $"""
        select s.taken, s.failed, w.waiting, w.oldest
        from (
          select count(*) filter (where failure is null) as taken, count(*) filter (where failure is not null) as failed
          from (select failure from webhook_delivery where target = $1 and at >= $2 and cause <> {(int)WebhookCause.Test} order by at desc limit {WebhookFigures.Most}) d) s,
        (
          select count(*) as waiting, min(told_at) as oldest
          from (
            select v.told_at from webhook_target t join webhook_event v on v.tenant = t.tenant and v.id > t.position and (cardinality(t.events) = 0 or v.type = any (t.events))
            where t.id = $1 order by v.id limit {WebhookFigures.Most}) v) w
        """,
        static row => new WebhookFigures(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.Maybe<DateTimeOffset>(3)), stop, Questions.Long(target.Id), Questions.Time(since)))!;

    public async Task<Page<WebhookDelivery>> Deliveries(int tenant, long target, long? before, int limit, CancellationToken stop) => Page(limit, await database.Rows(
        $"select {DeliveryColumns} from webhook_delivery where tenant = $1 and target = $2 and ($3 is null or id < $3) order by id desc limit $4", Delivery, stop,
        Questions.Int(tenant), Questions.Long(target), Questions.Long(before), Questions.Int(limit + 1)));

    public Task<WebhookDelivery?> Delivery(int tenant, long target, long id, CancellationToken stop) => database.Row(
        $"select {DeliveryColumns} from webhook_delivery where tenant = $1 and target = $2 and id = $3", Delivery, stop,
        Questions.Int(tenant), Questions.Long(target), Questions.Long(id));

    public async Task<WebhookDelivery> Note(WebhookTarget target, WebhookDelivery delivery, CancellationToken stop) => (await database.Row(
        $"""
        insert into webhook_delivery (tenant, target, event, type, cause, attempt, at, milliseconds, status, failure)
        select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10 where is_alive($11) returning {DeliveryColumns}
        """,
        Delivery, stop, Questions.Int(target.Tenant), Questions.Long(target.Id), Questions.Text(delivery.Event), Questions.Int((int)delivery.Type), Questions.Int((int)delivery.Cause),
        Questions.Int(delivery.Attempt), Questions.Time(delivery.At), Questions.Int((int)delivery.Took.TotalMilliseconds), Questions.Int(delivery.Status),
        Questions.Text(delivery.Failure), Questions.Long(lease.Silo)))!;

    internal static WebhookTarget Read(NpgsqlDataReader row) => new(
        row.GetInt64(0), row.GetInt32(1), row.GetString(2), row.MaybeText(3), [.. row.GetFieldValue<short[]>(4).Select(static type => (WebhookEventType)type)], row.GetString(5),
        row.MaybeText(6), row.Maybe<DateTimeOffset>(7), row.MaybeText(8), row.Maybe<DateTimeOffset>(9), (WebhookState)row.GetInt16(10), row.MaybeText(11), row.GetInt32(12),
        row.Maybe<DateTimeOffset>(13), row.GetFieldValue<DateTimeOffset>(14), row.GetInt64(15), row.GetFieldValue<DateTimeOffset>(16));

    private static WebhookDelivery Delivery(NpgsqlDataReader row) => new(
        row.GetInt64(0), row.GetString(1), (WebhookEventType)row.GetInt16(2), (WebhookCause)row.GetInt16(3), row.GetInt32(4), row.GetFieldValue<DateTimeOffset>(5),
        TimeSpan.FromMilliseconds(row.GetInt32(6)), row.Maybe<int>(7), row.MaybeText(8));

    private static Page<T> Page<T>(int limit, List<T> rows) => new([.. rows.Take(limit)], rows.Count > limit);

    private static NpgsqlParameter Types(ImmutableArray<WebhookEventType>? types) => new()
    {
        Value = types is { } given ? given.Select(static type => (short)type).ToArray() : DBNull.Value,
        NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Smallint,
    };
}
