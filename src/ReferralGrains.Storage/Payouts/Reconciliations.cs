using Npgsql;
using NpgsqlTypes;
using ReferralGrains.Domain.Money;
using ReferralGrains.Domain.Payouts;
using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Silos;

namespace ReferralGrains.Storage.Payouts;

/// <summary>Why Stripe and our books are compared. The numbers are in rows and never change.</summary>
public enum ReconciliationCause
{
    /// <summary>Before the first sending of a sender, or after a restore.</summary>
    Start = 1,
    Hourly = 2,
    Nightly = 3,
    Asked = 4,
}

/// <summary>How far a comparison is. The numbers are in rows and never change.</summary>
public enum ReconciliationState
{
    Waiting = 1,
    Running = 2,

    /// <summary>All agrees, but for what a person has accepted.</summary>
    Clean = 3,
    Breaks = 4,

    /// <summary>Stripe could not be asked to the end. It is run again.</summary>
    Failed = 5,
}

/// <summary>How Stripe and our books can differ. The numbers are in rows and never change.</summary>
public enum BreakKind
{
    /// <summary>Stripe shows a transfer that no payout item of ours made.</summary>
    TransferWithoutItem = 1,

    /// <summary>An item says that it was paid by a transfer that Stripe does not show.</summary>
    ItemWithoutTransfer = 2,
    AmountDiffers = 3,
    CurrencyDiffers = 4,
    DestinationDiffers = 5,

    /// <summary>More of a transfer was reversed than was asked for here.</summary>
    ReversedOutside = 6,

    /// <summary>Another live transfer of an item that has one.</summary>
    Duplicate = 7,

    /// <summary>A live transfer of an item that is not to be paid: it was released, or is in review.</summary>
    ItemNotOpen = 8,

    /// <summary>A transfer that moved nothing on the balance, or something else.</summary>
    BalanceDiffers = 9,
}

/// <summary>One comparison of Stripe with our books, and how far it is.</summary>
/// <param name="IsFull">From the beginning; else the last days.</param>
/// <param name="CoversFrom">Transfers made from then on.</param>
/// <param name="ReachedAt">Transfers come newest first: those made from then on were compared.</param>
/// <param name="Transfers">Compared so far.</param>
/// <param name="Items">Compared so far that no listed transfer belongs to.</param>
/// <param name="Breaks">That nobody has accepted.</param>
/// <param name="Accepted">That were accepted when the gate was opened.</param>
public sealed record ReconciliationRun(
    long Id, int Tenant, ReconciliationCause Cause, bool IsFull, string? AskedBy, DateTimeOffset AskedAt, DateTimeOffset? StartedAt, DateTimeOffset? EndedAt,
    DateTimeOffset? CoversFrom, DateTimeOffset? ReachedAt, ReconciliationState State, long Transfers, long Items, long Breaks, long Accepted, string? Failure);

/// <summary>Something that Stripe and our books do not agree about.</summary>
/// <param name="Item">Empty where there is none.</param>
/// <param name="Transfer">Empty where there is none.</param>
public sealed record ReconciliationBreak(BreakKind Kind, string Item, string Transfer, string Detail)
{
    public long FirstRun { get; init; }

    public string? AcceptedBy { get; init; }

    public string? AcceptedWhy { get; init; }

    public DateTimeOffset? AcceptedAt { get; init; }
}

/// <summary>A payout item as it is compared with Stripe.</summary>
/// <param name="AskedBackMinor">Of its transfer: what was asked back here, and was not rejected.</param>
public sealed record ComparedItem(
    string Item, Amount Amount, string Destination, PayoutItemStatus Status, bool InTransit, int Generation, string? Transfer, string? Batch, long AskedBackMinor = 0)
{
    public long Stream { get; init; }

    /// <summary>That account credit goes to; null for what is paid by a transfer.</summary>
    public string? Customer => Amount.Asset.IsCash ? null : Destination;
}

/// <summary>What is compared with Stripe, and what came of it.</summary>
/// <remarks>Every member throws <see cref="JournalUnavailableException"/> while the database cannot be reached.</remarks>
public interface IReconciliations
{
    /// <summary>Tenants for whom there is something to compare, or who have asked for it.</summary>
    Task<IReadOnlyList<int>> Tenants(CancellationToken stop);

