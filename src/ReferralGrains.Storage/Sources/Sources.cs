using Npgsql;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Reports;
using ReferralGrains.Storage.Silos;

namespace ReferralGrains.Storage.Sources;

/// <summary>Another system whose events become actions of one program (X10).</summary>
/// <param name="SecretRef">Names the secret that signs its events; the secret itself is in no database.</param>
/// <param name="Mapping">JSON: where in its objects it says what.</param>
public sealed record Source(CallerId Id, int Tenant, string Kind, CallerId Program, string SecretRef, string Mapping);

/// <summary>Events of a source that name sales of which nothing is known: until it is, which may be never.</summary>
/// <param name="Since">When the first of them came.</param>
/// <param name="Event">The id of that one.</param>
/// <param name="Objects">What that one names.</param>
public sealed record WaitingEvents(long Count, DateTimeOffset Since, string Event, IReadOnlyList<string> Objects);

/// <summary>An event that did not become an action, or has not yet.</summary>
/// <param name="At">When it came.</param>
/// <param name="About">The action that it would be, where it names one.</param>
/// <param name="Type">What it would be as an action where it waits, what its system calls it where it was refused.</param>
/// <param name="Objects">What it names, of which nothing is known; empty where it was refused.</param>
/// <param name="Body">What is kept of it until it takes effect; empty where it was refused.</param>
/// <param name="Why">It was refused; null where it waits.</param>
public sealed record OpenEvent(CallerId Source, string Event, DateTimeOffset At, string? About, string Type, IReadOnlyList<string> Objects, string Body, string? Why);

/// <summary>What is changed of a source; null leaves it.</summary>
/// <param name="Mapping">All of it, not some of its members.</param>
public sealed record SourceEdit(CallerId? Program, string? SecretRef, string? Mapping);

/// <summary>The sale that an object of a source belongs to, and whose it was.</summary>
/// <param name="Program">It stays in the program that its source had then, and so does what undoes it.</param>
public sealed record LinkedSale(CallerId Action, CallerId Program, CallerId Referee);

/// <summary>What is known of other systems. Everything here is written before its event is answered, and may be written twice.</summary>
/// <remarks>Every member throws <see cref="JournalUnavailableException"/> while the database cannot be reached.</remarks>
public interface ISources
{
    /// <returns>False when the tenant has as many as it may have.</returns>
    Task<bool> Create(Source source, int most, CancellationToken stop);

    Task<Source?> Find(string id, CancellationToken stop);

    Task<IReadOnlyList<Source>> List(int tenant, CancellationToken stop);

    /// <returns>As it is now; null where the tenant has no such source.</returns>
    Task<Source?> Change(int tenant, string id, SourceEdit change, CancellationToken stop);

    /// <summary>It, and what waits or is known for its events alone. What they became is in the journal and stays.</summary>
    /// <returns>As it was; null where the tenant has no such source.</returns>
    Task<Source?> Remove(int tenant, string id, CancellationToken stop);

    /// <summary>The sale of the first of some objects that is known.</summary>
    Task<LinkedSale?> Linked(CallerId source, IReadOnlyList<string> objects, CancellationToken stop);

    Task Link(CallerId source, IReadOnlyList<string> objects, LinkedSale sale, CancellationToken stop);

    /// <summary>Keeps an event until an object that it names is known.</summary>
    Task Wait(CallerId source, string e, IReadOnlyList<string> objects, string body, CancellationToken stop);

    /// <summary>What waits for any of some objects, in the order in which it came.</summary>
    Task<IReadOnlyList<(string Event, string Body)>> Waiting(CallerId source, IReadOnlyList<string> objects, CancellationToken stop);

    /// <summary>What waits of each source of a tenant, or of one; a source of which nothing waits is not there.</summary>
    Task<IReadOnlyDictionary<CallerId, WaitingEvents>> AllWaiting(int tenant, CallerId? source, CancellationToken stop);

    /// <summary>Whether an event of the tenant's is known: it waits, or came and is not forgotten.</summary>
    Task<bool> Knows(int tenant, string source, string e, CancellationToken stop);

    /// <summary>The events of a tenant's sources, or of one, that wait: the oldest first.</summary>
    /// <param name="after">The last one of the page before; it may wait no more.</param>
    Task<Page<OpenEvent>> ListWaiting(int tenant, CallerId? source, (string Source, string Event)? after, int limit, CancellationToken stop);

    /// <summary>Those that were refused, or dismissed: the newest first. They are forgotten with the inbox.</summary>
    Task<Page<OpenEvent>> ListRefused(int tenant, CallerId? source, (string Source, string Event)? after, int limit, CancellationToken stop);

