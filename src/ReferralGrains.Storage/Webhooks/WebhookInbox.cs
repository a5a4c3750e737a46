using Npgsql;
using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Silos;

namespace ReferralGrains.Storage.Webhooks;

/// <summary>What became of an event. The numbers are in rows and never change.</summary>
public enum InboxOutcome
{
    Waiting = 0,
    Followed = 1,

    /// <summary>Nothing of ours.</summary>
    Passed = 2,

    /// <summary>Nothing that we act on, and something that people want to see.</summary>
    Shown = 3,

    /// <summary>It could not be followed, again and again.</summary>
    GivenUp = 4,
}

/// <summary>Something that another system has told of: a hint. What is so is asked of it afterwards.</summary>
/// <param name="Source"><c>stripe</c>, or the id of a source of actions.</param>
/// <param name="Account">Whom it is about at the source; empty for the tenant itself.</param>
/// <param name="Event">Its id there: once for each account.</param>
/// <param name="About">The object that it is about; null where it names none.</param>
public sealed record InboxEvent(int Tenant, string Source, string Account, string Event, string Type, string? About)
{
    public long Id { get; init; }

    /// <summary>How often it was tried to follow it.</summary>
    public int Attempts { get; init; }

    public DateTimeOffset ReceivedAt { get; init; }

    public InboxOutcome Outcome { get; init; }

    public string? Detail { get; init; }
}

/// <summary>The one inbox for all that others tell us. Its writing is what they are answered for.</summary>
/// <remarks>Every member throws <see cref="JournalUnavailableException"/> while the database cannot be reached.</remarks>
public interface IWebhookInbox
{
    /// <summary>Puts in what is not there yet, durably.</summary>
    /// <returns>How many were new.</returns>
    Task<long> Take(IReadOnlyList<InboxEvent> events, CancellationToken stop);

    /// <summary>Whether an event is there, whatever became of it.</summary>
    Task<bool> Knows(InboxEvent e, CancellationToken stop);

    /// <summary>Puts in one that was followed before it was answered.</summary>
    Task Note(InboxEvent e, InboxOutcome outcome, string? detail, CancellationToken stop);

    /// <summary>Shows one that is there, for a reason that came up after it was answered.</summary>
    Task Show(int tenant, string source, string e, string detail, CancellationToken stop);

    /// <summary>What waits, the oldest first.</summary>
    Task<IReadOnlyList<InboxEvent>> Due(DateTimeOffset now, int limit, CancellationToken stop);

    Task End(long id, InboxOutcome outcome, string? detail, CancellationToken stop);

    Task Later(long id, DateTimeOffset at, string why, CancellationToken stop);

    /// <summary>The last ones that people want to see, or that could not be followed; the newest first.</summary>
    Task<IReadOnlyList<InboxEvent>> Shown(int tenant, int limit, CancellationToken stop);

    /// <summary>Up to when a source was asked for what never came; null when it never was.</summary>
    Task<DateTimeOffset?> SweptTo(int tenant, string source, CancellationToken stop);

    Task Swept(int tenant, string source, DateTimeOffset to, CancellationToken stop);

    /// <summary>Drops what has ended, came before that and was not shown since, of all tenants.</summary>
    Task Forget(DateTimeOffset before, CancellationToken stop);
}

/// <inheritdoc cref="IWebhookInbox"/>
public sealed class WebhookInbox(NpgsqlDataSource database, ISiloLease lease) : IWebhookInbox
{
    private const string Columns = "id, tenant, source, account, event, type, about, attempts, received_at, outcome, detail";

    public Task<long> Take(IReadOnlyList<InboxEvent> events, CancellationToken stop) => database.Row(
        """
        with taken as (
          insert into webhook_inbox (tenant, source, account, event, type, about, next_at)
          select n.*, now() from unnest($1, $2, $3, $4, $5, $6) as n where is_alive($7) on conflict do nothing returning 1)
        select count(*) from taken
        """,
        static row => row.GetInt64(0), stop,
        CommitBatch.Array(NpgsqlTypes.NpgsqlDbType.Integer, events.Select(static one => one.Tenant)),
        Texts(events.Select(static one => one.Source)), Texts(events.Select(static one => one.Account)), Texts(events.Select(static one => one.Event)),
        Texts(events.Select(static one => one.Type)), Texts(events.Select(static one => one.About)), Questions.Long(lease.Silo));

    public async Task<bool> Knows(InboxEvent e, CancellationToken stop) => (await database.Rows(
        "select 1 from webhook_inbox where tenant = $1 and source = $2 and account = $3 and event = $4", static _ => 0, stop,
        Questions.Int(e.Tenant), Questions.Text(e.Source), Questions.Text(e.Account), Questions.Text(e.Event))).Count > 0;

