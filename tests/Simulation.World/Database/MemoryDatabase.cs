using ReferralGrains.Domain.Discounts;
using ReferralGrains.Domain.Flags;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Ledger;
using ReferralGrains.Domain.Money;
using ReferralGrains.Domain.Referrers;
using ReferralGrains.Storage.Discounts;
using ReferralGrains.Storage.Due;
using ReferralGrains.Storage.Flags;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Payouts;
using ReferralGrains.Storage.Programs;
using ReferralGrains.Storage.Referrals;
using ReferralGrains.Storage.Referrers;
using ReferralGrains.Storage.Silos;

namespace ReferralGrains.Simulation.Database;

/// <summary>
/// What PostgreSQL keeps, in memory and with the same rules: a commit of several appends judges each of them against what was there
/// before, drops exactly those that cannot hold, and applies the others whole.
/// </summary>
public sealed class MemoryDatabase(PlantedBugs bugs = PlantedBugs.None)
{
    private readonly Lock gate = new();
    private readonly Dictionary<StreamKey, JournalStream> directory = [];
    private readonly Dictionary<StreamId, JournalStream> streams = [];
    private readonly Dictionary<(int Tenant, CallerId Id), JournalRow> actions = [];
    private readonly Dictionary<StreamId, FactChange> facts = [];
    private readonly Dictionary<(StreamId Referrer, Asset Asset), Balance> balances = [];
    private readonly Dictionary<(int Tenant, EntryKind Kind, CallerId Id), EntryRow> entries = [];
    private readonly Dictionary<StreamId, (int Tenant, DateTimeOffset At)> due = [];
    private readonly Dictionary<StreamId, ReferralRow> referrals = [];
    private readonly Dictionary<StreamId, (int Tenant, ReferrerRow Row)> referrers = [];
    private readonly Dictionary<(int Tenant, CallerId Id), StreamId> rules = [];
    private readonly Dictionary<StreamId, (int Tenant, PayoutItemRow Row)> payoutItems = [];
    private readonly Dictionary<StreamId, (int Tenant, PayoutBatchRow Row)> payoutBatches = [];
    private readonly HashSet<(int Tenant, string Term)> senders = [];
    private readonly Dictionary<(int Tenant, DiscountSide Side, CallerId Payment), DiscountedPayment> discounts = [];
    private readonly Dictionary<StreamId, ReferralUse> uses = [];
    private readonly Dictionary<(StreamId Owner, StreamId Program, int Rule, int Month), long> budgets = [];
    private readonly Dictionary<(StreamId Referrer, StreamId Program, int Rule, Asset Asset), RewardGroup> groups = [];
    private readonly Dictionary<(StreamId Stream, FlagKind Kind), FlagRow> flags = [];
    private readonly Dictionary<(int Tenant, IdentityKind Kind, string Value), StreamId> identities = [];
    private readonly List<ReassignmentRow> reassignments = [];
    private readonly Dictionary<StreamId, StreamId> aliases = [];
    private readonly Dictionary<(int Tenant, CallerId Id), MovedAction> moved = [];
    private readonly Dictionary<(StreamId Referrer, StreamId Program, int Rule, int Round), (int Tenant, GatheringRow Row)> gatherings = [];
    private readonly Dictionary<int, long> parked = [];
    private readonly List<(int Tenant, ConflictRow Row)> conflicts = [];
    private readonly HashSet<long> living = [];
    private long silos;
    private long numbers;
    private long commits;
    private long positions;

    public PlantedBugs Bugs => bugs;

    public IReadOnlyCollection<JournalStream> Streams => streams.Values;

    public IReadOnlyDictionary<(StreamId Referrer, Asset Asset), Balance> Balances => balances;

    public IReadOnlyDictionary<StreamId, ReferralRow> Referrals => referrals;

    public IReadOnlyList<(int Tenant, ConflictRow Row)> Conflicts => conflicts;

    /// <summary>Another silo on this database.</summary>
    public long Begin()
    {
        lock (gate)
        {
            living.Add(++silos);
            return silos;
        }
    }

    /// <summary>Nothing more of this silo is written.</summary>
    public void End(long silo)
    {
        lock (gate) living.Remove(silo);
    }

    /// <summary>Every row, in the order in which it was committed.</summary>
    public IReadOnlyList<JournalRow> Rows()
    {
        lock (gate) return [.. streams.Values.SelectMany(stream => stream.Rows).OrderBy(row => row.Position)];
    }

