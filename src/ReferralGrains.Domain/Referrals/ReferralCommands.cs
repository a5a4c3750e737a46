using System.Collections.Immutable;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Flags;
using ReferralGrains.Domain.Identity;

namespace ReferralGrains.Domain.Referrals;

/// <summary>Attributing, approving and cancelling a referral, and adjusting single enrollments (V2, R1, R10, D17).</summary>
public static class ReferralCommands
{
    /// <summary>The first valid attribution wins (D16); the same one again is a repeat.</summary>
    /// <param name="approvedAt">May lie in the past and only anchors windows (D17); null leaves the referral pending.</param>
    /// <param name="selfReferral">What makes it look like the referrer's own: flagged, and attributed all the same (D16).</param>
    public static Decision Attribute(
        ReferralTurn turn, ReferrerFacts referrer, ImmutableArray<string> tags, long? conversionValueMinor, DateTimeOffset? approvedAt,
        SelfReferral selfReferral = SelfReferral.None, string? stripeCustomerId = null, CallerId? action = null)
    {
        var state = turn.State;
        if (state.Status != ReferralStatus.None)
            return state.Referrer == referrer.Stream
                ? new Decision.Unchanged()
                : Refused(RefusalKind.Conflict, "already_attributed", Field.ReferrerId, "This referee was referred by another referrer.");
        if (referrer.Closed) return Refused(RefusalKind.Senseless, "referrer_closed", Field.ReferrerId, "This referrer is closed.");
        if (turn.Facts.Program.Disabled) return Disabled();
        if (InFuture(turn, approvedAt) is { } refused) return refused;
        var seq = turn.Apply(new ReferralAttributed(
            referrer.Stream, turn.Facts.Program.Revision, tags, conversionValueMinor, selfReferral, stripeCustomerId, turn.Facts.Program.NewCustomer,
            OnReview: selfReferral != SelfReferral.None, Action: action));
        turn.Meet(referrer);
        if (approvedAt is { } at) Approve(turn, at);
        return new Decision.Accepted(seq);
    }

    /// <summary>
    /// Enrolls the referral in every rule that is enabled and active now, on the versions of its attribution, or the first of what was published
    /// since (R1, D17).
    /// </summary>
    public static Decision Approve(ReferralTurn turn, DateTimeOffset approvedAt)
    {
        switch (turn.State.Status)
        {
            case ReferralStatus.None: return Missing();
            case ReferralStatus.Approved: return new Decision.Unchanged();
            case ReferralStatus.Cancelled: return Refused(RefusalKind.Conflict, "referral_cancelled", null, "A cancelled referral cannot be approved.");
        }

        if (turn.Facts.Program.Disabled) return Disabled();
        if (InFuture(turn, approvedAt) is { } refused) return refused;
        var enrolled = turn.Facts.Program.Rules
            .Where(rule => rule.State.Enabled && rule.State.IsActiveAt(turn.Facts.Now))
            .Select(rule => new EnrolledRule(rule.Number, rule.At(turn.State.Revision).Number));
        var seq = turn.Apply(new ReferralApproved(approvedAt, [.. enrolled]));
        Schedules.Approved(turn);
        turn.ReplayParked();
        return new Decision.Accepted(seq);
    }

    /// <summary>
    /// Enrolls an approved referral in a rule that is in force, on its newest version. What arrived before stays as it was decided;
    /// an enrollment that was deleted is not made again (D17, R10).
    /// </summary>
    public static Decision Join(ReferralTurn turn, int number, string by)
    {
        if (turn.State.Status == ReferralStatus.None) return Missing();
        if (number < 1 || number > turn.Facts.Program.Rules.Length)
            return Refused(RefusalKind.NotFound, "rule_not_found", Field.RuleId, "There is no such rule here yet; try again.");
        var rule = turn.Facts.Program.Rule(number);
        if (turn.State.Status != ReferralStatus.Approved)
            return Refused(RefusalKind.Conflict, "referral_not_approved", Field.RefereeId, "Only an approved referral can join a rule.");
        if (turn.State.Enrollments.Any(enrollment => enrollment.Rule == number)) return new Decision.Unchanged();
        if (turn.Facts.Program.Disabled) return Disabled();
        if (!rule.State.Enabled || !rule.State.IsActiveAt(turn.Facts.Now))
            return Refused(RefusalKind.Conflict, "rule_not_in_force", Field.RuleId, "A rule that is disabled or outside its dates enrolls nobody.");
        var seq = turn.Apply(new RuleJoined(turn.State.Enrollments.Length + 1, number, rule.Latest.Number, by));

        // Its approval is over, so what rewards approvals has nothing to reward; a schedule starts now.
        Schedules.Start(turn, turn.State.Enrollments[^1], turn.Facts.Now);
        return new Decision.Accepted(seq);
    }

