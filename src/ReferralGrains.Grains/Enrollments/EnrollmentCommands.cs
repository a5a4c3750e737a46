using System.Collections.Immutable;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Enrollments;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Grains.Engine;

namespace ReferralGrains.Grains.Enrollments;

/// <summary>Actions of one referee, taken in in this order.</summary>
/// <param name="DryRun">Nothing is saved: the answer is what would be (R12).</param>
public sealed record RecordActions(ImmutableArray<ReferralAction> Actions, bool DryRun = false) : ICommand<ActionsRecorded>;

/// <summary>One reply an action, in the same order.</summary>
public sealed record ActionsRecorded(ImmutableArray<ActionReply> Replies);

/// <summary>Either a refusal or an outcome.</summary>
/// <param name="Duplicate">Sent before with the same content (D11).</param>
public sealed record ActionReply(Refusal? Refusal, ActionOutcome? Outcome, bool Duplicate = false);

/// <summary>Links a referee to a referrer for good (V2). Optional content that is null is not compared with what is there.</summary>
/// <param name="Approve">Otherwise the referral is pending.</param>
/// <param name="ApprovedAt">May lie in the past; null means now.</param>
public sealed record AttributeReferral(
    CallerId Referrer, ImmutableArray<string>? Tags, long? ConversionValueMinor, bool Approve, DateTimeOffset? ApprovedAt) : ICommand<ReferralReply>;

public sealed record ApproveReferral(DateTimeOffset? ApprovedAt) : ICommand<ReferralReply>;

/// <param name="CancelPending">Pending rewards are cancelled too; otherwise they stay (D9).</param>
public sealed record CancelReferral(string? Reason, string By, bool CancelPending) : ICommand<ReferralReply>;

public sealed record ChangeReferral(ImmutableArray<string>? Tags, bool? Active) : ICommand<ReferralReply>;

/// <param name="AdjustedBy">Of the enrollment when it was read: an optimistic lock.</param>
public sealed record AdjustEnrollment(int Enrollment, int AdjustedBy, Adjustment Adjustment, string Reason, string By) : ICommand<ReferralReply>;

public sealed record SwitchEnrollment(int Enrollment, bool Enabled, string Reason, string By) : ICommand<ReferralReply>;

public sealed record DeleteEnrollment(int Enrollment, string Reason, string By) : ICommand<ReferralReply>;

public sealed record ReleaseReward(RewardId Reward, string By) : ICommand<ReferralReply>;

public sealed record CancelReward(RewardId Reward, string? Reason, string By) : ICommand<ReferralReply>;

/// <summary>From the sweeper: something is due. Every turn settles what is due anyway; this one only wakes.</summary>
public sealed record SettleDue : ICommand<ReferralReply>;

/// <summary>The referral as it is after the command, durable.</summary>
/// <param name="Changed">False when there was nothing to change: for a creating call, a repeat.</param>
public sealed record ReferralReply(Refusal? Refusal, bool Changed, StreamId Stream, Referral? State);