    /// <summary>A stream as it is; one that is not there has a number that nobody else has, and no rows.</summary>
    public JournalStream Stream(StreamKey key)
    {
        lock (gate) return directory.TryGetValue(key, out var known) ? known : new(new(++numbers), key);
    }

    public JournalStream? Find(StreamKey key)
    {
        lock (gate) return directory.GetValueOrDefault(key);
    }

    public JournalStream Stream(StreamId id)
    {
        lock (gate) return streams[id];
    }

    /// <summary>What is read while nothing is being committed.</summary>
    public T Read<T>(Func<MemoryDatabase, T> question)
    {
        lock (gate) return question(this);
    }

    public FactChange? Fact(StreamId stream) => Read(_ => facts.TryGetValue(stream, out var fact) ? fact : (FactChange?)null);

    public ReferrerRow? Referrer(StreamId stream) => Read(_ => referrers.TryGetValue(stream, out var referrer) ? referrer.Row : null);

    public JournalRow? Action(int tenant, CallerId id) => Read(_ => actions.GetValueOrDefault((tenant, id)));

    /// <summary>Where an action is whose id another stream carries (X8).</summary>
    public MovedAction? Moved(int tenant, CallerId id) => Read(_ => moved.TryGetValue((tenant, id), out var to) ? to : (MovedAction?)null);

    /// <summary>The referrals that ids name which are not their own (X8).</summary>
    public IReadOnlyDictionary<StreamId, StreamId> Aliases => aliases;

    /// <summary>The program of a rule.</summary>
    public StreamId? RuleOf(int tenant, CallerId id) => Read(_ => rules.TryGetValue((tenant, id), out var program) ? program : (StreamId?)null);

    public IReadOnlyList<(int Tenant, PayoutItemRow Row)> PayoutItems => Read(_ => payoutItems.Values.ToList());

    public IReadOnlyList<(int Tenant, PayoutBatchRow Row)> PayoutBatches => Read(_ => payoutBatches.Values.ToList());

    /// <summary>The sender of this term may send for a tenant, from now on or no more.</summary>
    public void LetSend(int tenant, string term, bool lets = true)
    {
        lock (gate)
        {
            if (lets) senders.Add((tenant, term));
            else senders.Remove((tenant, term));
        }
    }

    public bool LetsSend(int tenant, string term) => Read(_ => senders.Contains((tenant, term)));

    /// <summary>What was booked or spent under an id.</summary>
    public JournalRow? Entry(int tenant, EntryKind kind, CallerId id) => Read(_ => entries.TryGetValue((tenant, kind, id), out var row)
        ? streams[row.Referrer].Rows.Single(one => one.Seq == row.Seq)
        : null);

    public IReadOnlyDictionary<(int Tenant, DiscountSide Side, CallerId Payment), DiscountedPayment> Discounts => discounts;

    public IReadOnlyDictionary<StreamId, ReferralUse> Uses => uses;

    public IReadOnlyDictionary<(StreamId Owner, StreamId Program, int Rule, int Month), long> Budgets => budgets;

    public IReadOnlyDictionary<(StreamId Referrer, StreamId Program, int Rule, Asset Asset), RewardGroup> Groups => groups;

    public IReadOnlyDictionary<(StreamId Stream, FlagKind Kind), FlagRow> Flags => flags;

    public IReadOnlyList<ReassignmentRow> Reassignments => reassignments;

    public IReadOnlyCollection<GatheringRow> Gatherings => Read(_ => gatherings.Values.Select(one => one.Row).ToList());

    private IEnumerable<(int Tenant, GatheringRow Row)> OpenGatherings => gatherings.Values.Where(one => one.Row.Target is not null && one.Row.Undone != (one.Row.Settled ?? 0));

    /// <summary>Who has a code.</summary>
    public StreamId? OfCode(int tenant, string code) => Read(_ => referrers.Where(pair => pair.Value.Tenant == tenant && pair.Value.Row.Code == code).Select(pair => (StreamId?)pair.Key).FirstOrDefault());

    public string CodeOf(StreamId referrer) => Read(_ => referrers[referrer].Row.Code);

    public DiscountedPayment? Discount(int tenant, DiscountSide side, CallerId payment) => Read(_ => discounts.GetValueOrDefault((tenant, side, payment)));

    /// <summary>How many actions of a tenant wait.</summary>
    public long Parked(int tenant) => Read(_ => parked.GetValueOrDefault(tenant));

    /// <summary>As if so many more waited.</summary>
    public void Park(int tenant, long more)
    {
        lock (gate) parked[tenant] = parked.GetValueOrDefault(tenant) + more;
    }