    /// <summary>Accrual stops; what waited is decided as cancelled; pending rewards stay unless they are cancelled too (D9).</summary>
    /// <param name="cancelPending">Also those of sales that the same turn has just decided, and of a referral that was cancelled before.</param>
    public static Decision Cancel(ReferralTurn turn, string? reason, string by, bool cancelPending) => Cancel(turn, reason, by, _ => cancelPending);

    private static Decision Cancel(ReferralTurn turn, string? reason, string by, Func<OpenHold, bool> cancels)
    {
        if (turn.State.Status == ReferralStatus.None) return Missing();
        var before = turn.State.Seq;
        if (turn.State.Status != ReferralStatus.Cancelled) turn.Apply(new ReferralCancelled(reason, by));
        Schedules.End(turn, _ => true, DecisionCode.ReferralCancelled, reason, by);
        foreach (var hold in turn.State.Holds)
            if (cancels(hold)) RewardCommands.Cancel(turn, RewardId.FromKey(hold.Reward), reason, by);
        turn.ReplayParked();
        return turn.State.Seq == before ? new Decision.Unchanged() : new Decision.Accepted(before + 1);
    }

    /// <summary>
    /// Gives the referral to another referrer, for the future: its sales from now on are credited to that one (D16). A flag is of whose the referral
    /// is, and what waits is of whose it was: neither are rewards paid because the flag went with the referrer, nor held back and cancelled for the
    /// flag of another (X9).
    /// </summary>
    public static Decision Reassign(ReferralTurn turn, ReferrerFacts referrer, string? reason, string by, SelfReferral selfReferral)
    {
        var state = turn.State;
        if (state.Referrer != referrer.Stream && (state.IsFlagged || selfReferral != SelfReferral.None) && (state.Scheduled is not null || state.Holds.Count > 0))
            return Refused(RefusalKind.Conflict, "referral_flagged", null, "The referral is flagged, or would be, and rewards of the referrer before wait: clear its flag, or cancel them, first.");
        return Give(turn, referrer, reason, by, selfReferral);
    }

    /// <summary>
    /// As <see cref="Reassign"/>, whoever is flagged. What waits in a group of the old one has to be released first, for a group is of one referrer.
    /// </summary>
    internal static Decision Give(ReferralTurn turn, ReferrerFacts referrer, string? reason, string by, SelfReferral selfReferral)
    {
        var state = turn.State;
        if (state.Status == ReferralStatus.None) return Missing();
        if (state.Referrer == referrer.Stream) return new Decision.Unchanged();
        if (state.Status == ReferralStatus.Cancelled) return Refused(RefusalKind.Conflict, "referral_cancelled", null, "A cancelled referral is not re-assigned.");
        if (referrer.Closed) return Refused(RefusalKind.Senseless, "referrer_closed", Field.ReferrerId, "This referrer is closed.");
        foreach (var hold in state.Holds)
            if (hold.Group > 0) return Refused(RefusalKind.Conflict, "rewards_grouped", null, "Rewards of this referral wait in a group of its referrer; release that first.");
        var seq = turn.Apply(new ReferralReassigned(state.Referrer, referrer.Stream, state.Status == ReferralStatus.Approved, reason, by, selfReferral));
        turn.Meet(referrer);
        return new Decision.Accepted(seq);
    }