    /// <returns>Null where no such event of the tenant waits.</returns>
    Task<OpenEvent?> FindWaiting(int tenant, string source, string e, CancellationToken stop);

    /// <summary>It waits no more, and stands with its reason among what was refused.</summary>
    /// <returns>False where it did not wait any more.</returns>
    Task<bool> Dismiss(int tenant, string source, string e, string why, CancellationToken stop);

    Task Ended(CallerId source, string e, CancellationToken stop);

    /// <summary>A referee has paid for a subscription.</summary>
    /// <param name="until">What was paid for; null where that is unknown.</param>
    /// <returns>Whether it pays again: another one of its subscriptions has ended, and this one has not.</returns>
    Task<bool> Paid(CallerId source, string subscription, CallerId referee, DateTimeOffset? until, CancellationToken stop);

    /// <summary>A subscription has ended.</summary>
    /// <param name="at">Now where that is unknown.</param>
    /// <returns>Whether its referee has paid for another one that goes on then.</returns>
    Task<bool> PaysForAnother(CallerId source, string ended, CallerId referee, DateTimeOffset? at, CancellationToken stop);
}

/// <inheritdoc cref="ISources"/>
public sealed class PostgresSources(NpgsqlDataSource database, ISiloLease lease) : ISources
{
    private const string Columns = "id, tenant, kind, program, secret_ref, mapping::text";

    public async Task<bool> Create(Source source, int most, CancellationToken stop) => (await database.Rows(
        """
        insert into source (id, tenant, kind, program, secret_ref, mapping)
        select $1, $2, $3, $4, $5, $6::json where is_alive($7) and (select count(*) from source where tenant = $2) < $8 returning 1
        """,
        static _ => 0, stop, Questions.Text(source.Id.Value), Questions.Int(source.Tenant), Questions.Text(source.Kind), Questions.Text(source.Program.Value),
        Questions.Text(source.SecretRef), Questions.Text(source.Mapping), Questions.Long(lease.Silo), Questions.Int(most))).Count > 0;

    public Task<Source?> Find(string id, CancellationToken stop) => database.Row(
        $"select {Columns} from source where id = $1", Read, stop, Questions.Text(id));

    public async Task<IReadOnlyList<Source>> List(int tenant, CancellationToken stop) => await database.Rows(
        $"select {Columns} from source where tenant = $1 order by created_at, id", Read, stop, Questions.Int(tenant));

    // What was linked without a program was the one's that is left now.
    public Task<Source?> Change(int tenant, string id, SourceEdit change, CancellationToken stop) => database.Row(
        $"""
        with before as (select id, program from source where tenant = $1 and id = $2 and is_alive($6) for update),
        linked as (update source_link l set program = b.program from before b where $3 <> b.program and l.source = b.id and l.program is null)
        update source s set program = coalesce($3, s.program), secret_ref = coalesce($4, s.secret_ref), mapping = coalesce($5::json, s.mapping)
        from before b where s.id = b.id returning s.id, s.tenant, s.kind, s.program, s.secret_ref, s.mapping::text
        """,
        Read, stop, Questions.Int(tenant), Questions.Text(id), Questions.Text(change.Program?.Value), Questions.Text(change.SecretRef), Questions.Text(change.Mapping),
        Questions.Long(lease.Silo));

    public Task<Source?> Remove(int tenant, string id, CancellationToken stop) => database.Row(
        $"""
        with gone as (delete from source where tenant = $1 and id = $2 and is_alive($3) returning *),
        unlinked as (delete from source_link l using gone g where l.source = g.id),
        unawaited as (delete from source_waiting w using gone g where w.source = g.id),
        unpaid as (delete from source_subscription p using gone g where p.source = g.id)
        select {Columns} from gone
        """,
        Read, stop, Questions.Int(tenant), Questions.Text(id), Questions.Long(lease.Silo));

    public Task<LinkedSale?> Linked(CallerId source, IReadOnlyList<string> objects, CancellationToken stop) => database.Row(
        """
        select l.action_id, coalesce(l.program, s.program), l.referee
        from unnest($2) with ordinality as o(object, n) join source_link l on l.source = $1 and l.object = o.object join source s on s.id = l.source
        order by o.n limit 1
        """,
        static row => new LinkedSale(new(row.GetString(0)), new(row.GetString(1)), new(row.GetString(2))), stop, Questions.Text(source.Value), Texts(objects));