    // What waits came when it began to: among what waits that is its place, also when it waits no more.
    public Task Note(InboxEvent e, InboxOutcome outcome, string? detail, CancellationToken stop) => database.Rows(
        """
        insert into webhook_inbox (tenant, source, account, event, type, about, received_at, attempts, outcome, detail)
        select $1, $2, $3, $4, $5, $6, coalesce((select min(received_at) from source_waiting where source = $2 and event = $4), now()), 1, $7, $8
        where is_alive($9) on conflict do nothing
        """,
        static _ => 0, stop, Questions.Int(e.Tenant), Questions.Text(e.Source), Questions.Text(e.Account), Questions.Text(e.Event), Questions.Text(e.Type),
        Questions.Text(e.About), Questions.Int((int)outcome), Questions.Text(detail), Questions.Long(lease.Silo));

    public Task Show(int tenant, string source, string e, string detail, CancellationToken stop) => database.Rows(
        "update webhook_inbox set outcome = $4, detail = $5, shown_at = now() where tenant = $1 and source = $2 and event = $3 and is_alive($6)", static _ => 0, stop,
        Questions.Int(tenant), Questions.Text(source), Questions.Text(e), Questions.Int((int)InboxOutcome.Shown), Questions.Text(detail), Questions.Long(lease.Silo));

    public async Task<IReadOnlyList<InboxEvent>> Due(DateTimeOffset now, int limit, CancellationToken stop) =>
        await database.Rows($"select {Columns} from webhook_inbox where next_at <= $1 order by next_at, id limit $2", Event, stop, Questions.Time(now), Questions.Int(limit));

    public Task End(long id, InboxOutcome outcome, string? detail, CancellationToken stop) => database.Rows(
        "update webhook_inbox set outcome = $2, detail = $3, next_at = null, attempts = attempts + 1 where id = $1 and is_alive($4)", static _ => 0, stop,
        Questions.Long(id), Questions.Int((int)outcome), Questions.Text(detail), Questions.Long(lease.Silo));

    public Task Later(long id, DateTimeOffset at, string why, CancellationToken stop) => database.Rows(
        "update webhook_inbox set next_at = $2, detail = $3, attempts = attempts + 1 where id = $1 and is_alive($4)", static _ => 0, stop,
        Questions.Long(id), Questions.Time(at), Questions.Text(why), Questions.Long(lease.Silo));

    public async Task<IReadOnlyList<InboxEvent>> Shown(int tenant, int limit, CancellationToken stop) =>
        await database.Rows($"select {Columns} from webhook_inbox where tenant = $1 and outcome in (3, 4) order by id desc limit $2", Event, stop, Questions.Int(tenant), Questions.Int(limit));

    public Task<DateTimeOffset?> SweptTo(int tenant, string source, CancellationToken stop) => database.Row(
        "select swept_to from webhook_sweep where tenant = $1 and source = $2", static row => (DateTimeOffset?)row.GetFieldValue<DateTimeOffset>(0), stop,
        Questions.Int(tenant), Questions.Text(source));

    public Task Swept(int tenant, string source, DateTimeOffset to, CancellationToken stop) => database.Rows(
        """
        insert into webhook_sweep (tenant, source, swept_to) select $1, $2, $3 where is_alive($4)
        on conflict (tenant, source) do update set swept_to = excluded.swept_to
        """,
        static _ => 0, stop, Questions.Int(tenant), Questions.Text(source), Questions.Time(to), Questions.Long(lease.Silo));

    // What waits for its sale is there for as long, and is looked for among what was refused once it no more waits.
    public Task Forget(DateTimeOffset before, CancellationToken stop) => database.DeleteOld(
        "webhook_inbox", "received_at",
        """
        o.next_at is null and coalesce(o.shown_at, o.received_at) < $2
          and not exists (select from source_waiting w where w.source = o.source and w.event = o.event)
        """,
        before, lease.Silo, stop);

    private static NpgsqlParameter Texts(IEnumerable<string?> values) => CommitBatch.Array(NpgsqlTypes.NpgsqlDbType.Text, values);

    private static InboxEvent Event(NpgsqlDataReader row) => new(row.GetInt32(1), row.GetString(2), row.GetString(3), row.GetString(4), row.GetString(5), row.MaybeText(6))
    {
        Id = row.GetInt64(0),
        Attempts = row.GetInt32(7),
        ReceivedAt = row.GetFieldValue<DateTimeOffset>(8),
        Outcome = (InboxOutcome)row.GetInt16(9),
        Detail = row.MaybeText(10),
    };
}
