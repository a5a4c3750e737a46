using System.Text.Json;
using Npgsql;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Money;
using ReferralGrains.Domain.Payouts;
using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Reports;

namespace ReferralGrains.Storage.Payouts;

/// <summary>Questions about payouts: answered from the database, inside one tenant, never through a grain.</summary>
/// <exception cref="JournalUnavailableException">From every question: the database cannot be reached now.</exception>
public interface IPayoutReports
{
    /// <summary>As they are at this moment, not from a cache: who may approve follows from them.</summary>
    Task<PayoutTermsView> Terms(int tenant, CancellationToken stop);

    /// <summary>Null when the referrer has none.</summary>
    Task<PayoutAccountView?> Account(int tenant, CallerId referrer, CancellationToken stop);

    /// <summary>The customer to which a referrer's account credit goes; null when there is none.</summary>
    Task<PayoutCustomerView?> Customer(int tenant, CallerId referrer, CancellationToken stop);

    /// <summary>Who is paid at a connected account.</summary>
    Task<IReadOnlyList<CallerId>> ReferrersOf(int tenant, string account, CancellationToken stop);

    /// <summary>The referrers whose account credit goes to a customer.</summary>
    Task<IReadOnlyList<CallerId>> ReferrersOfCustomer(int tenant, string customer, CancellationToken stop);

    /// <summary>The newest first.</summary>
    /// <param name="before">The last one of the page before.</param>
    /// <param name="needsPerson">Only those that wait to be approved, for funds or for a review, or have an item that does.</param>
    Task<Page<PayoutBatchView>> Batches(int tenant, StreamId? before, int limit, bool needsPerson, CancellationToken stop);

    Task<PayoutBatchView?> Batch(int tenant, CallerId batch, CancellationToken stop);

    /// <summary>The last batch that was not cancelled, other than this one.</summary>
    Task<PayoutBatchView?> LastBatch(int tenant, bool outside, CancellationToken stop);

    /// <summary>What a person gave up, or was dropped before the sending, is in none.</summary>
    Task<IReadOnlyList<PayoutTotal>> Totals(StreamId batch, CancellationToken stop);

    /// <summary>The items of a batch that were reserved, in the order of their streams.</summary>
    Task<Page<PayoutItemView>> Items(StreamId batch, long? after, int limit, CancellationToken stop);

    Task<PayoutItemView?> Item(StreamId batch, CallerId item, CancellationToken stop);

    /// <summary>What was asked back of an item's transfer, the newest first.</summary>
    Task<IReadOnlyList<PayoutReversalView>> Reversals(StreamId item, CancellationToken stop);

    /// <summary>Whom a batch has paid what in which currency, or still may.</summary>
    Task<IReadOnlyDictionary<(StreamId Referrer, Asset Asset), long>> Paid(StreamId batch, CancellationToken stop);
}

/// <param name="NextAt">When the schedule draws up the next batch, or looks whether it should.</param>
public sealed record PayoutTermsView(PayoutTerms Terms, DateTimeOffset? NextAt);

public sealed record PayoutAccountView(StreamId Stream, string Account, Capability Transfers, bool PaysOut, DateTimeOffset? ChangedAt, int Links)
{
    public bool IsReady => Transfers == Capability.Active && PaysOut;
}

/// <param name="ChangedAt">When it took another's place.</param>
public sealed record PayoutCustomerView(string Customer, DateTimeOffset? ChangedAt);

public sealed record PayoutBatchView(
    StreamId Stream, CallerId Id, PayoutBatchStatus Status, int Orders, string DrawnBy, string? ApprovedBy, DateTimeOffset? DrawnAt, string? Hash, string? Why,
    bool SecondPerson, bool Outside, bool Scheduled);

/// <summary>The items of a batch in one asset.</summary>
/// <param name="Waiting">Items for which something is to be sent to Stripe yet.</param>
/// <param name="Failed">Items that were released, and are paid by a retry.</param>
/// <param name="AwaitingFunds">Items that go on once somebody has paid in and says so: of a settled batch, those that were sent again after a review.</param>
public sealed record PayoutTotal(Asset Asset, int Items, long Minor, int Paid, long PaidMinor, int Open, int Waiting, int Failed, int InReview, int AwaitingFunds);

public sealed record PayoutItemView(
    StreamId Stream, CallerId Id, CallerId Referrer, Amount Amount, string Destination, PayoutItemStatus Status, int Generation, string? Transfer, string? Reference,
    string? Why, ReviewReason Review);