    public DateTimeOffset? DueAt(StreamId stream) => Read(_ => due.TryGetValue(stream, out var row) ? row.At : (DateTimeOffset?)null);

    /// <summary>Tenants that have anything to settle at some time.</summary>
    public IReadOnlyList<int> DueTenants() => Read(_ => due.Values.Select(row => row.Tenant).Concat(OpenGatherings.Select(one => one.Tenant)).Distinct().Order().ToList());

    public IReadOnlyList<(JournalStream Stream, DateTimeOffset At)> Due(int tenant, DateTimeOffset until) => Read(_ =>
        due.Where(row => row.Value.Tenant == tenant && row.Value.At <= until)
            .Select(row => (streams[row.Key], row.Value.At))
            .Concat(OpenGatherings.Where(one => one.Tenant == tenant && one.Row.At <= until).Select(one => (streams[one.Row.Target!.Value], one.Row.At)))
            .OrderBy(row => row.At).ThenBy(row => row.Item1.Id.Value).ToList());

    /// <summary>One group commit. Throws when the silo has ended: nothing was written.</summary>
    public IReadOnlyList<AppendOutcome> Commit(long silo, IReadOnlyList<Append> batch)
    {
        lock (gate)
        {
            if (!living.Contains(silo)) throw new LeaseLostException($"Silo {silo} has ended.");
            var named = rules.Keys.ToHashSet();
            var booked = entries.Keys.ToHashSet();
            var asked = discounts.Keys.ToHashSet();
            var begun = directory.Keys.ToHashSet();
            var used = uses.Values.Where(ReferralUseRow.IsUsedUp).Select(use => use.Referral).ToHashSet();
            var codes = referrers.ToDictionary(pair => (pair.Value.Tenant, pair.Value.Row.Code), pair => pair.Key);
            var payable = balances.ToDictionary(balance => balance.Key, balance => balance.Value.Payable);
            var outcomes = batch.Select(append => Judge(append, named, booked, asked, begun, used, codes) is var judged && judged == AppendOutcome.Committed && IsShort(append, payable)
                ? AppendOutcome.BalanceShort
                : judged).ToList();
            commits++;
            for (var i = 0; i < batch.Count; i++)
                if (outcomes[i] == AppendOutcome.Committed) Apply(batch[i]);
            return outcomes;
        }
    }

    /// <summary>Never backwards.</summary>
    public void Keep(Snapshot snapshot)
    {
        lock (gate)
        {
            var stream = streams[snapshot.Stream];
            if (stream.Snapshot is not { } old || old.Seq < snapshot.Seq || old.Fold != snapshot.Fold) stream.Snapshot = snapshot;
        }
    }

    private AppendOutcome Judge(
        Append append, HashSet<(int Tenant, CallerId Id)> named, HashSet<(int Tenant, EntryKind Kind, CallerId Id)> booked,
        HashSet<(int Tenant, DiscountSide Side, CallerId Payment)> asked, HashSet<StreamKey> begun, HashSet<StreamId> used,
        Dictionary<(int Tenant, string Code), StreamId> codes)
    {
        if (!bugs.HasFlag(PlantedBugs.NoFence) && append.Streams.Any(Moved)) return AppendOutcome.StreamMoved;
        if (!bugs.HasFlag(PlantedBugs.NoUniqueIndex) && (Ids(append).Any(actions.ContainsKey) || Ids(append).Distinct().Count() < Ids(append).Count())) return AppendOutcome.ActionKnown;
        if (!bugs.HasFlag(PlantedBugs.NoFactCheck) && append.Reads.Any(read => !facts.TryGetValue(read.Stream, out var fact) || fact.Version != read.Version))
            return AppendOutcome.FactMoved;
        if (Side<EntryRow>(append).Any(entry => !booked.Add((append.Tenant, entry.Kind, entry.Id)))) return AppendOutcome.FactMoved;
        if (Side<DiscountRow>(append).Any(row => row.IsNew && !asked.Add((append.Tenant, row.Side, row.Payment.Payment)))) return AppendOutcome.FactMoved;
        if (Side<ReferralUseRow>(append).Any(row => row.Claims && !used.Add(row.Use.Referral))) return AppendOutcome.FactMoved;
        if (Side<SendPermit>(append).Any(permit => !senders.Contains((append.Tenant, permit.Term)))) return AppendOutcome.FactMoved;
        if (Side<ReferrerRow>(append).Any(row => !codes.TryAdd((append.Tenant, row.Code), row.Stream) && codes[(append.Tenant, row.Code)] != row.Stream)) return AppendOutcome.FactMoved;
        if (Side<RuleRow>(append).Any(rule => !named.Add((append.Tenant, rule.Id)))) return AppendOutcome.FactMoved;
        if (!bugs.HasFlag(PlantedBugs.NoFence) && append.Streams.Any(rows => rows.FirstSeq == 1 && !begun.Add(rows.Key!.Value))) return AppendOutcome.StreamMoved;
        return AppendOutcome.Committed;
    }

