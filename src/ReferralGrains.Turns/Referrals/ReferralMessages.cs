using System.Collections.Immutable;
using System.Text.Json.Serialization;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Turns.Referrals;

/// <summary>What an enrollment grain takes; in a tiered program it is handed up to the referrer, which decides it (H2).</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "command")]
[JsonDerivedType(typeof(RecordActions), "record")]
[JsonDerivedType(typeof(AttributeReferral), "attribute")]
[JsonDerivedType(typeof(ApproveReferral), "approve")]
[JsonDerivedType(typeof(CancelReferral), "cancel")]
[JsonDerivedType(typeof(ChangeReferral), "change")]
[JsonDerivedType(typeof(ResolveFlag), "resolve_flag")]
[JsonDerivedType(typeof(ReassignReferral), "reassign")]
[JsonDerivedType(typeof(AddAlias), "add_alias")]
[JsonDerivedType(typeof(JoinRule), "join")]
[JsonDerivedType(typeof(AdjustEnrollment), "adjust")]
[JsonDerivedType(typeof(SwitchEnrollment), "switch")]
[JsonDerivedType(typeof(DeleteEnrollment), "delete")]
[JsonDerivedType(typeof(ReleaseReward), "release")]
[JsonDerivedType(typeof(CancelReward), "cancel_reward")]
[JsonDerivedType(typeof(SettleDue), "settle")]
[JsonDerivedType(typeof(QuoteCheckout), "quote_checkout")]
[JsonDerivedType(typeof(ConfirmCheckout), "confirm_checkout")]
[JsonDerivedType(typeof(ReleaseCheckout), "release_checkout")]
public interface IReferralCommand : ICommand;

[JsonPolymorphic(TypeDiscriminatorPropertyName = "reply")]
[JsonDerivedType(typeof(ActionsRecorded), "actions")]
[JsonDerivedType(typeof(ReferralReply), "referral")]
[JsonDerivedType(typeof(CheckoutReply), "checkout")]
public interface IReferralReply
{
    /// <summary>Nothing was done: the id is an alias, and this is the referee whose referral it names (X8).</summary>
    CallerId? MovedTo { get; }
}

/// <summary>Actions of one referee, taken in in this order.</summary>
/// <param name="DryRun">Nothing is saved: the answer is what would be (R12).</param>
public sealed record RecordActions(ImmutableArray<ReferralAction> Actions, bool DryRun = false) : ICommand<ActionsRecorded>, IReferralCommand;

/// <summary>One reply an action, in the same order.</summary>
public sealed record ActionsRecorded(ImmutableArray<ActionReply> Replies, CallerId? MovedTo = null) : IReferralReply;

/// <summary>Either a refusal or an outcome.</summary>
/// <param name="Duplicate">Sent before with the same content (D11).</param>
public sealed record ActionReply(Refusal? Refusal, ActionOutcome? Outcome, bool Duplicate = false);

/// <summary>Links a referee to a referrer for good (V2). Optional content that is null is not compared with what is there.</summary>
/// <param name="Approve">Otherwise the referral is pending.</param>
/// <param name="ApprovedAt">May lie in the past; null means now.</param>
/// <param name="RefereeEmail">Compared with the referrer's (D16), and kept nowhere.</param>
/// <param name="Action">The sale at whose checkout the code was entered: it is not before approval (D9).</param>
public sealed record AttributeReferral(
    CallerId Referrer, ImmutableArray<string>? Tags, long? ConversionValueMinor, bool Approve, DateTimeOffset? ApprovedAt, string? RefereeEmail = null,
    string? StripeCustomerId = null, CallerId? Action = null) : ICommand<ReferralReply>, IReferralCommand;

/// <summary>Gives a referral to another referrer, for the future (D16). It is a turn of its own, decided where the new referrer's books are.</summary>
public sealed record ReassignReferral(CallerId Referrer, string? Reason, string By) : ICommand<ReferralReply>, IReferralCommand;

/// <summary>Lets another id of the referee name its referral, for good (X8).</summary>
public sealed record AddAlias(CallerId Alias, string By) : ICommand<ReferralReply>, IReferralCommand;

public sealed record ApproveReferral(DateTimeOffset? ApprovedAt) : ICommand<ReferralReply>, IReferralCommand;

/// <param name="CancelPending">Pending rewards are cancelled too; otherwise they stay (D9).</param>
public sealed record CancelReferral(string? Reason, string By, bool CancelPending) : ICommand<ReferralReply>, IReferralCommand;

/// <summary>Enrolls an approved referral in a rule of its program that it has no enrollment under (D17).</summary>
/// <param name="Rule">Its number in the program.</param>
/// <param name="DryRun">Nothing is saved: the answer is what would be.</param>
public sealed record JoinRule(int Rule, string By, bool DryRun = false) : ICommand<ReferralReply>, IReferralCommand;

