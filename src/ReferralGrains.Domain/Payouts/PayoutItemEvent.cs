using System.Text.Json.Serialization;

namespace ReferralGrains.Domain.Payouts;

/// <summary>What happened to a payout item: the rows of its stream. Written once, read for ever.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "event")]
[JsonDerivedType(typeof(PayoutReserved), "reserved")]
[JsonDerivedType(typeof(IntentWritten), "intent")]
[JsonDerivedType(typeof(SendBegan), "send_began")]
[JsonDerivedType(typeof(SendUnsettled), "unsettled")]
[JsonDerivedType(typeof(LookupOpened), "lookup_opened")]
[JsonDerivedType(typeof(LookupEmpty), "lookup_empty")]
[JsonDerivedType(typeof(FundsRanShort), "funds_short")]
[JsonDerivedType(typeof(TransferMade), "made")]
[JsonDerivedType(typeof(TransferConfirmed), "confirmed")]
[JsonDerivedType(typeof(TransferReversed), "reversed")]
[JsonDerivedType(typeof(TransferRejected), "rejected")]
[JsonDerivedType(typeof(PayoutReleased), "released")]
[JsonDerivedType(typeof(PayoutToReview), "review")]
[JsonDerivedType(typeof(PaidOutside), "paid_outside")]
[JsonDerivedType(typeof(ReviewResolved), "resolved")]
[JsonDerivedType(typeof(ReversalAsked), "reversal_asked")]
[JsonDerivedType(typeof(ReversalStep), "reversal")]
public abstract record PayoutItemEvent
{
    private protected PayoutItemEvent()
    {
    }
}

/// <summary>The amount went from payable into transit.</summary>
public sealed record PayoutReserved(PayoutOrder Order) : PayoutItemEvent;

/// <summary>The bytes of a generation are written down, before the first of them leaves.</summary>
public sealed record IntentWritten(TransferIntent Intent) : PayoutItemEvent;

/// <summary>From here on bytes may leave, within a short while.</summary>
/// <param name="AbandonedAt">If nothing is heard by then, whoever sent is no longer at it.</param>
public sealed record SendBegan(int Generation, int Attempt, DateTimeOffset AbandonedAt) : PayoutItemEvent;

/// <summary>The same bytes are to go again under the same key.</summary>
public sealed record SendUnsettled(int Generation, int Attempt, Unsettled Why, DateTimeOffset RetryAt, string? Detail) : PayoutItemEvent;

/// <summary>Why the same key is sent again.</summary>
public enum Unsettled
{
    /// <summary>A time-out, a reset, an answer that cannot be read.</summary>
    Unknown = 1,

    /// <summary>5xx.</summary>
    Broken = 2,

    /// <summary>409.</summary>
    KeyInUse = 3,

    /// <summary>429.</summary>
    TooMany = 4,

    /// <summary>401 or 403; all sending stops until a person has seen to it.</summary>
    AccessRefused = 5,
}

/// <summary>This generation's key is never sent again.</summary>
public sealed record LookupOpened(int Generation, LookupReason Why) : PayoutItemEvent;

/// <summary>Why a generation's key is not sent again, so that Stripe has to be asked what there is.</summary>
public enum LookupReason
{
    /// <summary>Stripe may soon forget the key.</summary>
    KeyTooOld = 1,

    /// <summary>A 500 that is saved under the key tells nothing, and will tell nothing else.</summary>
    SavedError = 2,

    /// <summary>Refused, after a sending that may still be run: refusals are not saved.</summary>
    RefusedInDoubt = 3,

    /// <summary>Of a reversal: its key was known with other bytes, our own bug.</summary>
    KeyMismatch = 4,
}

/// <summary>Stripe shows no transfer of this item.</summary>
/// <param name="Counts">Far enough from the last sending, and from the last one that counts.</param>
/// <param name="AgainAt">Null when it is certain by now.</param>
public sealed record LookupEmpty(int Generation, bool Counts, DateTimeOffset? AgainAt) : PayoutItemEvent;

