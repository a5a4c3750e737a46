using System.Collections.Immutable;
using System.Diagnostics;
using System.Text.Json.Serialization;
using ReferralGrains.Domain.Flags;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Money;
using ReferralGrains.Domain.Programs;

namespace ReferralGrains.Domain.Referrers;

/// <summary>Where a referrer stands; None is a referrer that nobody has made. The numbers are in snapshots and never change.</summary>
public enum ReferrerStatus
{
    None = 0,
    Active = 1,

    /// <summary>No new accrual; the ledger stays (D18).</summary>
    Closed = 2,
}

/// <summary>The one who is paid: the state of a referrer grain. Personal data is not in it: a journal cannot forget.</summary>
/// <param name="FactVersion">Moves when something changes that decisions elsewhere rely on: tags, eligibility, closing.</param>
/// <param name="Tallies">By the program's stream; only for programs with tiers.</param>
/// <param name="Forfeits">It was closed so that what it has, and whatever becomes payable later, is given up (D18). For good.</param>
public sealed record Referrer(
    int Seq,
    DateTimeOffset LastAt,
    ReferrerStatus Status,
    int FactVersion,
    ImmutableArray<string> Tags,
    ImmutableArray<GrantedRule> Granted,
    ImmutableDictionary<long, Tally> Tallies,
    bool Forfeits = false)
{
    public const int FoldVersion = 3;

    public static readonly Referrer None =
        new(0, DateTimeOffset.MinValue, ReferrerStatus.None, 0, [], [], ImmutableDictionary<long, Tally>.Empty);

    public static Referrer Evolve(Referrer state, DateTimeOffset at, ReferrerEvent e)
    {
        var next = e switch
        {
            ReferrerCreated created => state with { Status = ReferrerStatus.Active, Tags = created.Tags, FactVersion = state.FactVersion + 1 },
            ReferrerTagged tagged => state with { Tags = tagged.Tags, FactVersion = state.FactVersion + 1 },
            ReferrerClosed closed => state with { Status = ReferrerStatus.Closed, Forfeits = state.Forfeits || closed.Forfeits, FactVersion = state.FactVersion + 1 },
            ReferrerProfileChanged or EntryBooked or AssetSpent or BalanceForfeited or ReferrerFlagResolved => state,
            PaymentQuoted or PaymentConfirmed or PaymentReleased or ReferralChosen => state,
            RuleGranted granted => state with { Granted = [.. state.Granted.Remove(granted.Rule), granted.Rule], FactVersion = state.FactVersion + 1 },
            RuleRevoked revoked => state with { Granted = state.Granted.Remove(revoked.Rule), FactVersion = state.FactVersion + 1 },
            TallyStarted started => state with
            {
                Tallies = state.Tallies.SetItem(started.Program.Value, new(started.ValueMinor, started.Count, [], started.Approved)),
            },
            TallyMoved moved => state with
            {
                Tallies = state.Tallies.SetItem(
                    moved.Program.Value, Moved(state.Tallies.GetValueOrDefault(moved.Program.Value, Tally.Empty), moved)),
            },
            GroupReleased released => state with
            {
                Tallies = state.Tallies.SetItem(released.Program.Value, Released(state.Tallies.GetValueOrDefault(released.Program.Value, Tally.Empty), released)),
            },
            _ => throw new UnreachableException(),
        };
        return next with { Seq = state.Seq + 1, LastAt = at };
    }

    private static Tally Moved(Tally tally, TallyMoved moved)
    {
        var next = tally with
        {
            ValueMinor = tally.ValueMinor + moved.ValueMinor,
            Count = tally.Count + moved.Count,
            Paid = tally.Paid.AddRange(moved.Paid),
            Approved = tally.Approved + moved.Approved,
        };
        foreach (var gathered in moved.Gathered ?? []) next = next.With(gathered);
        foreach (var use in moved.Spent ?? []) next = next with { Spent = next.Spent.With(use) };
        foreach (var group in moved.Groups ?? []) next = next.With(group);
        return next;
    }

    private static Tally Released(Tally tally, GroupReleased released) => tally.With(tally.GroupOf(released.Rule, released.Asset) with { Number = released.Number + 1, SumMinor = 0 });
}