    // The first that was said of an object stands: its sale is an action, and that is for ever.
    public Task Link(CallerId source, IReadOnlyList<string> objects, LinkedSale sale, CancellationToken stop) => database.Rows(
        "insert into source_link (source, object, action_id, program, referee) select $1, o, $3, $4, $5 from unnest($2) as o where is_alive($6) on conflict do nothing",
        static _ => 0, stop, Questions.Text(source.Value), Texts(objects), Questions.Text(sale.Action.Value), Questions.Text(sale.Program.Value),
        Questions.Text(sale.Referee.Value), Questions.Long(lease.Silo));

    public Task Wait(CallerId source, string e, IReadOnlyList<string> objects, string body, CancellationToken stop) => database.Rows(
        "insert into source_waiting (source, event, object, body) select $1, $2, o, $4::json from unnest($3) as o where is_alive($5) on conflict do nothing",
        static _ => 0, stop, Questions.Text(source.Value), Questions.Text(e), Texts(objects), Questions.Text(body), Questions.Long(lease.Silo));

    public async Task<IReadOnlyList<(string Event, string Body)>> Waiting(CallerId source, IReadOnlyList<string> objects, CancellationToken stop) => await database.Rows(
        "select event, min(body::text) from source_waiting where source = $1 and object = any($2) group by event order by min(received_at), event",
        static row => (row.GetString(0), row.GetString(1)), stop, Questions.Text(source.Value), Texts(objects));

    public async Task<IReadOnlyDictionary<CallerId, WaitingEvents>> AllWaiting(int tenant, CallerId? source, CancellationToken stop) => (await database.Rows(
        """
        select s.id, w.events, f.received_at, f.event, (select array_agg(o.object order by o.object) from source_waiting o where o.source = s.id and o.event = f.event)
        from source s
        cross join lateral (select count(distinct event) as events from source_waiting where source = s.id) w
        cross join lateral (select event, received_at from source_waiting where source = s.id order by received_at, event limit 1) f
        where s.tenant = $1 and ($2 is null or s.id = $2)
        """,
        static row => (
            Source: new CallerId(row.GetString(0)),
            Waiting: new WaitingEvents(row.GetInt64(1), row.GetFieldValue<DateTimeOffset>(2), row.GetString(3), row.GetFieldValue<string[]>(4))),
        stop, Questions.Int(tenant), Questions.Text(source?.Value))).ToDictionary(static one => one.Source, static one => one.Waiting);

    private const string OfNamed =
        """
        select n.id, n.event, min(w.received_at), min(w.body::text)::json ->> 'action_id', coalesce(min(w.body::text)::json ->> 'type', 'names'),
          array_agg(w.object order by w.object), min(w.body::text), null
        from named n join source_waiting w on w.source = n.id and w.event = n.event group by n.id, n.event order by min(w.received_at), n.id, n.event
        """;

    public async Task<bool> Knows(int tenant, string source, string e, CancellationToken stop) => (await database.Rows(
        """
        select 1 where exists (select from source s join source_waiting w on w.source = s.id where s.tenant = $1 and s.id = $2 and w.event = $3)
          or exists (select from webhook_inbox where tenant = $1 and source = $2 and event = $3)
        """,
        static _ => 0, stop, Questions.Int(tenant), Questions.Text(source), Questions.Text(e))).Count > 0;

    // An event has a row for each object, of one time; those of another mapping, if it came again, are later.
    public async Task<Page<OpenEvent>> ListWaiting(int tenant, CallerId? source, (string Source, string Event)? after, int limit, CancellationToken stop)
    {
        var found = await database.Rows(
            $"""
            with named as (
              select s.id, p.event from source s cross join lateral (
                select distinct w.received_at, w.event from source_waiting w
                where w.source = s.id
                  and ($3 is null or (w.received_at, w.source, w.event) > (coalesce(
                    (select min(received_at) from source_waiting where source = $3 and event = $4),
                    (select min(received_at) from webhook_inbox where tenant = $1 and source = $3 and event = $4)), $3, $4))
                  and not exists (select from source_waiting f where f.source = w.source and f.event = w.event and f.received_at < w.received_at)
                order by w.received_at, w.event limit $5) p
              where s.tenant = $1 and ($2 is null or s.id = $2) order by p.received_at, s.id, p.event limit $5)
            {OfNamed}
            """,
            Open, stop, Questions.Int(tenant), Questions.Text(source?.Value), Questions.Text(after?.Source), Questions.Text(after?.Event), Questions.Int(limit + 1));
        return new([.. found.Take(limit)], found.Count > limit);
    }

