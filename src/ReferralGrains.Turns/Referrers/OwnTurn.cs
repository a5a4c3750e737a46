using System.Collections.Immutable;
using System.Text.Json;
using ReferralGrains.Domain.Discounts;
using ReferralGrains.Domain.Flags;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Ledger;
using ReferralGrains.Domain.Money;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Referrers;
using ReferralGrains.Storage.Discounts;
using ReferralGrains.Storage.Flags;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Referrers;

namespace ReferralGrains.Turns.Referrers;

/// <summary>One turn of a referrer over commands about itself, each decided against what the one before left, for one append.</summary>
/// <param name="id">As the caller knows it.</param>
/// <param name="profiles">Asks for the personal data at most once, and only if a command needs it.</param>
internal sealed class OwnTurn(StreamId stream, CallerId id, Referrer state, DateTimeOffset now, Func<Task<ReferrerRow>> profiles)
{
    private readonly Referrer before = state;
    private readonly ImmutableArray<EventRow>.Builder rows = ImmutableArray.CreateBuilder<EventRow>();
    private readonly Dictionary<(EntryKind Kind, CallerId Id), BookedEvent> booked = [];
    private readonly HashSet<BalanceGuard> guards = [];
    private readonly Dictionary<StreamId, ReferralUseRow> uses = [];
    private readonly List<GroupRow> groups = [];
    private readonly List<FlagRow> flags = [];
    private ReferrerRow? profile;
    private bool profiled;

    public StreamId Stream => stream;

    public DateTimeOffset Now => now;

    public KnownPayments Payments { get; } = new();

    /// <summary>Whether referrals were used, given back or decided on: which of them wait, only the next turn can ask.</summary>
    public bool HasMovedReferrals => uses.Count > 0;

    public Referrer State { get; private set; } = state;

    public ReferrerFacts Facts =>
        new(stream, id, State.FactVersion, State.Status == ReferrerStatus.Closed, State.Tags, State.Granted, State.Forfeits);

    /// <summary>
    /// As it is by now. Read after the state was: if it is younger than the state, then so is the stream, and the append does not hold.
    /// </summary>
    public async ValueTask<ReferrerRow> Profile() => profile ??= await profiles();

    public void Apply(ReferrerEvent e)
    {
        State = Referrer.Evolve(State, now, e);
        rows.Add(EventCodec.Encode(e, stream, now));
        var payment = PaymentDiscounts.After(e, stream, Payments.Find);
        if (payment is not null) Payments.Take(payment, isQuoted: e is PaymentQuoted);
        foreach (var use in PaymentDiscounts.Uses(e, payment)) uses[use.Referral] = new(use, (e as PaymentReleased)?.Payment);
    }

    /// <summary>An event with the personal data that it leaves.</summary>
    public void Apply(ReferrerEvent e, ReferrerRow row)
    {
        Apply(e);
        (profile, profiled) = (row, true);
    }

    /// <summary>What is payable is given up. Others may take of it at the same time: then the commit refuses it.</summary>
    public void Forfeit(BalanceForfeited forfeited)
    {
        guards.Add(new(stream, forfeited.Asset));
        Apply(forfeited);
    }

    public void Resolve(ReferrerFlagResolved resolved)
    {
        Apply(resolved);
        flags.Add(new(stream, resolved.Kind, resolved.Confirmed ? FlagState.Confirmed : FlagState.Cleared, "", now, resolved.By));
    }

    /// <summary>All that waits in a group is payable by it (H14).</summary>
    public void Release(StreamId program, RewardGroup group, string by)
    {
        Apply(new GroupReleased(program, group.Rule, group.Asset, group.Number, group.SumMinor, by));
        groups.Add(new(stream, program, group.Following()));
    }

    /// <summary>An event that has an id of its own, which it takes for ever.</summary>
    public BookedEvent Book(EntryKind kind, CallerId entry, ReferrerEvent e)
    {
        Apply(e);
        var one = new BookedEvent(stream, State.Seq, now, e);
        booked.Add((kind, entry), one);
        return one;
    }

    /// <summary>As <see cref="Book"/>, of what the commit may refuse: others may spend the same at the same time.</summary>
    public BookedEvent Spend(AssetSpent spent)
    {
        guards.Add(new(stream, spent.Asset));
        return Book(EntryKind.Spend, spent.Id, spent);
    }

    /// <summary>What this turn has booked under an id.</summary>
    public BookedEvent? Booked(EntryKind kind, CallerId entry) => booked.GetValueOrDefault((kind, entry));

    /// <summary>What this turn has moved of what is payable of an asset.</summary>
    public long Moved(Asset asset)
    {
        var minor = 0L;
        foreach (var row in rows)
            if (row.Posting is { } posting && posting.Amount.Asset == asset)
                minor += (posting.To.Kind == AccountKind.Payable ? posting.Amount.Minor : 0) - (posting.From.Kind == AccountKind.Payable ? posting.Amount.Minor : 0);
        return minor;
    }

    /// <summary>Null when nothing came of it.</summary>
    public Append? Append(int tenant) => rows.Count == 0 ? null : new()
    {
        Tenant = tenant,
        Streams = [new(stream, before.Seq + 1, rows.ToImmutable(), GrainAddress.Referrer(tenant, id).Stream)],
        Facts = State.FactVersion == before.FactVersion
            ? []
            : [new(stream, State.FactVersion, JsonSerializer.Serialize(Facts, JournalJson.Default.ReferrerFacts))],
        Guards = [.. guards],
        SideRows =
        [
            SideRows.Of<ReferrerRow>(profiled ? [profile!] : []),
            SideRows.Of<DiscountRow>([.. Payments.Changed.Select(static changed => new DiscountRow(DiscountSide.Referrer, changed.Payment, changed.IsNew))]),
            SideRows.Of<ReferralUseRow>([.. uses.Values]),
            SideRows.Of<GroupRow>([.. groups]),
            SideRows.Of<FlagRow>([.. flags]),
            SideRows.Of<IdentityRow>(profiled ? [new(stream, IdentityKind.Mailbox, profile!.Email is { } email ? SelfReferrals.Mailbox(email) : null, now)] : []),
            SideRows.Of<EntryRow>([.. booked.Select(one => new EntryRow(one.Key.Kind, one.Key.Id, stream, one.Value.Seq))]),
        ],
    };
}
