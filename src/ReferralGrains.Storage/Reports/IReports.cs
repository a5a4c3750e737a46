using System.Collections.Immutable;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Ledger;
using ReferralGrains.Domain.Money;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Referrers;

namespace ReferralGrains.Storage.Reports;

/// <summary>
/// Questions: answered from the database, never through a grain, so that no page or export ever waits in a mailbox. Everything is
/// inside one tenant; what another tenant owns is null, as if it were absent.
/// </summary>
/// <exception cref="Journal.JournalUnavailableException">From every question: the database cannot be reached now.</exception>
public interface IReports
{
    /// <summary>Null when there is no such referrer.</summary>
    Task<IReadOnlyList<AssetBalance>?> Balances(int tenant, CallerId referrer, CancellationToken stop);

    Task<ReferrerProfile?> Referrer(int tenant, CallerId referrer, CancellationToken stop);

    Task<CallerId?> ReferrerOfCode(int tenant, string code, CancellationToken stop);

    /// <summary>All that has an id, whatever it is of.</summary>
    /// <param name="limit">Of the referrals; another is said to follow.</param>
    Task<Page<Found>> Search(int tenant, CallerId id, int limit, CancellationToken stop);

    /// <summary>By any id of the referee (X8).</summary>
    Task<ReferralStory?> Referral(int tenant, CallerId program, CallerId referee, CancellationToken stop);

    /// <summary>By the number that enrollment and reward ids carry.</summary>
    Task<ReferralStory?> Referral(int tenant, StreamId stream, CancellationToken stop);

    /// <summary>The first payout that took what the referral had made payable, if its money has left (S8).</summary>
    Task<FirstPayout?> FirstPayout(ReferralStory referral, CancellationToken stop);

    /// <summary>The approved referrals of a program, in the order of their streams.</summary>
    Task<Page<ApprovedReferral>> ApprovedReferrals(int tenant, StreamId program, StreamId? after, int limit, CancellationToken stop);

    Task<ActionStory?> Action(int tenant, CallerId action, CancellationToken stop);

    /// <summary>By referral, and then in the order in which they were given.</summary>
    Task<Page<RewardView>> Rewards(ListFilter filter, RewardStatus? status, CancellationToken stop);

    /// <summary>Null when there is no such reward.</summary>
    Task<RewardView?> Reward(int tenant, StreamId referral, RewardId reward, CancellationToken stop);

    /// <summary>By their ids.</summary>
    Task<Page<ProgramTerms>> Programs(ListFilter filter, bool? enabled, CancellationToken stop);

    /// <summary>By their ids, each with its program as it stands.</summary>
    Task<Page<(ProgramTerms Program, Rule Rule)>> Rules(ListFilter filter, bool? enabled, CancellationToken stop);

    /// <summary>By their ids; those with a referral in a program in an order of our own. Null when the page was to start after one that there is not.</summary>
    Task<Page<ReferrerProfile>?> Referrers(ListFilter filter, bool? closed, CancellationToken stop);

    /// <summary>
    /// By the numbers of their streams, which each process takes from a block of its own: what is newer may come before what is older. Those whose ids
    /// begin alike by these. Null when the page was to start after one that there is not.
    /// </summary>
    Task<Page<ReferralView>?> Referrals(ListFilter filter, ReferralStatus? status, CancellationToken stop);

    /// <summary>
    /// By their ids; those of one referral, of a referrer or of a program in the order in which they came, referral by referral, and so those
    /// that wait. Null when the page was to start after one that there is not.
    /// </summary>
    /// <param name="status">Parked of any place; others of one referral only, for it is gone through.</param>
    Task<Page<ActionView>?> Actions(ListFilter filter, ActionStatus? status, CancellationToken stop);

    /// <summary>What was refused because its id has other content, the newest first (D11). Null when the page was to start after what there is not.</summary>
    Task<Page<ConflictView>?> Conflicts(ListFilter filter, CancellationToken stop);

    /// <summary>What happened on all referrals of a referrer, newest first (S9). Null when the page was to start after what there is not.</summary>
    Task<Page<ActivityEntry>?> ReferrerActivity(int tenant, CallerId referrer, string? after, int limit, CancellationToken stop);

    /// <summary>What happened on one referral, newest first (R9); with a number, only what concerns that enrollment (R10).</summary>
    Task<Page<ActivityEntry>> ReferralActivity(int tenant, StreamId referral, int? enrollment, string? after, int limit, CancellationToken stop);

    /// <summary>Null when there is no such referrer.</summary>
    Task<IReadOnlyList<StatementLine>?> Statement(int tenant, CallerId referrer, Period period, CancellationToken stop);

    /// <summary>The sum of every kind of account in every asset; each asset's sums come to zero.</summary>
    Task<IReadOnlyList<TrialBalanceLine>> TrialBalance(int tenant, CancellationToken stop);

    /// <summary>Stream by stream, in the order of the journal.</summary>
    Task<Page<PostingView>> Postings(ListFilter filter, CancellationToken stop);
}

public sealed record Page<T>(ImmutableArray<T> Items, bool HasMore);

public sealed record ApprovedReferral(StreamId Stream, CallerId Referee);

