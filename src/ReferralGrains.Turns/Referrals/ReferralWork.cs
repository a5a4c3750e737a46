using System.Collections.Immutable;
using System.Diagnostics;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Discounts;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Referrals;

namespace ReferralGrains.Turns.Referrals;

/// <summary>
/// A command with the facts that were read for it before the turn.
/// </summary>
/// <param name="Referrer">Whom an attribution names; null when that referrer does not exist.</param>
/// <param name="SelfReferral">What makes an attribution look like the referrer's own.</param>
/// <param name="Payment">The payment that it names, if somebody asked for its discount before.</param>
/// <param name="Alias">The id that is to name the referral.</param>
public sealed record PreparedCommand(
    IReferralCommand Command, ReferrerFacts? Referrer, SelfReferral SelfReferral = SelfReferral.None, DiscountedPayment? Payment = null, FoundAlias? Alias = null);

/// <summary>
/// Runs the commands of one referral's turn against the pure decider. The enrollment grain runs it, or in a tiered program the
/// referrer grain: one implementation, so that tiers cannot be decided differently.
/// </summary>
public static class ReferralWork
{
    public static ImmutableArray<IReferralReply> Run(ReferralTurn turn, IReadOnlyList<PreparedCommand> commands, List<ReferralAction> conflicts)
    {
        for (var i = 0; i < commands.Count; i++)
            if (commands[i].Payment is { } payment) turn.Payments.Found(payment);
        turn.SettleDue();
        var replies = ImmutableArray.CreateBuilder<IReferralReply>(commands.Count);
        for (var i = 0; i < commands.Count; i++) replies.Add(Run(turn, commands[i], conflicts));
        return replies.MoveToImmutable();
    }

    private static IReferralReply Run(ReferralTurn turn, PreparedCommand prepared, List<ReferralAction> conflicts) => prepared.Command switch
    {
        RecordActions { DryRun: true } record => Record(turn.Fork(), record, []),
        RecordActions record => Record(turn, record, conflicts),
        AttributeReferral attribute => Attribute(turn, attribute, prepared),
        ApproveReferral approve => Reply(turn, ReferralCommands.Approve(turn, approve.ApprovedAt ?? turn.Facts.Now)),
        CancelReferral cancel => Reply(turn, ReferralCommands.Cancel(turn, cancel.Reason, cancel.By, cancel.CancelPending)),
        ChangeReferral change => Reply(turn, ReferralCommands.Change(turn, change.Tags, change.Active)),
        ReassignReferral reassign => Reassign(turn, reassign, prepared),
        AddAlias add => Reply(turn, Aliases.Add(turn, prepared.Alias!, add.By)),
        ResolveFlag resolve => Reply(turn, ReferralCommands.ResolveFlag(turn, resolve.Confirmed, resolve.Reason, resolve.By)),
        JoinRule join => Join(join.DryRun ? turn.Fork() : turn, join),
        AdjustEnrollment adjust => Adjust(adjust.DryRun ? turn.Fork() : turn, adjust),
        SwitchEnrollment change => Switch(change.DryRun ? turn.Fork() : turn, change),
        DeleteEnrollment delete => Reply(turn, ReferralCommands.Delete(turn, delete.Enrollment, delete.Reason, delete.By)),
        ReleaseReward release => Reply(turn, RewardCommands.Release(turn, release.Reward, release.By)),
        CancelReward cancel => Reply(turn, RewardCommands.Cancel(turn, cancel.Reward, cancel.Reason, cancel.By)),
        ICheckoutCommand checkout => CheckoutWork.Run(turn, checkout),
        SettleDue => new ReferralReply(null, false, turn.Known.Stream, turn.State),
        _ => throw new UnreachableException(),
    };

    private static ActionsRecorded Record(ReferralTurn turn, RecordActions record, List<ReferralAction> conflicts)
    {
        var replies = ImmutableArray.CreateBuilder<ActionReply>(record.Actions.Length);
        foreach (var action in record.Actions)
            replies.Add(turn.Record(action) switch
            {
                Decision.Accepted => new(null, Outcome(turn, action.Id)),
                Decision.Duplicate => new(null, Outcome(turn, action.Id), Duplicate: true),
                Decision.Conflict => Conflict(turn.Dated(action), conflicts),
                Decision.Refused refused => new(refused.Why, null),
                _ => throw new UnreachableException(),
            });
        return new(replies.MoveToImmutable());
    }