/// <param name="Reversal">Stripe's name for it.</param>
/// <param name="Code">Why it was rejected.</param>
public sealed record PayoutReversalView(
    string Id, long Minor, PayoutReversalStatus Status, string? Reversal, string Why, string By, DateTimeOffset AskedAt, string? Code)
{
    public static PayoutReversalView Of(PayoutReversal reversal) => new(
        reversal.Id, reversal.Minor, reversal.Status, reversal.Sending.Transfer, reversal.Why, reversal.By, reversal.AskedAt, reversal.Code);
}

/// <inheritdoc cref="IPayoutReports"/>
public sealed class PayoutReports(NpgsqlDataSource database) : IPayoutReports
{
    public async Task<IReadOnlyList<CallerId>> ReferrersOf(int tenant, string account, CancellationToken stop) => await database.Rows(
        "select s.a from payout_account c join stream s on s.id = c.referrer where c.tenant = $1 and c.account = $2 order by 1",
        static row => new CallerId(row.GetString(0)), stop, Questions.Int(tenant), Questions.Text(account));

    public async Task<IReadOnlyList<CallerId>> ReferrersOfCustomer(int tenant, string customer, CancellationToken stop) => await database.Rows(
        "select s.a from payout_account c join stream s on s.id = c.referrer where c.tenant = $1 and c.customer = $2 order by 1",
        static row => new CallerId(row.GetString(0)), stop, Questions.Int(tenant), Questions.Text(customer));

    private const string BatchColumns =
        "b.stream, s.a, b.status, b.orders, b.drawn_by, b.approved_by, b.drawn_at, b.hash, b.why, b.second_person, b.outside, b.scheduled";

    private const string ItemColumns =
        "i.stream, s.a, r.a, i.asset, i.minor, i.destination, i.status, i.generation, i.transfer, i.reference, i.why, i.review";

    public async Task<PayoutTermsView> Terms(int tenant, CancellationToken stop) => await database.Row(
        "select terms::text, next_at from payout_plan where tenant = $1",
        static reader => new PayoutTermsView(JsonSerializer.Deserialize(reader.GetString(0), JournalJson.Default.PayoutTerms)!, reader.Maybe<DateTimeOffset>(1)),
        stop, Questions.Int(tenant)) ?? new(PayoutTerms.Default, null);

    public Task<PayoutAccountView?> Account(int tenant, CallerId referrer, CancellationToken stop) => database.Row(
        """
        select p.stream, p.account, p.transfers, p.pays_out, p.changed_at, p.links from stream s join payout_account p on p.referrer = s.id
        where s.tenant = $1 and s.kind = 3 and s.a = $2 and s.b = '' and p.account is not null
        """,
        static reader => new PayoutAccountView(
            new(reader.GetInt64(0)), reader.GetString(1), (Capability)reader.GetInt16(2), reader.GetBoolean(3), reader.Maybe<DateTimeOffset>(4), reader.GetInt32(5)),
        stop, Questions.Int(tenant), Questions.Text(referrer.Value));

    public Task<PayoutCustomerView?> Customer(int tenant, CallerId referrer, CancellationToken stop) => database.Row(
        """
        select p.customer, p.customer_changed_at from stream s join payout_account p on p.referrer = s.id
        where s.tenant = $1 and s.kind = 3 and s.a = $2 and s.b = '' and p.customer is not null
        """,
        static reader => new PayoutCustomerView(reader.GetString(0), reader.Maybe<DateTimeOffset>(1)), stop, Questions.Int(tenant), Questions.Text(referrer.Value));

    public async Task<Page<PayoutBatchView>> Batches(int tenant, StreamId? before, int limit, bool needsPerson, CancellationToken stop)
    {
        var found = await database.Rows(
            $"""
            select {BatchColumns} from payout_batch b join stream s on s.id = b.stream
            where b.tenant = $1 and ($2::int8 is null or (b.created_at, b.stream) < (select created_at, stream from payout_batch where stream = $2))
              and (not $4 or b.status in (3, 6, 7) or b.stream in (select batch from payout_item where tenant = $1 and status = 13))
            order by b.created_at desc, b.stream desc limit $3
            """,
            Batch, stop, Questions.Int(tenant), Questions.Long(before?.Value), Questions.Int(limit + 1), Questions.Flag(needsPerson));
        return new([.. found.Take(limit)], found.Count > limit);
    }

    public Task<PayoutBatchView?> Batch(int tenant, CallerId batch, CancellationToken stop) => database.Row(
        $"select {BatchColumns} from stream s join payout_batch b on b.stream = s.id where s.tenant = $1 and s.kind = 1 and s.a = $2 and s.b = ''",
        Batch, stop, Questions.Int(tenant), Questions.Text(batch.Value));

