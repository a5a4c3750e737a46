using System.Collections.Immutable;
using System.Diagnostics;
using System.Text.Json.Serialization;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Money;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Gateway.Json;
using ReferralGrains.Storage.Reports;

namespace ReferralGrains.Gateway.Referrals;

/// <summary>Something that happened on a referral (S9, R9).</summary>
/// <param name="Type">A stable word for what happened.</param>
/// <param name="Text">The same in a sentence.</param>
/// <param name="Changes">What it gave to or took from enrollments; of one enrollment's page only its own.</param>
internal sealed record ActivityAnswer(
    string Id,
    DateTimeOffset At,
    string Type,
    CallerId ProgramId,
    CallerId RefereeId,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] CallerId? ActionId,
    string Text,
    ImmutableArray<ActivityChange> Changes);

/// <param name="AmountMinor">Below zero for what was taken back.</param>
/// <param name="Code">The decision, or what was done to the reward.</param>
internal sealed record ActivityChange(
    string EnrollmentId,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? RewardId,
    string Code,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Asset,
    long AmountMinor);

/// <summary>Words an event of the journal for people and for pages.</summary>
internal static class ActivityWords
{
    /// <param name="enrollment">Only what concerns this one is shown; null shows all (R10).</param>
    public static ActivityAnswer Of(ActivityEntry entry, int? enrollment)
    {
        var changes = Changes(entry.Referral, entry.Event).Where(change => enrollment is null || change.Enrollment == enrollment);
        var (type, text) = Words(entry.Event.Event);
        return new(
            "act_" + PageCursor.Of(entry), entry.Event.At, type, entry.Program, entry.Referee, ActionOf(entry.Event.Event), text,
            [.. changes.Select(change => change.Answer)]);
    }

    private static (string Type, string Text) Words(ReferralEvent e) => e switch
    {
        ReferralAttributed => ("referral_attributed", "The referee was attributed to the referrer."),
        ReferralApproved approved => ("referral_approved", $"The referral was approved and enrolled in {Count(approved.Enrolled.Length, "rule")}."),
        RuleJoined => ("rule_joined", "The referral joined a rule."),
        ReferralCancelled cancelled => ("referral_cancelled", "The referral was cancelled" + Why(cancelled.Reason)),
        ReferralReassigned reassigned => ("referral_reassigned", "The referral was given to another referrer" + Why(reassigned.Reason)),
        AliasAdded => ("alias_added", "Another id of the referee names the referral."),
        BecameAlias => ("became_alias", "The id names the referral of another."),
        ReferralFlagResolved resolved => ("flag_resolved", $"The referral's flag was {(resolved.Confirmed ? "confirmed" : "cleared")}" + Why(resolved.Reason)),
        ReferralChanged => ("referral_changed", "The referee's tags or its activity changed."),
        SaleDecided sale => ("sale_decided", $"Sale {sale.Action.Id} earned {Count(sale.Decisions.Count(decision => decision.Minor > 0), "reward")}."),
        ActionParked { From: not null } moved => ("action_moved", $"Action {moved.Action.Id}, which had waited under another id, came to the referral."),
        ActionParked parked => ("action_parked", $"Action {parked.Action.Id} waits: {parked.Waits.ToWire()}."),
        SaleReversed reversed => ("sale_reversed", $"{Kind(reversed.Action)} {reversed.Action.Id} took back from {Count(reversed.Taken.Length, "reward")}."),
        ReversalUndone undone => ("reversal_undone", $"{(undone.Action.Kind == ActionKind.RefundFailed ? "The failed refund" : "The won chargeback")} {undone.Action.Id} gave back to {Count(undone.Given.Length, "reward")}."),
        RoundReversed reversed => ("round_reversed", $"Of first sales that were paid together {(reversed.Taken.IsEmpty ? "less" : "more")} is undone: {Count(reversed.Taken.Length + reversed.Given.Length, "reward")} changed."),
        RewardsReleased released => ("rewards_released", $"{Count(released.Released.Length, "reward")} left {(released.By is null ? "the hold window" : "it by hand")}."),
        GroupSettled settled => ("group_released", $"{Count(settled.Rewards.Length, "reward")} left the referrer's group, which was released."),
        HoldsPostponed postponed => ("holds_postponed", $"{Count(postponed.Rewards.Length, "reward")} wait for a customer of whom nobody can say whether it is active."),
        RewardCancelled cancelled => ("reward_cancelled", "A pending reward was cancelled" + Why(cancelled.Reason)),
        RewardsGranted granted => ("rewards_granted", $"The approval earned {Count(granted.Decisions.Count(decision => decision.Minor > 0), "reward")}."),
        ScheduleStarted started => ("schedule_started", $"A schedule of {Count(started.Rows.Length, "reward")} began."),
        ScheduleUnlocked unlocked => ("schedule_unlocked", $"{Count(unlocked.Unlocked.Length, "reward")} of a schedule {(unlocked.By is null ? "became due" : "came early, by hand")}."),
        ScheduleEnded ended => ("schedule_ended", $"{Count(ended.Rewards.Length, "reward")} of a schedule will not come" + Why(ended.Reason ?? (ended.By is null ? ended.Code.ToWire() : null))),
        EnrollmentAdjusted adjusted => ("enrollment_adjusted", "The enrollment was adjusted" + Why(adjusted.Reason)),
        EnrollmentSwitched switched => ("enrollment_switched", $"The enrollment was {(switched.Enabled ? "enabled" : "disabled")}" + Why(switched.Reason)),
        EnrollmentDeleted deleted => ("enrollment_deleted", "The enrollment was ended" + Why(deleted.Reason)),
        CheckoutQuoted quoted => ("discount_quoted", $"A discount was told to payment {quoted.Payment}."),
        CheckoutConfirmed confirmed => ("discount_confirmed", $"Payment {confirmed.Payment} was made with its discount."),
        CheckoutReleased released => ("discount_released", $"Payment {released.Payment} {(released.By is null ? "was not heard of in time" : "was not made")}: its discount is free again."),
        _ => throw new UnreachableException(),
    };