public sealed record AssetBalance(Asset Asset, Balance Balance);

/// <summary>From one moment to just before another, as far as it was known at a third: null for all that is known now.</summary>
public readonly record struct Period(DateTimeOffset From, DateTimeOffset To, DateTimeOffset? KnownAt);

/// <param name="Opening">What had come of everything before the period.</param>
/// <param name="Moved">What the period added to it, and may have taken from it.</param>
public sealed record StatementLine(Asset Asset, Balance Opening, Balance Moved)
{
    public Balance Closing => new(
        Opening.Earned + Moved.Earned, Opening.ClawedBack + Moved.ClawedBack, Opening.Pending + Moved.Pending, Opening.Payable + Moved.Payable,
        Opening.InTransit + Moved.InTransit, Opening.Paid + Moved.Paid);
}

public sealed record ReferrerProfile(
    StreamId Stream, CallerId Id, string Code, string? Email, string? Name, ImmutableArray<string> Tags, bool CashOptIn,
    string? StripeCustomerId, bool Closed, ImmutableArray<GrantedRule> Granted, DateTimeOffset CreatedAt);

/// <summary>A referral for its page and its enrollments.</summary>
/// <param name="Referrer">Null while actions of an unknown referral wait.</param>
/// <param name="State">As it is shown: what is pending is in lists of its own.</param>
public sealed record ReferralStory(StreamId Stream, CallerId Program, CallerId Referee, CallerId? Referrer, Referral State)
{
    /// <summary>Other ids of the referee that name it (X8).</summary>
    public IReadOnlyList<CallerId> Aliases { get; init; } = [];
}

/// <summary>What paid a referral's first cash, or that of an action: a payout takes all that is payable to its referrer when it is reserved.</summary>
/// <param name="At">When the item last changed.</param>
public sealed record FirstPayout(CallerId Batch, CallerId Item, DateTimeOffset At);

/// <summary>An action as it stands now, and what was refused under its id.</summary>
/// <param name="Paid">What paid its cash, if that was released and its money has left.</param>
public sealed record ActionStory(
    ActionOutcome Outcome, CallerId Program, CallerId Referee, CallerId? Referrer, DateTimeOffset RecordedAt, ImmutableArray<ActionConflict> Conflicts,
    FirstPayout? Paid = null);

public sealed record ActionConflict(DateTimeOffset At, ReferralAction Action);

/// <param name="Action">Null for what no action earned.</param>
/// <param name="LeftMinor">What is left of it after refunds, chargebacks and cancellation.</param>
/// <param name="Group">In which it waits (H14).</param>
/// <param name="Hold">What ends the hold window of a pending one, by the terms that it was given under (D17); null where it only waits for its date.</param>
public sealed record RewardView(
    StreamId Referral, RewardId Reward, CallerId Program, CallerId Referee, CallerId Referrer, CallerId? Action, int Enrollment, int Rule, int Version,
    Asset Asset, long Minor, long LeftMinor, RewardStatus Status, DateTimeOffset GivenAt, DateTimeOffset? ExpectedAt, RunningTotal? Total = null, RewardGroup? Group = null,
    HoldMode? Hold = null);

/// <summary>Of a schedule: a row with those before it, and all of them (H11).</summary>
public sealed record RunningTotal(long SoFarMinor, long TotalMinor);

/// <param name="Event">
/// The domain event as it was recorded, from which the gateway words the entry. It may also hold decisions of other enrollments of the
/// referral, which the page of one enrollment does not show.
/// </param>
public sealed record ActivityEntry(StreamId Referral, CallerId Program, CallerId Referee, Recorded Event);

public sealed record TrialBalanceLine(AccountKind Account, Asset Asset, long DebitMinor, long CreditMinor);

/// <param name="Referrer">Whose account it moves.</param>
/// <param name="Action">Whose doing it was; null for what no action moved.</param>
/// <param name="Reward">What it moves; null for what moves several at once, or none.</param>
public sealed record PostingView(
    StreamId Stream, int Seq, DateTimeOffset At, Posting Posting, CallerId? Referrer = null, CallerId? Action = null, RewardId? Reward = null);

/// <summary>A referral as lists show it.</summary>
public sealed record ReferralView(
    StreamId Stream, CallerId Program, CallerId Referee, CallerId Referrer, ReferralStatus Status, DateTimeOffset AttributedAt, DateTimeOffset? ApprovedAt, bool Active);

/// <summary>An action as lists show it.</summary>
/// <param name="Referrer">Null while nobody is known to have referred the referee.</param>
/// <param name="Waits">What a parked one waits for now; null for others.</param>
public sealed record ActionView(
    ReferralAction Action, ActionStatus Status, CallerId Program, CallerId Referee, CallerId? Referrer, DateTimeOffset RecordedAt, DecisionCode? Waits = null);

/// <summary>An action that was refused because its id has other content.</summary>
/// <param name="Action">As it was sent and refused.</param>
/// <param name="Program">Where the one stands that has the id.</param>
/// <param name="RecordedAt">When that one was.</param>
public sealed record ConflictView(long Id, DateTimeOffset At, ReferralAction Action, CallerId Program, CallerId Referee, DateTimeOffset RecordedAt);