    /// <summary>Asks for a comparison; one that waits already will do.</summary>
    Task<ReconciliationRun> Ask(int tenant, ReconciliationCause cause, bool isFull, string? by, CancellationToken stop);

    Task<ReconciliationRun?> Waiting(int tenant, CancellationToken stop);

    /// <summary>The last one in which all agreed; null for none.</summary>
    Task<ReconciliationRun?> LastAgreed(int tenant, CancellationToken stop);

    /// <summary>
    /// When the last one began that looked at more than what is open, and the last one from the beginning that has ended, whatever it found; when
    /// this installation did where there is none.
    /// </summary>
    Task<(DateTimeOffset Regular, DateTimeOffset Full)> LastRegular(int tenant, CancellationToken stop);

    Task<ReconciliationRun?> Last(int tenant, CancellationToken stop);

    Task<ReconciliationRun?> Find(int tenant, long run, CancellationToken stop);

    /// <summary>Whether a run has found something so far that nobody has accepted.</summary>
    Task<bool> HasFound(ReconciliationRun run, CancellationToken stop);

    /// <summary>Begins a run over: what an earlier attempt left is dropped.</summary>
    Task Begin(ReconciliationRun run, DateTimeOffset coversFrom, CancellationToken stop);

    /// <summary>Notes which transfers were seen, and what is wrong with them.</summary>
    Task Seen(ReconciliationRun run, IReadOnlyList<string> transfers, DateTimeOffset? reachedAt, IReadOnlyList<ReconciliationBreak> breaks, CancellationToken stop);

    /// <summary>Notes items of which no transfer was seen, and what is wrong with them.</summary>
    Task Compared(ReconciliationRun run, int items, IReadOnlyList<ReconciliationBreak> breaks, CancellationToken stop);

    /// <summary>A run that found breaks shuts the gate; one in which all agrees lets the sender of this term send, unless it is shut.</summary>
    /// <returns>The run as it ended.</returns>
    Task<ReconciliationRun> End(ReconciliationRun run, string? failure, string term, CancellationToken stop);

    /// <summary>The items that have one of these names, or one of these transfers.</summary>
    Task<IReadOnlyList<ComparedItem>> Items(int tenant, IReadOnlyCollection<string> names, IReadOnlyCollection<string> transfers, CancellationToken stop);

    /// <summary>Items that were paid by a transfer that was not seen, changed since then, in the order of their streams.</summary>
    /// <param name="credits">Account credit as well.</param>
    Task<IReadOnlyList<ComparedItem>> Unseen(int tenant, DateTimeOffset since, bool credits, long after, int limit, CancellationToken stop);

    /// <summary>Customers of whose account credit an item is open, or has changed since then, in the order of their names.</summary>
    /// <param name="since">Null for those alone of which one is open.</param>
    Task<IReadOnlyList<string>> Credited(int tenant, DateTimeOffset? since, string after, int limit, CancellationToken stop);

    /// <summary>Whether account credit waits to be compared before it is sent.</summary>
    Task<bool> AwaitsComparison(int tenant, CancellationToken stop);

    /// <summary>When this installation began: nothing is older.</summary>
    Task<DateTimeOffset> Beginning(CancellationToken stop);

    /// <summary>The breaks of the last run that has ended, those first that nobody has accepted.</summary>
    Task<IReadOnlyList<ReconciliationBreak>> Breaks(int tenant, int limit, CancellationToken stop);
}

/// <inheritdoc cref="IReconciliations"/>
public sealed class Reconciliations(NpgsqlDataSource database, ISiloLease lease) : IReconciliations
{
    private const string Columns =
        "id, tenant, cause, is_full, asked_by, asked_at, started_at, ended_at, covers_from, reached_at, state, transfers, items, breaks, accepted, failure";

    private const string ItemColumns =
        """
        s.a, i.asset, i.minor, i.destination, i.status, i.in_transit, i.generation, i.transfer, (select b.a from stream b where b.id = i.batch),
          (select coalesce(sum(v.minor), 0)::int8 from payout_reversal v where v.stream = i.stream and v.status <> 8), i.stream
        """;

    // 3 and 4 have ended as they should. What it found may have been found again by the run that is under way.
    internal const string LastEnded = "select max(id) from reconciliation_run where tenant = $1 and state in (3, 4)";