    /// <summary>
    /// Somebody looked at a flagged referral: cleared, its rewards go where their holds say; confirmed, it is cancelled with all that is
    /// pending of its referrer (X9).
    /// </summary>
    public static Decision ResolveFlag(ReferralTurn turn, bool confirmed, string? reason, string by)
    {
        if (turn.State.Flag == FlagState.None) return Refused(RefusalKind.NotFound, "flag_not_found", Field.Id, "There is no such flag.");
        if (turn.State.Flag == (confirmed ? FlagState.Confirmed : FlagState.Cleared)) return new Decision.Unchanged();
        var seq = turn.Apply(new ReferralFlagResolved(confirmed, reason, by));
        if (confirmed) Cancel(turn, reason ?? "The flag was confirmed.", by, hold => turn.State.HoldsBack(hold.Referrer));
        else turn.SettleDue();
        return new Decision.Accepted(seq);
    }

    public static Decision Change(ReferralTurn turn, ImmutableArray<string>? tags, bool? active)
    {
        if (turn.State.Status == ReferralStatus.None) return Missing();
        var changes = (tags is { } t && !t.SequenceEqual(turn.State.Tags)) || (active is { } a && a != turn.State.Active);
        return changes ? new Decision.Accepted(turn.Apply(new ReferralChanged(tags, active))) : new Decision.Unchanged();
    }

    /// <param name="adjustedBy">The row of the adjustment that the author saw; another one since then is a conflict.</param>
    /// <remarks>Another asset is for new referrals only (R14): the amount cap of an enrollment counts one (D2).</remarks>
    public static Decision Adjust(ReferralTurn turn, int number, int adjustedBy, Adjustment adjustment, string reason, string by)
    {
        if (Find(turn, number) is not { } enrollment) return MissingEnrollment();
        if (enrollment.AdjustedBy != adjustedBy)
            return Refused(RefusalKind.Conflict, "changed_meanwhile", null, "Somebody else adjusted this enrollment; read it again.");
        if (adjustment.Reward is { } reward && reward.Asset != turn.Facts.Program.Terms(enrollment.Rule, enrollment.Version).Reward.Asset)
            return Refused(RefusalKind.Senseless, "other_asset", Field.Payout, "An enrollment keeps the asset that it earns: its net is never mixed.");
        return new Decision.Accepted(turn.Apply(new EnrollmentAdjusted(number, adjustment, reason, by)));
    }

    public static Decision Switch(ReferralTurn turn, int number, bool enabled, string reason, string by)
    {
        if (Find(turn, number) is not { } enrollment) return MissingEnrollment();
        if (enrollment.Disabled != enabled) return new Decision.Unchanged();
        return new Decision.Accepted(turn.Apply(new EnrollmentSwitched(number, enabled, reason, by)));
    }

    public static Decision Delete(ReferralTurn turn, int number, string reason, string by)
    {
        if (turn.State.Enrollment(number) is { Deleted: true }) return new Decision.Unchanged();
        if (Find(turn, number) is null) return MissingEnrollment();
        var seq = turn.Apply(new EnrollmentDeleted(number, reason, by));
        Schedules.End(turn, row => row.Enrollment == number, DecisionCode.EnrollmentDisabled, reason, by);
        return new Decision.Accepted(seq);
    }

    private static Enrollment? Find(ReferralTurn turn, int number) =>
        turn.State.Enrollment(number) is { Deleted: false } enrollment ? enrollment : null;

    private static Decision.Refused? InFuture(ReferralTurn turn, DateTimeOffset? approvedAt) =>
        approvedAt > turn.Facts.Now + ActionDecider.FutureTolerance
            ? Refused(RefusalKind.Senseless, "approved_in_future", Field.ApprovedAt, "It was approved more than 5 minutes in the future.")
            : null;

    // Who is there already goes on; nobody is attributed, approved or enrolled any more (S1).
    private static Decision.Refused Disabled() =>
        Refused(RefusalKind.Conflict, "program_disabled", Field.ProgramId, "This program is disabled: it takes in nobody new.");

    private static Decision.Refused Missing() => Refused(RefusalKind.NotFound, "referral_not_found", Field.RefereeId, "There is no such referral.");

    private static Decision.Refused MissingEnrollment() => Refused(RefusalKind.NotFound, "enrollment_not_found", Field.Id, "There is no such enrollment.");

    private static Decision.Refused Refused(RefusalKind kind, string code, Field? field, string detail) => new(new Refusal(kind, code, field, detail));
}
