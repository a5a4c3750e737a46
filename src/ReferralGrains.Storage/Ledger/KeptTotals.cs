using System.Text.Json;
using Npgsql;
using ReferralGrains.Domain.Discounts;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Referrers;
using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Storage.Ledger;

/// <summary>
/// What is kept for a tenant and not for a stream, beside what all its streams say together: how many actions wait, whose a rule's id is,
/// what is booked under an id, what was taken off which payment, what was refused under an action's id, and who asked for what. A fold that
/// is kept elsewhere is compared where its stream is folded.
/// </summary>
internal sealed class KeptTotals(LedgerSnapshot snapshot, int? tenant, Differences differences)
{
    private readonly Dictionary<int, long> waiting = [];
    private readonly Dictionary<(int Tenant, string Id), long> rules = [];
    private readonly Dictionary<(int Tenant, DiscountSide Side, string Payment), DiscountedPayment> discounts = [];
    private readonly Dictionary<StreamId, (int Tenant, ReferralUse Use)> uses = [];
    private readonly HashSet<int> unreadable = [];

    public KeptBooks Books { get; } = new(snapshot, tenant, differences);

    public KeptAliases Aliases { get; } = new(snapshot, tenant, differences);

    public KeptGatherings Gatherings { get; } = new(snapshot, tenant, differences);

    public void Waits(int of, int actions) => waiting[of] = waiting.GetValueOrDefault(of) + actions;

    public void HasRule(int of, CallerId id, StreamId program) => rules[(of, id.Value)] = program.Value;

    public void HasDiscount(int of, DiscountSide side, DiscountedPayment payment) => discounts[(of, side, payment.Payment.Value)] = payment;

    // Of a referral that was given to another referrer both say something (D16): one payment at most has it, and what was declined stays so.
    public void HasUse(int of, ReferralUse use) => uses[use.Referral] = uses.TryGetValue(use.Referral, out var other)
        ? (of, new(use.Referral, use.Choice > other.Use.Choice ? use.Choice : other.Use.Choice, use.Payment ?? other.Use.Payment))
        : (of, use);

    /// <summary>A stream could not be folded: what it adds to the totals is not known, and it was named already.</summary>
    public void Misses(int of) => unreadable.Add(of);

    public async Task Compare(CancellationToken stop)
    {
        await snapshot.Each(
            "select tenant, count from parked where $1 is null or tenant = $1",
            reader => waiting[reader.GetInt32(0)] = waiting.GetValueOrDefault(reader.GetInt32(0)) - reader.GetInt64(1), stop, Questions.Int(tenant));
        foreach (var (of, more) in waiting.Where(pair => pair.Value != 0 && !unreadable.Contains(pair.Key)).OrderBy(pair => pair.Key))
            differences.Add("parked", $"Tenant {of}: {Math.Abs(more)} {(more > 0 ? "more" : "fewer")} actions wait than are counted.");

        await snapshot.Each("select tenant, id, program from rule where $1 is null or tenant = $1 order by tenant, id", Rule, stop, Questions.Int(tenant));
        foreach (var (of, id) in rules.Keys.Where(rule => !unreadable.Contains(rule.Tenant)).Order())
            differences.Add("rule", $"Rule {id} of tenant {of} has no row.");
        await snapshot.Each(
            "select stream, program, amount, discount, state, applied::text, uses, why, tenant, side, payment from discount where $1 is null or tenant = $1 order by tenant, side, payment",
            Discount, stop, Questions.Int(tenant));
        foreach (var (of, side, payment) in discounts.Keys.Where(discount => !unreadable.Contains(discount.Tenant)).Order())
            differences.Add("discount", $"Payment {payment} ({side}) of tenant {of} has no row.");
        await snapshot.Each("select referral, tenant, choice, payment from referral_use where $1 is null or tenant = $1 order by referral", Use, stop, Questions.Int(tenant));
        foreach (var (referral, kept) in uses.Where(pair => !unreadable.Contains(pair.Value.Tenant)).OrderBy(pair => pair.Key.Value))
            differences.Add("referral_use", $"Referral {referral} of tenant {kept.Tenant} was used, and has no row that says so.");
        await Conflicts(stop);
        await ConflictCounts(stop);
        await AuditCounts(stop);
        await Entries(stop);
        if (unreadable.Count > 0) return;
        await Books.Compare(stop);
        await Aliases.Compare(stop);
        await Gatherings.Compare(stop);
    }

    // An id of an entry or a spend that is not on record could be used again.
    private Task Entries(CancellationToken stop) => snapshot.Each(
        """
        select coalesce(e.tenant, n.tenant), coalesce(e.data ->> 'id', n.id), coalesce(e.stream, n.stream), coalesce(e.seq, n.seq)
        from (select * from event where type in ($2, $3) and ($1 is null or tenant = $1)) e
        full join (select * from entry where $1 is null or tenant = $1) n on n.stream = e.stream and n.seq = e.seq
        where n.tenant is distinct from e.tenant or n.id is distinct from e.data ->> 'id' or n.kind is distinct from (case e.type when $2 then 1 else 2 end)
        order by 3, 4 limit 100
        """,
        reader => differences.Add("entry", $"Entry {reader.GetString(1)} of tenant {reader.GetInt32(0)}: its row and row ({reader.GetInt64(2)}, {reader.GetInt32(3)}) do not say the same."),
        stop, Questions.Int(tenant), Questions.Int(EventCodec.NumberOf(typeof(EntryBooked))), Questions.Int(EventCodec.NumberOf(typeof(AssetSpent))));