    // What an append moves is seen by those after it, unless it falls.
    private static bool IsShort(Append append, Dictionary<(StreamId Referrer, Asset Asset), long> payable)
    {
        var moved = new Dictionary<(StreamId Referrer, Asset Asset), long>();
        foreach (var posting in append.Streams.SelectMany(stream => stream.Rows).Select(row => row.Posting).OfType<Posting>())
            foreach (var (account, minor) in new[] { (posting.From, -posting.Amount.Minor), (posting.To, posting.Amount.Minor) })
                if (account.Kind == AccountKind.Payable) moved[(account.Owner, posting.Amount.Asset)] = moved.GetValueOrDefault((account.Owner, posting.Amount.Asset)) + minor;
        if (append.Guards.Any(guard => payable.GetValueOrDefault((guard.Referrer, guard.Asset)) + moved.GetValueOrDefault((guard.Referrer, guard.Asset)) < 0)) return true;
        foreach (var (key, minor) in moved) payable[key] = payable.GetValueOrDefault(key) + minor;
        return false;
    }

    private bool Moved(StreamRows rows)
    {
        if (!streams.TryGetValue(rows.Stream, out var stream)) return rows.FirstSeq > 1;
        return stream.Has(rows.FirstSeq) || (rows.FirstSeq > 1 && !stream.Has(rows.FirstSeq - 1));
    }

    /// <summary>The action ids that an append brings in.</summary>
    public static IEnumerable<(int Tenant, CallerId Id)> Ids(Append append) =>
        append.Streams.SelectMany(stream => stream.Rows).Where(row => row.ActionId is not null).Select(row => (append.Tenant, row.ActionId!.Value));

    private static IEnumerable<TRow> Side<TRow>(Append append)
        where TRow : ISideRow<TRow> => append.SideRows.OfType<SideRows<TRow>>().SelectMany(static side => side.Rows);

