namespace ReferralGrains.Storage.Webhooks;

/// <summary>The data of events that are made up, with the properties that those of the journal have.</summary>
public static class WebhookSamples
{
    private const string Referral = "\"program_id\":\"friends\",\"referee_id\":\"cus_sample\"";
    private const string Reward = Referral + ",\"reward_id\":\"rwd_1_3_0\",\"enrollment_id\":\"enr_1_1\",\"referrer_id\":\"rita\",\"rule_id\":\"classic10\",\"action_id\":\"sale_sample\",\"asset\":\"GBP\",\"amount_minor\":500";
    private const string Item = "\"item_id\":\"item_sample\",\"batch_id\":\"batch_sample\",\"referrer_id\":\"rita\",\"currency\":\"GBP\",\"amount_minor\":5000";
    private const string Batch = "\"batch_id\":\"batch_sample\"";
    private const string Flag = Referral + ",\"flag_id\":\"flag_1_1\",\"kind\":\"self_referral\",\"reason\":\"same_id\"";

    /// <summary>JSON.</summary>
    public static string Of(WebhookEventType type) => "{" + (type switch
    {
        WebhookEventType.ReferralCreated => Referral + ",\"referrer_id\":\"rita\"",
        WebhookEventType.ReferralApproved => Referral + ",\"approved_at\":\"2026-01-01T00:00:00Z\"",
        WebhookEventType.ReferralCancelled => Referral,
        WebhookEventType.ReferralReassigned => Referral + ",\"referrer_id\":\"rita\",\"previous_referrer_id\":\"ralf\"",
        WebhookEventType.RewardPending => Reward + ",\"release_at\":\"2026-01-31T00:00:00Z\"",
        WebhookEventType.RewardPayable or WebhookEventType.RewardCancelled => Reward,
        WebhookEventType.RewardClawedBack => Reward + ",\"by_action_id\":\"refund_sample\",\"state\":\"pending\"",
        WebhookEventType.RewardRestored => Reward + ",\"by_action_id\":\"refund_failed_sample\",\"release_at\":\"2026-01-31T00:00:00Z\",\"state\":\"pending\"",
        WebhookEventType.RewardGroupReleased => "\"referrer_id\":\"rita\",\"program_id\":\"friends\",\"rule_id\":\"classic10\",\"asset\":\"GBP\",\"amount_minor\":10000",
        WebhookEventType.ReferrerCreated or WebhookEventType.ReferrerClosed => "\"referrer_id\":\"rita\"",
        WebhookEventType.EntryBooked => "\"referrer_id\":\"rita\",\"entry_id\":\"bonus_sample\",\"asset\":\"GBP\",\"amount_minor\":1000,\"already_paid\":false",
        WebhookEventType.FlagRaised or WebhookEventType.FlagCleared or WebhookEventType.FlagConfirmed => Flag,
        WebhookEventType.PayoutItemReserved => Item,
        WebhookEventType.PayoutItemPaid => Item + ",\"transfer_id\":\"tr_sample\"",
        WebhookEventType.PayoutItemFailed => Item + ",\"code\":\"account_closed\"",
        WebhookEventType.PayoutItemReleased => Item + ",\"because\":\"account_not_ready\"",
        WebhookEventType.PayoutItemReversed => Item + ",\"reversed_minor\":5000",
        WebhookEventType.PayoutItemInReview => Item + ",\"because\":\"differs\"",
        WebhookEventType.PayoutItemReversalRejected => Item + ",\"reversal_id\":\"back-17\",\"code\":\"balance_insufficient\"",
        WebhookEventType.PayoutItemReviewed => Item + ",\"answer\":\"never_paid\"",
        WebhookEventType.PayoutBatchReady => Batch + ",\"hash\":\"5f0c\"",
        WebhookEventType.PayoutBatchPaused => Batch + ",\"because\":\"awaiting_funds\"",
        WebhookEventType.PayoutBatchApproved or WebhookEventType.PayoutBatchSettled or WebhookEventType.PayoutBatchCancelled => Batch,
        WebhookEventType.Test => "",
        _ => throw new System.Diagnostics.UnreachableException(),
    }) + "}";

    /// <summary>A message that no event of the journal stands behind.</summary>
    public static WebhookMessage Message(WebhookEventType type, DateTimeOffset at) =>
        WebhookBodies.Made("evt_test_" + Guid.NewGuid().ToString("n"), type, at, Of(type));
}