    public Task<PayoutBatchView?> LastBatch(int tenant, bool outside, CancellationToken stop) => database.Row(
        $"""
        select {BatchColumns} from payout_batch b join stream s on s.id = b.stream
        where b.tenant = $1 and b.outside = $2 and b.status not in (1, 2, 9, 10) order by b.created_at desc, b.stream desc limit 1
        """,
        Batch, stop, Questions.Int(tenant), Questions.Flag(outside));

    // Statuses by their numbers, which never change: 7 awaits funds, 8 to 11 are of transfers that exist, 12 is released, 13 in review.
    public async Task<IReadOnlyList<PayoutTotal>> Totals(StreamId batch, CancellationToken stop) => await database.Rows(
        """
        select asset, count(*)::int, sum(minor)::int8, (count(*) filter (where status between 8 and 11))::int,
          coalesce(sum(minor) filter (where status between 8 and 11), 0)::int8, (count(*) filter (where in_transit))::int,
          (count(*) filter (where step = 1 or status = 1))::int, (count(*) filter (where status = 12))::int, (count(*) filter (where status = 13))::int,
          (count(*) filter (where status = 7))::int
        from payout_item where batch = $1 and not (status = 12 and given_up) group by asset order by asset
        """,
        static reader => new PayoutTotal(
            new(reader.GetString(0)), reader.GetInt32(1), reader.GetInt64(2), reader.GetInt32(3), reader.GetInt64(4), reader.GetInt32(5), reader.GetInt32(6),
            reader.GetInt32(7), reader.GetInt32(8), reader.GetInt32(9)),
        stop, Questions.Long(batch.Value));

    public async Task<Page<PayoutItemView>> Items(StreamId batch, long? after, int limit, CancellationToken stop)
    {
        var found = await database.Rows(
            $"""
            select {ItemColumns} from payout_item i join stream s on s.id = i.stream join stream r on r.id = i.referrer
            where i.batch = $1 and i.stream > $2 order by i.stream limit $3
            """,
            Item, stop, Questions.Long(batch.Value), Questions.Long(after ?? 0), Questions.Int(limit + 1));
        return new([.. found.Take(limit)], found.Count > limit);
    }

    public Task<PayoutItemView?> Item(StreamId batch, CallerId item, CancellationToken stop) => database.Row(
        $"""
        select {ItemColumns} from payout_batch b join stream s on s.tenant = b.tenant and s.kind = 5 and s.a = $2 and s.b = ''
          join payout_item i on i.stream = s.id and i.batch = b.stream join stream r on r.id = i.referrer
        where b.stream = $1
        """,
        Item, stop, Questions.Long(batch.Value), Questions.Text(item.Value));

    public async Task<IReadOnlyList<PayoutReversalView>> Reversals(StreamId item, CancellationToken stop) => await database.Rows(
        "select id, minor, status, reversal, why, asked_by, asked_at, code from payout_reversal where stream = $1 order by asked_at desc, id",
        static row => new PayoutReversalView(
            row.GetString(0), row.GetInt64(1), (PayoutReversalStatus)row.GetInt16(2), row.MaybeText(3), row.GetString(4), row.GetString(5),
            row.GetFieldValue<DateTimeOffset>(6), row.MaybeText(7)),
        stop, Questions.Long(item.Value));

    public async Task<IReadOnlyDictionary<(StreamId Referrer, Asset Asset), long>> Paid(StreamId batch, CancellationToken stop) => (await database.Rows(
        "select referrer, asset, minor from payout_item where batch = $1 and status <> 12",
        static reader => ((new StreamId(reader.GetInt64(0)), new Asset(reader.GetString(1))), reader.GetInt64(2)), stop, Questions.Long(batch.Value))).ToDictionary();

    private static PayoutBatchView Batch(NpgsqlDataReader reader) => new(
        new(reader.GetInt64(0)), new(reader.GetString(1)), (PayoutBatchStatus)reader.GetInt16(2), reader.GetInt32(3), reader.GetString(4), reader.MaybeText(5),
        reader.Maybe<DateTimeOffset>(6), reader.MaybeText(7), reader.MaybeText(8), reader.GetBoolean(9), reader.GetBoolean(10), reader.GetBoolean(11));

    private static PayoutItemView Item(NpgsqlDataReader reader) => new(
        new(reader.GetInt64(0)), new(reader.GetString(1)), new(reader.GetString(2)), new(reader.GetInt64(4), new(reader.GetString(3))), reader.GetString(5),
        (PayoutItemStatus)reader.GetInt16(6), reader.GetInt32(7), reader.MaybeText(8), reader.MaybeText(9), reader.MaybeText(10), (ReviewReason)reader.GetInt16(11));
}