    private static ActionReply Conflict(ReferralAction action, List<ReferralAction> conflicts)
    {
        conflicts.Add(action);
        return new(new(RefusalKind.Conflict, "action_conflict", Field.ActionId, "This action id was sent before with other content; nothing was changed."), null);
    }

    private static ActionOutcome Outcome(ReferralTurn turn, CallerId id) => ActionOutcome.Of(turn.Known.Find(id)!, turn.Known, turn.State);

    private static ReferralReply Attribute(ReferralTurn turn, AttributeReferral attribute, PreparedCommand prepared)
    {
        if (prepared.Referrer is not { } referrer)
            return new(new(RefusalKind.NotFound, "referrer_not_found", Field.ReferrerId, $"There is no referrer {attribute.Referrer}."), false, turn.Known.Stream, null);
        var approvedAt = attribute.Approve ? attribute.ApprovedAt ?? turn.Facts.Now : (DateTimeOffset?)null;
        if (turn.State.Status == ReferralStatus.None) turn.Meet(referrer);
        else if (turn.State.Referrer == referrer.Stream && Differs(turn.State, attribute) is { } field)
            return new(new(RefusalKind.Conflict, "conflict", field, "This referral exists with other content."), false, turn.Known.Stream, turn.State);
        return Reply(turn, ReferralCommands.Attribute(turn, referrer, attribute.Tags ?? [], attribute.ConversionValueMinor, approvedAt, prepared.SelfReferral, attribute.StripeCustomerId, attribute.Action));
    }

    private static ReferralReply Reassign(ReferralTurn turn, ReassignReferral reassign, PreparedCommand prepared) => prepared.Referrer is { } referrer
        ? Reply(turn, ReferralCommands.Reassign(turn, referrer, reassign.Reason, reassign.By, prepared.SelfReferral))
        : new(new(RefusalKind.NotFound, "referrer_not_found", Field.ReferrerId, $"There is no referrer {reassign.Referrer}."), false, turn.Known.Stream, null);

    private static ReferralReply Join(ReferralTurn turn, JoinRule join) => Reply(turn, ReferralCommands.Join(turn, join.Rule, join.By));

    private static ReferralReply Switch(ReferralTurn turn, SwitchEnrollment change) =>
        Reply(turn, ReferralCommands.Switch(turn, change.Enrollment, change.Enabled, change.Reason, change.By));

    // Whoever sends both means both: what refuses the terms leaves the switch alone, and both stand in one append.
    private static ReferralReply Adjust(ReferralTurn turn, AdjustEnrollment adjust)
    {
        var adjusted = ReferralCommands.Adjust(turn, adjust.Enrollment, adjust.AdjustedBy, adjust.Adjustment, adjust.Reason, adjust.By);
        if (adjusted is Decision.Accepted && adjust.Enabled is { } enabled)
            ReferralCommands.Switch(turn, adjust.Enrollment, enabled, adjust.Reason, adjust.By);
        return Reply(turn, adjusted);
    }

    private static Field? Differs(Referral state, AttributeReferral sent) =>
        sent.ConversionValueMinor is { } value && value != state.ConversionValueMinor ? Field.ConversionValueMinor
        : sent.Tags is { } tags && !tags.SequenceEqual(state.Tags) ? Field.Tags
        : sent.Approve && state.Status == ReferralStatus.Pending ? Field.Status
        : sent.StripeCustomerId is { } customer && customer != state.StripeCustomerId ? Field.StripeCustomerId
        : sent.Action is { } action && action != state.RedeemedWith ? Field.ActionId
        : sent.ApprovedAt is { } at && state.Status == ReferralStatus.Approved && at != state.ApprovedAt ? Field.ApprovedAt
        : null;

    private static ReferralReply Reply(ReferralTurn turn, Decision decision) => decision switch
    {
        Decision.Accepted => new(null, true, turn.Known.Stream, turn.State),
        Decision.Unchanged => new(null, false, turn.Known.Stream, turn.State),
        Decision.Refused refused => new(refused.Why, false, turn.Known.Stream, null),
        _ => throw new UnreachableException(),
    };
}
