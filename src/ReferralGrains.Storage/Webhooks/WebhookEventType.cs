using System.Collections.Frozen;
using System.Collections.Immutable;
using ReferralGrains.Domain.Payouts;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Referrers;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Storage.Webhooks;

/// <summary>What others are told of. The numbers are in rows and never change; nor do the words outside.</summary>
public enum WebhookEventType
{
    ReferralCreated = 1,
    ReferralApproved = 2,
    ReferralCancelled = 3,
    ReferralReassigned = 4,
    RewardPending = 10,
    RewardPayable = 11,
    RewardCancelled = 12,
    RewardClawedBack = 13,
    RewardRestored = 14,
    RewardGroupReleased = 15,
    ReferrerCreated = 20,
    ReferrerClosed = 21,
    EntryBooked = 22,
    FlagRaised = 30,
    FlagCleared = 31,
    FlagConfirmed = 32,
    PayoutItemReserved = 40,
    PayoutItemPaid = 41,
    PayoutItemFailed = 42,
    PayoutItemReleased = 43,
    PayoutItemReversed = 44,
    PayoutItemInReview = 45,
    PayoutItemReviewed = 46,
    PayoutItemReversalRejected = 47,
    PayoutBatchReady = 50,
    PayoutBatchApproved = 51,
    PayoutBatchPaused = 52,
    PayoutBatchSettled = 53,
    PayoutBatchCancelled = 54,

    /// <summary>Sent when somebody asks for it, to one endpoint, and in no list.</summary>
    Test = 90,
}

/// <summary>The words for types, and which rows of the journal make which.</summary>
public static class WebhookEventTypes
{
    private static readonly (WebhookEventType Type, string Word, Type? Of)[] all =
    [
        (WebhookEventType.ReferralCreated, "referral.created", typeof(ReferralAttributed)),
        (WebhookEventType.ReferralApproved, "referral.approved", typeof(ReferralApproved)),
        (WebhookEventType.ReferralCancelled, "referral.cancelled", typeof(ReferralCancelled)),
        (WebhookEventType.ReferralReassigned, "referral.reassigned", typeof(ReferralReassigned)),
        (WebhookEventType.RewardPending, "reward.pending", typeof(SaleDecided)),
        (WebhookEventType.RewardPayable, "reward.payable", typeof(RewardsReleased)),
        (WebhookEventType.RewardCancelled, "reward.cancelled", typeof(RewardCancelled)),
        (WebhookEventType.RewardClawedBack, "reward.clawed_back", typeof(SaleReversed)),
        (WebhookEventType.RewardRestored, "reward.restored", typeof(ReversalUndone)),
        (WebhookEventType.RewardGroupReleased, "reward_group.released", typeof(GroupReleased)),
        (WebhookEventType.ReferrerCreated, "referrer.created", typeof(ReferrerCreated)),
        (WebhookEventType.ReferrerClosed, "referrer.closed", typeof(ReferrerClosed)),
        (WebhookEventType.EntryBooked, "entry.booked", typeof(EntryBooked)),
        (WebhookEventType.FlagRaised, "flag.raised", null),
        (WebhookEventType.FlagCleared, "flag.cleared", null),
        (WebhookEventType.FlagConfirmed, "flag.confirmed", null),
        (WebhookEventType.PayoutItemReserved, "payout_item.reserved", typeof(PayoutReserved)),
        (WebhookEventType.PayoutItemPaid, "payout_item.paid", typeof(TransferMade)),
        (WebhookEventType.PayoutItemFailed, "payout_item.failed", typeof(TransferRejected)),
        (WebhookEventType.PayoutItemReleased, "payout_item.released", typeof(PayoutReleased)),
        (WebhookEventType.PayoutItemReversed, "payout_item.reversed", typeof(TransferReversed)),
        (WebhookEventType.PayoutItemInReview, "payout_item.in_review", typeof(PayoutToReview)),
        (WebhookEventType.PayoutItemReviewed, "payout_item.reviewed", typeof(ReviewResolved)),
        (WebhookEventType.PayoutItemReversalRejected, "payout_item.reversal_rejected", typeof(ReversalStep)),
        (WebhookEventType.PayoutBatchReady, "payout_batch.ready", typeof(BatchFrozen)),
        (WebhookEventType.PayoutBatchApproved, "payout_batch.approved", typeof(BatchApproved)),
        (WebhookEventType.PayoutBatchPaused, "payout_batch.paused", typeof(SendingPaused)),
        (WebhookEventType.PayoutBatchSettled, "payout_batch.settled", typeof(BatchSettled)),
        (WebhookEventType.PayoutBatchCancelled, "payout_batch.cancelled", typeof(BatchCancelled)),
    ];