    private const string Ending =
        $"""
        with found as (select count(*) filter (where accepted_at is null) as breaks, count(accepted_at) as accepted from reconciliation_break
          where tenant = $2 and first_run <= $1 and last_run >= $1),
        ended as (
          update reconciliation_run r set ended_at = now(), breaks = f.breaks, accepted = f.accepted, failure = $3,
            state = case when $3 is not null then 5 when f.breaks > 0 then 4 else 3 end
          from found f where r.id = $1 and is_alive($4) returning r.*),
        shut as (
          insert into send_gate as g (tenant, is_shut, shut_why, shut_by, shut_at)
          select tenant, true, 'Stripe and our books differ in ' || breaks || ' places', 'rec_' || id, now() from ended where state = 4
          on conflict (tenant) do update set is_shut = true, shut_why = excluded.shut_why, shut_by = excluded.shut_by, shut_at = excluded.shut_at where not g.is_shut),
        agreed as (
          insert into send_gate as g (tenant, term, life, reconciled_at) select tenant, $5, life(), now() from ended where state = 3
          on conflict (tenant) do update set term = excluded.term, life = excluded.life, reconciled_at = excluded.reconciled_at)
        select {Columns} from ended
        """;

    public async Task<IReadOnlyList<int>> Tenants(CancellationToken stop) => await database.Rows(
        """
        select t.id from tenant t where exists (select from payout_item i where i.tenant = t.id and i.in_transit)
          or exists (select from payout_item i where i.tenant = t.id and i.transfer is not null)
          or exists (select from reconciliation_run r where r.tenant = t.id and r.state in (1, 2))
        order by 1
        """,
        static row => row.GetInt32(0), stop);

    public async Task<ReconciliationRun> Ask(int tenant, ReconciliationCause cause, bool isFull, string? by, CancellationToken stop)
    {
        if (await Waiting(tenant, stop) is { State: ReconciliationState.Waiting } there && there.IsFull == isFull) return there;
        return (await database.Row(
            $"insert into reconciliation_run (tenant, cause, is_full, asked_by, asked_at, state) select $1, $2, $3, $4, now(), 1 where is_alive($5) returning {Columns}",
            Run, stop, Questions.Int(tenant), Questions.Int((int)cause), Questions.Flag(isFull), Questions.Text(by), Questions.Long(lease.Silo)))!;
    }

    public Task<ReconciliationRun?> Waiting(int tenant, CancellationToken stop) => One("state in (1, 2) and tenant = $1 order by id", stop, Questions.Int(tenant));

    public Task<ReconciliationRun?> LastAgreed(int tenant, CancellationToken stop) => One("tenant = $1 and state = 3 order by id desc", stop, Questions.Int(tenant));

    // 1 is of what is open, before the first sending of a sender.
    public async Task<(DateTimeOffset Regular, DateTimeOffset Full)> LastRegular(int tenant, CancellationToken stop) => (await database.Rows(
        """
        select coalesce((select started_at from reconciliation_run where tenant = $1 and cause <> 1 and started_at is not null order by id desc limit 1), began),
          coalesce((select started_at from reconciliation_run where tenant = $1 and is_full and state in (3, 4) order by id desc limit 1), began)
        from (select min(applied_at) as began from migration) installed
        """,
        static row => (row.GetFieldValue<DateTimeOffset>(0), row.GetFieldValue<DateTimeOffset>(1)), stop, Questions.Int(tenant)))[0];

    public Task<ReconciliationRun?> Last(int tenant, CancellationToken stop) => One("tenant = $1 order by id desc", stop, Questions.Int(tenant));

    public Task<ReconciliationRun?> Find(int tenant, long run, CancellationToken stop) => One("tenant = $1 and id = $2", stop, Questions.Int(tenant), Questions.Long(run));

    public Task<bool> HasFound(ReconciliationRun run, CancellationToken stop) => database.Row(
        "select exists (select from reconciliation_break where tenant = $1 and first_run <= $2 and last_run >= $2 and accepted_at is null)",
        static row => row.GetBoolean(0), stop, Questions.Int(run.Tenant), Questions.Long(run.Id));

    public Task Begin(ReconciliationRun run, DateTimeOffset coversFrom, CancellationToken stop) => database.Rows(
        """
        with forgotten as (delete from reconciliation_seen where tenant = $2 and is_alive($4))
        update reconciliation_run set state = 2, started_at = now(), covers_from = $3, reached_at = null, transfers = 0, items = 0, breaks = 0, accepted = 0, failure = null
        where id = $1 and is_alive($4)
        """,
        static _ => 0, stop, Questions.Long(run.Id), Questions.Int(run.Tenant), Questions.Time(coversFrom), Questions.Long(lease.Silo));