/// <summary>Somebody looked at the referral's flag (X9).</summary>
/// <param name="Confirmed">It is cancelled with all that is pending; otherwise its rewards go where their holds say.</param>
public sealed record ResolveFlag(bool Confirmed, string? Reason, string By) : ICommand<ReferralReply>, IReferralCommand;

public sealed record ChangeReferral(ImmutableArray<string>? Tags, bool? Active) : ICommand<ReferralReply>, IReferralCommand;

/// <param name="AdjustedBy">Of the enrollment when it was read: an optimistic lock.</param>
/// <param name="Enabled">Switches it in the same append; null leaves it as it is.</param>
/// <param name="DryRun">Nothing is saved: the answer is what would be.</param>
public sealed record AdjustEnrollment(
    int Enrollment, int AdjustedBy, Adjustment Adjustment, string Reason, string By, bool? Enabled = null, bool DryRun = false) : ICommand<ReferralReply>, IReferralCommand;

/// <param name="DryRun">Nothing is saved: the answer is what would be.</param>
public sealed record SwitchEnrollment(int Enrollment, bool Enabled, string Reason, string By, bool DryRun = false) : ICommand<ReferralReply>, IReferralCommand;

public sealed record DeleteEnrollment(int Enrollment, string Reason, string By) : ICommand<ReferralReply>, IReferralCommand;

public sealed record ReleaseReward(RewardId Reward, string By) : ICommand<ReferralReply>, IReferralCommand;

public sealed record CancelReward(RewardId Reward, string? Reason, string By) : ICommand<ReferralReply>, IReferralCommand;

/// <summary>From the sweeper: something is due. Every turn settles what is due anyway; this one only wakes.</summary>
/// <param name="At">
/// The time that the sweeper saw. Grain time is at least that, for the clock of a sandbox may have been moved in another process a
/// moment ago.
/// </param>
public sealed record SettleDue(DateTimeOffset At = default) : ICommand<ReferralReply>, IReferralCommand;

/// <summary>The referral as it is after the command, durable.</summary>
/// <param name="Changed">False when there was nothing to change: for a creating call, a repeat.</param>
public sealed record ReferralReply(Refusal? Refusal, bool Changed, StreamId Stream, Referral? State, CallerId? MovedTo = null) : IReferralReply;

/// <summary>
/// From an enrollment grain of a tiered program: its turn, with its bounded state, to be decided with the referrer's tally and
/// committed with it in one append while the enrollment waits. Anything else can count a sale that never commits, or pay two jumps.
/// </summary>
public sealed record DecideReferral(
    StreamId Stream,
    CallerId Program,
    CallerId Referee,
    Referral State,
    DateTimeOffset Now,
    ImmutableArray<ActionHistory> Known,
    ImmutableArray<PreparedCommand> Commands,
    CustomerState Customer = CustomerState.NotAsked,
    ImmutableArray<UndoneRound>? Undone = null,
    ImmutableArray<ReferrerFacts>? Earlier = null) : ICommand<ReferralDecided>
{
    /// <summary>
    /// To whose streams it may add rows: the referee's, and those of ids that are to name the referral (X8). A stream is once in an append; by its
    /// number one cannot tell, for one that is not there yet has another number for each who looks.
    /// </summary>
    public IEnumerable<(CallerId Program, CallerId Referee)> Names =>
        Commands.Select(static prepared => prepared.Alias?.Id).OfType<CallerId>().Prepend(Referee).Distinct().Select(id => (Program, id));

    /// <summary>
    /// Referrers whose the referral was, and who were given rewards of a budget that the turn may take back or give back some of (X5, D16): it may add a
    /// row to their streams.
    /// </summary>
    /// <param name="referrer">Who decides: not one of them.</param>
    public IReadOnlySet<StreamId> EarlierOwners(StreamId referrer)
    {
        var owners = new HashSet<StreamId>();
        foreach (var hold in State.Holds)
            if (hold.Month > 0) owners.Add(hold.Referrer);
        foreach (var history in Known)
            foreach (var recorded in history.Events)
                if (recorded.Event is SaleDecided sale && sale.Decisions.Any(static decision => decision is { Minor: > 0, Further.Budget: not null })) owners.Add(sale.Referrer);
        owners.Remove(referrer);
        return owners;
    }
}

/// <param name="Outcome">How the append ended; if it did not hold, the enrollment refolds and asks again.</param>
/// <param name="State">The referral as it is then.</param>
public sealed record ReferralDecided(AppendOutcome Outcome, ImmutableArray<IReferralReply> Replies, Referral? State);