    private static CallerId? ActionOf(ReferralEvent e) => e switch
    {
        SaleDecided sale => sale.Action.Id,
        ActionParked parked => parked.Action.Id,
        SaleReversed reversed => reversed.Action.Id,
        ReversalUndone undone => undone.Action.Id,
        _ => null,
    };

    private static IEnumerable<(int Enrollment, ActivityChange Answer)> Changes(StreamId stream, Recorded recorded) => recorded.Event switch
    {
        ReferralApproved approved => approved.Enrolled.Select((_, i) => Plain(stream, i + 1, "enrolled")),
        RuleJoined joined => [Plain(stream, joined.Enrollment, "enrolled")],
        SaleDecided sale => sale.Decisions.Select((decision, i) => Change(
            stream, decision.Enrollment, decision.Minor > 0 ? new RewardId(recorded.Seq, i).Key : null, decision.Code.ToWire(), decision.Asset, decision.Minor)),
        SaleReversed reversed => Changes(stream, reversed.Taken, DecisionCode.TakenBack.ToWire(), -1),
        ReversalUndone undone => Changes(stream, undone.Given, DecisionCode.GivenBack.ToWire(), 1),
        RoundReversed reversed =>
            [.. Changes(stream, reversed.Taken, DecisionCode.TakenBack.ToWire(), -1), .. Changes(stream, reversed.Given, DecisionCode.GivenBack.ToWire(), 1)],
        RewardsReleased released => Changes(stream, released.Released, "released", 1),
        RewardCancelled cancelled => Changes(stream, [cancelled.Taken], "cancelled", -1),
        RewardsGranted granted => granted.Decisions.Select((decision, i) => Change(
            stream, decision.Enrollment, decision.Minor > 0 ? new RewardId(recorded.Seq, i).Key : null, decision.Code.ToWire(), decision.Asset, decision.Minor)),
        ScheduleStarted started => started.Rows.IsEmpty
            ? [Plain(stream, started.Decision.Enrollment, started.Decision.Code.ToWire())]
            : started.Rows.Select((row, i) => Change(
                stream, started.Decision.Enrollment, new RewardId(recorded.Seq, i).Key, "scheduled", started.Decision.Asset, row.Minor)),
        ScheduleUnlocked unlocked => Changes(stream, unlocked.Unlocked, "unlocked", 1),
        ScheduleEnded ended => ended.Rewards.Select(reward => Change(stream, ended.Enrollment, reward, "cancelled", null, 0)),
        EnrollmentAdjusted adjusted => [Plain(stream, adjusted.Enrollment, "adjusted")],
        EnrollmentSwitched switched => [Plain(stream, switched.Enrollment, switched.Enabled ? "enabled" : "disabled")],
        EnrollmentDeleted deleted => [Plain(stream, deleted.Enrollment, "deleted")],
        _ => [],
    };

    private static IEnumerable<(int, ActivityChange)> Changes(StreamId stream, ImmutableArray<RewardChange> changes, string code, int sign) =>
        changes.Select(change => Change(stream, change.Enrollment, change.Reward, code, change.Asset, sign * change.Minor));

    private static (int, ActivityChange) Plain(StreamId stream, int enrollment, string code) => Change(stream, enrollment, null, code, null, 0);

    private static (int, ActivityChange) Change(StreamId stream, int enrollment, long? reward, string code, Asset? asset, long minor) => (enrollment, new(
        new EnrollmentName(stream, enrollment).ToString(),
        reward is { } key ? new RewardName(stream, RewardId.FromKey(key)).ToString() : null,
        code,
        asset?.Name,
        minor));

    private static string Kind(ReferralAction action) => action.Kind == ActionKind.Refund ? "Refund" : "Chargeback";

    private static string Why(string? reason) => string.IsNullOrEmpty(reason) ? "." : $": {reason}";

    private static string Count(int count, string of) => count == 1 ? $"1 {of}" : $"{count} {of}s";
}