/// <summary>Stripe's balance did not suffice. The answer is saved: this key will never pay.</summary>
public sealed record FundsRanShort(int Generation) : PayoutItemEvent;

/// <summary>The transfer that was ordered exists: the amount went from transit to paid.</summary>
/// <param name="ByLookup">It was found, and not answered.</param>
public sealed record TransferMade(int Generation, string Transfer, bool ByLookup) : PayoutItemEvent;

/// <summary>The movement on Stripe's balance was seen.</summary>
public sealed record TransferConfirmed(string BalanceTransaction) : PayoutItemEvent;

/// <summary>Money came back by a reversal: it went from paid to payable.</summary>
public sealed record TransferReversed(long Minor) : PayoutItemEvent;

/// <summary>Stripe refused for good, and nothing of this generation is in doubt.</summary>
public sealed record TransferRejected(int Generation, string Code) : PayoutItemEvent;

/// <summary>The amount went from transit back to payable; of what was released before, that a person gives it up for good.</summary>
/// <param name="By">Who gave it up; null where it was released by itself.</param>
/// <param name="IsDropped">Its batch is without it, and pays it neither now nor in a retry.</param>
public sealed record PayoutReleased(string Why, string? By, bool IsDropped = false) : PayoutItemEvent;

/// <summary>It was paid by other means than Stripe: the amount went from transit to paid.</summary>
/// <param name="Reference">By which whoever paid finds it again.</param>
public sealed record PaidOutside(string Reference, string By) : PayoutItemEvent;

/// <summary>A person has to look at it.</summary>
public sealed record PayoutToReview(ReviewReason Why, string? Detail) : PayoutItemEvent;

/// <summary>
/// A person has seen to it. Where it was paid the amount goes to paid, from transit, or from payable where it was released before; where it was
/// not, what is in transit goes back to payable.
/// </summary>
/// <param name="Transfer">The one that paid it; null where none did.</param>
public sealed record ReviewResolved(ReviewAnswer Answer, string Why, string By, string? Transfer) : PayoutItemEvent;

/// <summary>Somebody wants money of the item's transfer back from the connected account.</summary>
/// <param name="Reversal">As whoever asks calls it.</param>
/// <param name="Minor">In our units.</param>
public sealed record ReversalAsked(string Reversal, long Minor, string Why, string By) : PayoutItemEvent;

/// <summary>
/// A reversal came a step further with Stripe: its intent, its sendings, its look-ups, that it was made or was rejected. It moves nothing in the
/// ledger: what came back is said by <see cref="TransferReversed"/>, whoever brings the news first.
/// </summary>
/// <param name="Step">Of a transfer the same would be said.</param>
public sealed record ReversalStep(string Reversal, PayoutItemEvent Step) : PayoutItemEvent;

/// <summary>What a person has found out of an item in review.</summary>
public enum ReviewAnswer
{
    /// <summary>A transfer of the right amount and currency paid it.</summary>
    PaidBy = 1,

    /// <summary>It was never paid: the amount is payable again.</summary>
    NeverPaid = 2,

    /// <summary>It was never paid, and is to be sent again under a new key.</summary>
    SendAgain = 3,
}

/// <summary>Why a person has to look, and with it what else stops.</summary>
public enum ReviewReason
{
    None = 0,

    /// <summary>Stripe shows a transfer that is not what was ordered.</summary>
    Differs = 1,

    /// <summary>Stripe shows several transfers of one item: its batch stops.</summary>
    Several = 2,

    /// <summary>A key was known with other bytes: our own bug, and its batch stops.</summary>
    KeyMismatch = 3,

    /// <summary>The last generation came to nothing.</summary>
    GenerationsUsedUp = 4,

    /// <summary>The customer was deleted while it was in doubt whether it was credited.</summary>
    CustomerGone = 5,
}