    private void Apply(Append append)
    {
        foreach (var rows in append.Streams.Where(rows => !streams.ContainsKey(rows.Stream)))
        {
            streams.Add(rows.Stream, new(rows.Stream, rows.Key!.Value));
            directory.TryAdd(rows.Key.Value, streams[rows.Stream]);
        }

        foreach (var rows in append.Streams)
            for (var i = 0; i < rows.Rows.Length; i++) Add(append.Tenant, rows.Stream, rows.FirstSeq + i, rows.Rows[i]);
        foreach (var fact in append.Facts) facts[fact.Stream] = fact;
        foreach (var change in Side<DueChange>(append))
            if (change.At is { } at) due[change.Stream] = (append.Tenant, at);
            else due.Remove(change.Stream);
        foreach (var row in Side<ReferralRow>(append))
            referrals[row.Stream] = referrals.TryGetValue(row.Stream, out var old) ? row with { AttributedAt = old.AttributedAt } : row;
        foreach (var referrer in Side<ReferrerRow>(append))
            referrers[referrer.Stream] = (append.Tenant, referrers.TryGetValue(referrer.Stream, out var old)
                ? referrer with { CreatedAt = old.Row.CreatedAt }
                : referrer);
        foreach (var change in Side<ParkedChange>(append)) Park(append.Tenant, change.More);
        foreach (var item in Side<PayoutItemRow>(append)) payoutItems[item.Stream] = (append.Tenant, item);
        foreach (var batch in Side<PayoutBatchRow>(append)) payoutBatches[batch.Stream] = (append.Tenant, batch);
        foreach (var entry in Side<EntryRow>(append)) entries.Add((append.Tenant, entry.Kind, entry.Id), entry);
        foreach (var row in Side<DiscountRow>(append)) discounts[(append.Tenant, row.Side, row.Payment.Payment)] = row.Payment;
        foreach (var row in Side<ReferralUseRow>(append))
        {
            var was = uses.GetValueOrDefault(row.Use.Referral);
            if (row.Claims || was.Payment is null || was.Payment == row.Released) uses[row.Use.Referral] = row.Use with { Choice = row.Use.Choice ?? was.Choice };
        }

        foreach (var row in Side<FlagRow>(append)) flags[(row.Stream, row.Kind)] = flags.TryGetValue((row.Stream, row.Kind), out var raised) ? row with { Reason = raised.Reason } : row;
        foreach (var row in Side<IdentityRow>(append))
        {
            foreach (var old in identities.Where(pair => pair.Value == row.Referrer && pair.Key.Kind == row.Kind && pair.Key.Value != row.Value).ToList()) identities.Remove(old.Key);
            if (row.Value is { } value && !identities.TryAdd((append.Tenant, row.Kind, value), row.Referrer) && identities[(append.Tenant, row.Kind, value)] != row.Referrer)
            {
                var raised = row.Kind == IdentityKind.Mailbox ? FlagKind.SharedEmail : FlagKind.SharedPayoutAccount;
                Raise(new(row.Referrer, raised, FlagState.Open, "shared", row.At, null), again: _ => raised == FlagKind.SharedPayoutAccount);
            }
        }

        foreach (var row in Side<AttributionRow>(append))
        {
            var attributed = referrals.Values.Count(referral => referral.Referrer == row.Referrer && referral.AttributedAt > row.At.AddHours(-1));
            if (row.Most > 0 && attributed > row.Most) Raise(new(row.Referrer, FlagKind.ManyAttributions, FlagState.Open, "many", row.At, null), again: cleared => row.At > cleared + TimeSpan.FromHours(1));
        }

        void Raise(FlagRow flag, Func<DateTimeOffset, bool> again)
        {
            if (!flags.TryGetValue((flag.Stream, flag.Kind), out var there) || (there.State == FlagState.Cleared && again(there.At))) flags[(flag.Stream, flag.Kind)] = flag;
        }

        reassignments.AddRange(Side<ReassignmentRow>(append));
        foreach (var row in Side<AliasRow>(append)) aliases.Add(row.Stream, row.Referral);
        foreach (var row in Side<MovedAction>(append)) moved.Add((append.Tenant, row.Id), row);
        foreach (var row in Side<GatheringRow>(append))
        {
            var key = (row.Referrer, row.Program, row.Rule, row.Round);
            gatherings[key] = (append.Tenant, gatherings.TryGetValue(key, out var was)
                ? row with { Undone = was.Row.Undone + row.Undone, Settled = row.Settled ?? was.Row.Settled, Target = row.Target ?? was.Row.Target, Action = row.Action ?? was.Row.Action }
                : row);
        }

        foreach (var row in Side<BudgetRow>(append)) budgets[(row.Owner, row.Program, row.Use.Rule, row.Use.Month)] = row.Use.Minor;
        foreach (var row in Side<GroupRow>(append)) groups[(row.Referrer, row.Program, row.Group.Rule, row.Group.Asset)] = row.Group;
        foreach (var rule in Side<RuleRow>(append)) rules.Add((append.Tenant, rule.Id), rule.Program);
        foreach (var conflict in Side<ConflictRow>(append))
            if (!conflicts.Exists(known => known.Tenant == append.Tenant && known.Row.ActionId == conflict.ActionId && known.Row.Hash == conflict.Hash))
                conflicts.Add((append.Tenant, conflict));
    }

    private void Add(int tenant, StreamId stream, int seq, EventRow e)
    {
        var row = new JournalRow(stream, seq, tenant, e, commits, ++positions);
        streams[stream].Add(row);
        if (e.ActionId is { } id) actions.TryAdd((tenant, id), row);
        if (e.Posting is { } posting) Count(posting);
    }

    private void Count(Posting posting)
    {
        Count(posting.From, -posting.Amount.Minor, posting);
        Count(posting.To, posting.Amount.Minor, posting);
    }

    private void Count(Account account, long minor, Posting posting)
    {
        if (account.Kind is AccountKind.Rewards or AccountKind.Clawbacks) return;
        var key = (account.Owner, posting.Amount.Asset);
        var balance = balances.GetValueOrDefault(key).With(account.Kind, minor);
        if (posting.From.Kind == AccountKind.Rewards) balance = balance with { Earned = balance.Earned + posting.Amount.Minor };
        if (posting.To.Kind == AccountKind.Clawbacks) balance = balance with { ClawedBack = balance.ClawedBack + posting.Amount.Minor };
        if (posting.From.Kind == AccountKind.Clawbacks) balance = balance with { ClawedBack = balance.ClawedBack - posting.Amount.Minor };
        balances[key] = balance;
    }
}