    public async Task Seen(
        ReconciliationRun run, IReadOnlyList<string> transfers, DateTimeOffset? reachedAt, IReadOnlyList<ReconciliationBreak> breaks, CancellationToken stop)
    {
        await Note(run, breaks, stop);
        await database.Rows(
            """
            with seen as (insert into reconciliation_seen (tenant, transfer) select $2, * from unnest($3) where is_alive($5) on conflict do nothing)
            update reconciliation_run set transfers = transfers + cardinality($3), reached_at = coalesce($4, reached_at) where id = $1 and is_alive($5)
            """,
            static _ => 0, stop, Questions.Long(run.Id), Questions.Int(run.Tenant), CommitBatch.Array(NpgsqlDbType.Text, transfers), Questions.Time(reachedAt),
            Questions.Long(lease.Silo));
    }

    public async Task Compared(ReconciliationRun run, int items, IReadOnlyList<ReconciliationBreak> breaks, CancellationToken stop)
    {
        await Note(run, breaks, stop);
        await database.Rows(
            "update reconciliation_run set items = items + $2 where id = $1 and is_alive($3)", static _ => 0, stop,
            Questions.Long(run.Id), Questions.Int(items), Questions.Long(lease.Silo));
    }

    // With the run's end, so that no break is known that has not shut the gate. The gate first: what a person accepts at this moment is counted as that.
    public async Task<ReconciliationRun> End(ReconciliationRun run, string? failure, string term, CancellationToken stop)
    {
        await database.Rows("delete from reconciliation_seen where tenant = $1 and is_alive($2)", static _ => 0, stop, Questions.Int(run.Tenant), Questions.Long(lease.Silo));
        return await Questions.Reached(async () =>
        {
            await using var connection = await database.OpenConnectionAsync(stop);
            await using var transaction = await connection.BeginTransactionAsync(stop);
            await using var gate = new NpgsqlCommand("select from send_gate where tenant = $1 for update", connection, transaction) { Parameters = { Questions.Int(run.Tenant) } };
            await gate.ExecuteNonQueryAsync(stop);
            await using var end = new NpgsqlCommand(Ending, connection, transaction)
            {
                Parameters = { Questions.Long(run.Id), Questions.Int(run.Tenant), Questions.Text(failure), Questions.Long(lease.Silo), Questions.Text(term) },
            };
            ReconciliationRun ended;
            await using (var reader = await end.ExecuteReaderAsync(stop))
            {
                await reader.ReadAsync(stop);
                ended = Run(reader);
            }

            await transaction.CommitAsync(stop);
            return ended;
        });
    }

    public async Task<IReadOnlyList<ComparedItem>> Items(int tenant, IReadOnlyCollection<string> names, IReadOnlyCollection<string> transfers, CancellationToken stop) =>
        await database.Rows(
            $"""
            select {ItemColumns} from stream s join payout_item i on i.stream = s.id where s.tenant = $1 and s.kind = 5 and s.a = any($2) and s.b = ''
            union select {ItemColumns} from payout_item i join stream s on s.id = i.stream where i.tenant = $1 and i.transfer = any($3)
            """,
            Item, stop, Questions.Int(tenant), CommitBatch.Array(NpgsqlDbType.Text, names), CommitBatch.Array(NpgsqlDbType.Text, transfers));

    public async Task<IReadOnlyList<ComparedItem>> Unseen(int tenant, DateTimeOffset since, bool credits, long after, int limit, CancellationToken stop) => await database.Rows(
        $"""
        select {ItemColumns} from payout_item i join stream s on s.id = i.stream
        where i.tenant = $1 and i.transfer is not null and i.changed_at >= $2 and i.stream > $3 and ($5 or i.asset not like 'credit:%')
          and not exists (select from reconciliation_seen n where n.tenant = i.tenant and n.transfer = i.transfer)
        order by i.stream limit $4
        """,
        Item, stop, Questions.Int(tenant), Questions.Time(since), Questions.Long(after), Questions.Int(limit), Questions.Flag(credits));