    // Found by the index of what is shown to people, which is little.
    public async Task<Page<OpenEvent>> ListRefused(int tenant, CallerId? source, (string Source, string Event)? after, int limit, CancellationToken stop)
    {
        var found = await database.Rows(
            """
            select s.id, i.event, i.received_at, i.about, i.type, '{}'::text[], '', i.detail from webhook_inbox i join source s on s.id = i.source
            where i.tenant = $1 and i.outcome in (3, 4) and s.tenant = $1 and ($2 is null or s.id = $2)
              and ($3 is null or i.id < (select max(id) from webhook_inbox where tenant = $1 and source = $3 and event = $4))
            order by i.id desc limit $5
            """,
            Open, stop, Questions.Int(tenant), Questions.Text(source?.Value), Questions.Text(after?.Source), Questions.Text(after?.Event), Questions.Int(limit + 1));
        return new([.. found.Take(limit)], found.Count > limit);
    }

    public Task<OpenEvent?> FindWaiting(int tenant, string source, string e, CancellationToken stop) => database.Row(
        $"with named as (select id, $3 as event from source where tenant = $1 and id = $2) {OfNamed}", Open, stop, Questions.Int(tenant), Questions.Text(source), Questions.Text(e));

    public async Task<bool> Dismiss(int tenant, string source, string e, string why, CancellationToken stop) => (await database.Rows(
        """
        with gone as (
          delete from source_waiting w using source s where s.id = w.source and s.tenant = $1 and w.source = $2 and w.event = $3 and is_alive($6) returning w.event),
        shown as (update webhook_inbox set outcome = $5, detail = $4, shown_at = now() where tenant = $1 and source = $2 and event in (select event from gone))
        select distinct event from gone
        """,
        static _ => 0, stop, Questions.Int(tenant), Questions.Text(source), Questions.Text(e), Questions.Text(why), Questions.Int((int)Webhooks.InboxOutcome.Shown),
        Questions.Long(lease.Silo))).Count > 0;

    public Task Ended(CallerId source, string e, CancellationToken stop) => database.Rows(
        "delete from source_waiting where source = $1 and event = $2 and is_alive($3)",
        static _ => 0, stop, Questions.Text(source.Value), Questions.Text(e), Questions.Long(lease.Silo));

    public Task<bool> Paid(CallerId source, string subscription, CallerId referee, DateTimeOffset? until, CancellationToken stop) => database.Row(
        """
        with own as (
          insert into source_subscription as s (source, id, referee, paid_until) select $1, $2, $3, $4 where is_alive($5)
          on conflict (source, id) do update set referee = excluded.referee, paid_until = greatest(s.paid_until, excluded.paid_until) returning s.ended_at)
        select ended_at is null and exists (select from source_subscription where source = $1 and referee = $3 and id <> $2 and ended_at is not null) from own
        """,
        static row => row.GetBoolean(0), stop, Questions.Text(source.Value), Questions.Text(subscription), Questions.Text(referee.Value), Questions.Time(until), Questions.Long(lease.Silo));

    public Task<bool> PaysForAnother(CallerId source, string ended, CallerId referee, DateTimeOffset? at, CancellationToken stop) => database.Row(
        """
        with own as (
          insert into source_subscription as s (source, id, referee, ended_at) select $1, $2, $3, coalesce($4, now()) where is_alive($5)
          on conflict (source, id) do update set ended_at = coalesce(s.ended_at, excluded.ended_at) returning s.ended_at)
        select exists (select from source_subscription o where o.source = $1 and o.referee = $3 and o.id <> $2 and o.ended_at is null and o.paid_until > own.ended_at) from own
        """,
        static row => row.GetBoolean(0), stop, Questions.Text(source.Value), Questions.Text(ended), Questions.Text(referee.Value), Questions.Time(at), Questions.Long(lease.Silo));

    private static NpgsqlParameter Texts(IEnumerable<string> values) => CommitBatch.Array(NpgsqlTypes.NpgsqlDbType.Text, values);

    private static OpenEvent Open(NpgsqlDataReader row) => new(
        new(row.GetString(0)), row.GetString(1), row.GetFieldValue<DateTimeOffset>(2), row.MaybeText(3), row.GetString(4), row.GetFieldValue<string[]>(5), row.GetString(6), row.MaybeText(7));

    private static Source Read(NpgsqlDataReader row) =>
        new(new(row.GetString(0)), row.GetInt32(1), row.GetString(2), new(row.GetString(3)), row.GetString(4), row.GetString(5));
}