    private void Discount(NpgsqlDataReader reader)
    {
        var (of, side, id) = (reader.GetInt32(8), (DiscountSide)reader.GetInt16(9), new CallerId(reader.GetString(10)));
        var kept = Discounts.Discounts.Payment(id, reader);
        if (discounts.Remove((of, side, id.Value), out var folded) ? !Same(folded, kept) : !unreadable.Contains(of))
            differences.Add("discount", $"Payment {id} ({side}) of tenant {of}: its row is not what its events say.");
    }

    private void Use(NpgsqlDataReader reader)
    {
        var (referral, of) = (new StreamId(reader.GetInt64(0)), reader.GetInt32(1));
        var kept = new ReferralUse(referral, (ReferralChoice)reader.GetInt16(2), reader.MaybeText(3) is { } payment ? new CallerId(payment) : null);
        if (uses.Remove(referral, out var folded) ? folded != (of, kept) : !unreadable.Contains(of))
            differences.Add("referral_use", $"Referral {referral} of tenant {of}: what its row says of its use is not what the events say.");
    }

    private static bool Same(DiscountedPayment one, DiscountedPayment other) =>
        one with { Applied = [] } == other with { Applied = [] } && one.Applied.SequenceEqual(other.Applied);

    // What is left when all rows are read has none.
    private void Rule(NpgsqlDataReader reader)
    {
        var (of, id, program) = (reader.GetInt32(0), reader.GetString(1), reader.GetInt64(2));
        if (rules.Remove((of, id), out var published) ? published != program : !unreadable.Contains(of))
            differences.Add("rule", $"Rule {id} of tenant {of}: its row says program {program}, and its events do not.");
    }

    // A refused action is in no stream: its row must contradict what was recorded under its id, and say what it was refused for.
    private Task Conflicts(CancellationToken stop) => snapshot.Each(
        """
        select c.tenant, c.action_id, c.hash, c.at, c.action::text, e.action_hash, e.recorded_at
        from action_conflict c left join event e on e.tenant = c.tenant and e.action_id = c.action_id
        where $1 is null or c.tenant = $1 order by c.id
        """,
        reader =>
        {
            if (Fault(reader) is { } fault)
                differences.Add("conflict", $"A conflict of action {reader.GetString(1)} of tenant {reader.GetInt32(0)} {fault}.");
        },
        stop, Questions.Int(tenant));

    // That one is gone, or is another than was written, only its count can tell.
    private Task ConflictCounts(CancellationToken stop) => snapshot.Each(
        """
        select coalesce(k.tenant, c.tenant), coalesce(k.count, 0), coalesce(c.count, 0)
        from (select * from conflict_count where $1 is null or tenant = $1) k
        full join (select tenant, count(*) as count, sum(conflict_hash(c)) as hash_sum from action_conflict c where $1 is null or tenant = $1 group by tenant) c
          on c.tenant = k.tenant
        where k.count is distinct from c.count or k.hash_sum is distinct from c.hash_sum
        order by 1
        """,
        reader => differences.Add("conflict", $"Tenant {reader.GetInt32(0)}: {reader.GetInt64(1)} conflicts were recorded, and the {reader.GetInt64(2)} that are there are not these."),
        stop, Questions.Int(tenant));

    // Nothing follows from what was asked and by whom, so here as well only the counts can tell.
    private Task AuditCounts(CancellationToken stop) => snapshot.Each(
        """
        with rows as (
          select tenant, 1 as kind, count(*) as count, sum(audit_hash(e)) as hash_sum from audit_entry e where $1 is null or tenant = $1 group by tenant
          union all select tenant, 2, count(*), sum(audit_hash(o)) from audit_outcome o where $1 is null or tenant = $1 group by tenant)
        select coalesce(k.tenant, r.tenant), coalesce(k.kind, r.kind), coalesce(k.count, 0), coalesce(r.count, 0)
        from (select * from audit_count where $1 is null or tenant = $1) k full join rows r on r.tenant = k.tenant and r.kind = k.kind
        where k.count is distinct from r.count or k.hash_sum is distinct from r.hash_sum
        order by 1, 2
        """,
        reader => differences.Add("audit", $"Tenant {reader.GetInt32(0)}: {reader.GetInt64(2)} {(reader.GetInt32(1) == 1 ? "requests" : "outcomes")} were logged, and the {reader.GetInt64(3)} that are there are not these."),
        stop, Questions.Int(tenant));

    private static string? Fault(NpgsqlDataReader reader)
    {
        var hash = reader.GetGuid(2);
        if (reader.Maybe<Guid>(5) is not { } recorded) return "is with an action that was never recorded";
        if (recorded == hash) return "has the content that was recorded";
        if (reader.GetFieldValue<DateTimeOffset>(3) < reader.GetFieldValue<DateTimeOffset>(6)) return "came before the action that it is with";
        try
        {
            var action = JsonSerializer.Deserialize(reader.GetString(4), JournalJson.Default.ReferralAction)!;
            return action.Id.Value == reader.GetString(1) && action.Hash.ToGuid() == hash ? null : "is not the action that its row says";
        }
        catch (Exception exception) when (exception is JsonException or FormatException or InvalidOperationException)
        {
            return "cannot be read";
        }
    }
}