/// <summary>What happened to a referrer: the rows of its grain's stream.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "event")]
[JsonDerivedType(typeof(ReferrerCreated), "created")]
[JsonDerivedType(typeof(ReferrerTagged), "tagged")]
[JsonDerivedType(typeof(ReferrerProfileChanged), "profile_changed")]
[JsonDerivedType(typeof(ReferrerClosed), "closed")]
[JsonDerivedType(typeof(RuleGranted), "granted")]
[JsonDerivedType(typeof(RuleRevoked), "revoked")]
[JsonDerivedType(typeof(TallyStarted), "tally_started")]
[JsonDerivedType(typeof(TallyMoved), "tally_moved")]
[JsonDerivedType(typeof(GroupReleased), "group_released")]
[JsonDerivedType(typeof(BalanceForfeited), "forfeited")]
[JsonDerivedType(typeof(ReferrerFlagResolved), "flag_resolved")]
[JsonDerivedType(typeof(EntryBooked), "entry")]
[JsonDerivedType(typeof(AssetSpent), "spent")]
[JsonDerivedType(typeof(PaymentQuoted), "payment_quoted")]
[JsonDerivedType(typeof(PaymentConfirmed), "payment_confirmed")]
[JsonDerivedType(typeof(PaymentReleased), "payment_released")]
[JsonDerivedType(typeof(ReferralChosen), "referral_chosen")]
public abstract record ReferrerEvent
{
    private protected ReferrerEvent()
    {
    }
}

/// <summary>Somebody can refer, with these tags.</summary>
public sealed record ReferrerCreated(ImmutableArray<string> Tags) : ReferrerEvent;

/// <summary>The referrer's tags are these from now on; conditions look at them (H5).</summary>
public sealed record ReferrerTagged(ImmutableArray<string> Tags) : ReferrerEvent;

/// <summary>
/// Personal data changed. Only the fact, for a journal cannot forget: a row of the stream, so that of two changes made at the same time
/// one is decided after the other.
/// </summary>
public sealed record ReferrerProfileChanged : ReferrerEvent;

/// <summary>The referrer earns nothing more; its ledger stays, and its person is erased elsewhere (D18). Of one that was closed before, that it forfeits.</summary>
/// <param name="Forfeits">The policy for its positive balance from now on: it is given up. Otherwise it is settled.</param>
public sealed record ReferrerClosed(string? Reason, string By, bool Forfeits = false) : ReferrerEvent;

/// <summary>What a closed referrer had of an asset was given up: taken back (D13, D18).</summary>
public sealed record BalanceForfeited(Asset Asset, long Minor, string By) : ReferrerEvent;

/// <summary>Somebody looked at a flag on the referrer (X9). That it was raised is in no event: what raised it is personal data, or a rate.</summary>
public sealed record ReferrerFlagResolved(FlagKind Kind, bool Confirmed, string? Reason, string By) : ReferrerEvent;

/// <summary>The referrer may earn by a rule that is only for those to whom it is granted (H1).</summary>
public sealed record RuleGranted(GrantedRule Rule, string By) : ReferrerEvent;

/// <summary>The grant was taken back; what was earned under it stays (H1).</summary>
public sealed record RuleRevoked(GrantedRule Rule, string By) : ReferrerEvent;

/// <summary>The tally of a program that has just become tiered, summed from what was committed before (D6).</summary>
public sealed record TallyStarted(StreamId Program, long ValueMinor, int Count, int Approved = 0) : ReferrerEvent;

/// <summary>One turn's sales and approvals were counted (D6): committed in one append with their decisions.</summary>
/// <param name="Gathered">What has gathered by now, for the rules for which that has changed (H9).</param>
/// <param name="Spent">Likewise what is used of budgets (X5).</param>
/// <param name="Groups">Likewise what waits in groups (H14).</param>
public sealed record TallyMoved(
    [property: JsonPropertyName("p")] StreamId Program,
    [property: JsonPropertyName("m")] long ValueMinor,
    [property: JsonPropertyName("n")] int Count,
    [property: JsonPropertyName("t")] ImmutableArray<PaidTier> Paid,
    [property: JsonPropertyName("a")] int Approved = 0,
    [property: JsonPropertyName("g")] ImmutableArray<Gathered>? Gathered = null,
    [property: JsonPropertyName("b")] ImmutableArray<BudgetUse>? Spent = null,
    [property: JsonPropertyName("r")] ImmutableArray<RewardGroup>? Groups = null) : ReferrerEvent;

/// <summary>
/// A group has reached its amount, or a person released it: all that waited in it is payable at once (H14). Its rewards are in the referrals,
/// which learn of it in their next turn; the money moves here, so that it moves together.
/// </summary>
/// <param name="Minor">The net sum of what waited.</param>
/// <param name="By">Null when it reached its amount.</param>
public sealed record GroupReleased(StreamId Program, int Rule, Asset Asset, int Number, long Minor, string? By) : ReferrerEvent;

/// <summary>Booked by hand: a bonus, a correction, or what was paid elsewhere already (X6).</summary>
/// <param name="Minor">Above zero: earned and payable. Below: taken back, and payable may go below zero.</param>
/// <param name="AlreadyPaid">Only moves what is payable to what is paid; above zero.</param>
public sealed record EntryBooked(CallerId Id, Asset Asset, long Minor, bool AlreadyPaid, string Reason, string By) : ReferrerEvent;

/// <summary>The referrer redeemed something of what is payable: credit, points, a service or a coupon.</summary>
public sealed record AssetSpent(CallerId Id, Asset Asset, long Minor, string By) : ReferrerEvent;