    public async Task<IReadOnlyList<string>> Credited(int tenant, DateTimeOffset? since, string after, int limit, CancellationToken stop) => await database.Rows(
        """
        select distinct i.destination from payout_item i
        where i.tenant = $1 and i.asset like 'credit:%' and i.destination > $3 and (i.in_transit or i.changed_at >= $2) order by 1 limit $4
        """,
        static row => row.GetString(0), stop, Questions.Int(tenant), Questions.Time(since), Questions.Text(after), Questions.Int(limit));

    public Task<bool> AwaitsComparison(int tenant, CancellationToken stop) => database.Row(
        $"""
        select exists (
          select from payout_item i left join payout_batch b on b.stream = i.batch
          where i.tenant = $1 and i.in_transit and (b.status is null or b.status in (5, 8)) and {PayoutWork.IsUncompared})
        """,
        static row => row.GetBoolean(0), stop, Questions.Int(tenant));

    public async Task<DateTimeOffset> Beginning(CancellationToken stop) =>
        (await database.Rows("select min(applied_at) from migration", static row => row.GetFieldValue<DateTimeOffset>(0), stop))[0];

    public async Task<IReadOnlyList<ReconciliationBreak>> Breaks(int tenant, int limit, CancellationToken stop) => await database.Rows(
        $"""
        select kind, item, transfer, detail, first_run, accepted_by, accepted_why, accepted_at from reconciliation_break
        where tenant = $1 and first_run <= ({LastEnded}) and last_run >= ({LastEnded}) order by accepted_at is not null, kind, item, transfer limit $2
        """,
        static row => new ReconciliationBreak((BreakKind)row.GetInt16(0), row.GetString(1), row.GetString(2), row.GetString(3))
        {
            FirstRun = row.GetInt64(4),
            AcceptedBy = row.MaybeText(5),
            AcceptedWhy = row.MaybeText(6),
            AcceptedAt = row.Maybe<DateTimeOffset>(7),
        },
        stop, Questions.Int(tenant), Questions.Int(limit));

    private Task Note(ReconciliationRun run, IReadOnlyList<ReconciliationBreak> breaks, CancellationToken stop) => breaks.Count == 0
        ? Task.CompletedTask
        : database.Rows(
            """
            insert into reconciliation_break as b (tenant, kind, item, transfer, detail, first_run, last_run)
            select distinct $2, n.*, $1, $1 from unnest($3, $4, $5, $6) as n where is_alive($7) order by 2, 3, 4, 5
            on conflict (tenant, kind, item, transfer, detail) do update
              set first_run = least(b.first_run, excluded.first_run), last_run = greatest(b.last_run, excluded.last_run)
            """,
            static _ => 0, stop, Questions.Long(run.Id), Questions.Int(run.Tenant),
            CommitBatch.Array(NpgsqlDbType.Smallint, breaks.Select(static one => (short)one.Kind)),
            CommitBatch.Array(NpgsqlDbType.Text, breaks.Select(static one => one.Item)),
            CommitBatch.Array(NpgsqlDbType.Text, breaks.Select(static one => one.Transfer)),
            CommitBatch.Array(NpgsqlDbType.Text, breaks.Select(static one => one.Detail)),
            Questions.Long(lease.Silo));

    private Task<ReconciliationRun?> One(string where, CancellationToken stop, params ReadOnlySpan<NpgsqlParameter> parameters) =>
        database.Row($"select {Columns} from reconciliation_run where {where} limit 1", Run, stop, [.. parameters]);

    private static ReconciliationRun Run(NpgsqlDataReader row) => new(
        row.GetInt64(0), row.GetInt32(1), (ReconciliationCause)row.GetInt16(2), row.GetBoolean(3), row.MaybeText(4), row.GetFieldValue<DateTimeOffset>(5),
        row.Maybe<DateTimeOffset>(6), row.Maybe<DateTimeOffset>(7), row.Maybe<DateTimeOffset>(8), row.Maybe<DateTimeOffset>(9), (ReconciliationState)row.GetInt16(10),
        row.GetInt64(11), row.GetInt64(12), row.GetInt64(13), row.GetInt64(14), row.MaybeText(15));

    private static ComparedItem Item(NpgsqlDataReader row) => new(
        row.GetString(0), new(row.GetInt64(2), new(row.GetString(1))), row.GetString(3), (PayoutItemStatus)row.GetInt16(4), row.GetBoolean(5), row.GetInt32(6),
        row.MaybeText(7), row.MaybeText(8), row.GetInt64(9))
    {
        Stream = row.GetInt64(10),
    };
}