    // Rows that make types of another row's.
    private static readonly (WebhookEventType Type, Type Of)[] more =
    [
        (WebhookEventType.RewardPending, typeof(RewardsGranted)),
        (WebhookEventType.RewardPending, typeof(ScheduleUnlocked)),
        (WebhookEventType.RewardPayable, typeof(SaleDecided)),
        (WebhookEventType.RewardPayable, typeof(RewardsGranted)),
        (WebhookEventType.RewardPayable, typeof(ScheduleUnlocked)),
        (WebhookEventType.RewardClawedBack, typeof(RoundReversed)),
        (WebhookEventType.RewardRestored, typeof(RoundReversed)),
        (WebhookEventType.PayoutItemPaid, typeof(PaidOutside)),
    ];

    private static readonly FrozenDictionary<WebhookEventType, string> words =
        all.Select(static one => KeyValuePair.Create(one.Type, one.Word)).Append(KeyValuePair.Create(WebhookEventType.Test, "webhook.test")).ToFrozenDictionary();

    private static readonly FrozenDictionary<string, WebhookEventType> types = all.ToFrozenDictionary(static one => one.Word, static one => one.Type);

    /// <summary>All that an endpoint can ask for, as the outside knows them.</summary>
    public static ImmutableArray<string> Words { get; } = [.. all.Select(static one => one.Word)];

    public static string ToWord(this WebhookEventType type) => words[type];

    public static WebhookEventType? Find(string word) => types.TryGetValue(word, out var type) ? type : null;

    /// <summary>The numbers of the journal's events that make any of some types; of none, of all.</summary>
    internal static IEnumerable<short> RowsOf(IReadOnlyCollection<WebhookEventType> wanted) => all
        .Where(static one => one.Of is not null).Select(static one => (one.Type, Of: one.Of!)).Concat(more)
        .Where(one => wanted.Count == 0 || wanted.Contains(one.Type)).Select(static one => EventCodec.NumberOf(one.Of)).Distinct();

    /// <summary>What others are told of an event of the journal.</summary>
    /// <returns>The type, and which part of the event it is about.</returns>
    internal static IEnumerable<(WebhookEventType Type, int Part)> Of(object e) => e switch
    {
        SaleDecided sale => Given(sale.Decisions),
        RewardsGranted granted => Given(granted.Decisions),
        ScheduleUnlocked unlocked => unlocked.Unlocked.Select(static (change, i) => (Held(change.Pending), i)),
        RewardsReleased released => released.Released.Select(static (_, i) => (WebhookEventType.RewardPayable, i)),
        SaleReversed reversed => reversed.Taken.Select(static (_, i) => (WebhookEventType.RewardClawedBack, i)),
        ReversalUndone undone => undone.Given.Select(static (_, i) => (WebhookEventType.RewardRestored, i)),
        RoundReversed reversed =>
        [
            .. reversed.Taken.Select(static (_, i) => (WebhookEventType.RewardClawedBack, i)),
            .. reversed.Given.Select((_, i) => (WebhookEventType.RewardRestored, reversed.Taken.Length + i)),
        ],
        PaidOutside => [(WebhookEventType.PayoutItemPaid, 0)],
        ReversalStep { Step: not TransferRejected } => [],
        _ => [(all.First(one => one.Of == e.GetType()).Type, 0)],
    };

    private static IEnumerable<(WebhookEventType Type, int Part)> Given(ImmutableArray<RuleDecision> decisions)
    {
        for (var i = 0; i < decisions.Length; i++)
            if (decisions[i].Minor > 0) yield return (Held(decisions[i].Held), i);
    }

    private static WebhookEventType Held(bool pending) => pending ? WebhookEventType.RewardPending : WebhookEventType.RewardPayable;
}
