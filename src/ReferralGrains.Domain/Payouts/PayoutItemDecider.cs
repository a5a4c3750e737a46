using System.Collections.Immutable;
using System.Diagnostics;
using System.Text.Json.Serialization;

namespace ReferralGrains.Domain.Payouts;

/// <summary>What is asked of a payout item.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "do")]
[JsonDerivedType(typeof(PayoutItemCommand.Reserve), "reserve")]
[JsonDerivedType(typeof(PayoutItemCommand.WriteIntent), "write_intent")]
[JsonDerivedType(typeof(PayoutItemCommand.BeginSend), "begin_send")]
[JsonDerivedType(typeof(PayoutItemCommand.RecordAnswer), "record_answer")]
[JsonDerivedType(typeof(PayoutItemCommand.RecordLookup), "record_lookup")]
[JsonDerivedType(typeof(PayoutItemCommand.Confirm), "confirm")]
[JsonDerivedType(typeof(PayoutItemCommand.RecordReversal), "record_reversal")]
[JsonDerivedType(typeof(PayoutItemCommand.Release), "release")]
[JsonDerivedType(typeof(PayoutItemCommand.ConfirmPaid), "confirm_paid")]
[JsonDerivedType(typeof(PayoutItemCommand.Resolve), "resolve")]
[JsonDerivedType(typeof(PayoutItemCommand.Reverse), "reverse")]
[JsonDerivedType(typeof(PayoutItemCommand.OfReversal), "of_reversal")]
public abstract record PayoutItemCommand
{
    private PayoutItemCommand()
    {
    }

    /// <param name="IsRetry">After a release, by a person's wish; not of what was given up.</param>
    public sealed record Reserve(PayoutOrder Order, bool IsRetry = false) : PayoutItemCommand;

    /// <summary>Opens the next generation.</summary>
    public sealed record WriteIntent(string Environment, int Tenant, string ApiVersion) : PayoutItemCommand;

    /// <summary>Asks for the right to let the bytes leave now.</summary>
    /// <param name="Term">Of the sender that asks: granted only while its tenant's gate lets that one send.</param>
    public sealed record BeginSend(int Generation, string Term = "") : PayoutItemCommand;

    /// <param name="Roll">From 0 to 999, by chance: when to come again.</param>
    public sealed record RecordAnswer(int Generation, int Attempt, TransferAnswer Answer, int Roll) : PayoutItemCommand;

    /// <param name="AskedAt">Before Stripe was asked.</param>
    public sealed record RecordLookup(int Generation, LookupAnswer Answer, DateTimeOffset AskedAt) : PayoutItemCommand;

    public sealed record Confirm(string Transfer, string BalanceTransaction) : PayoutItemCommand;

    /// <param name="AmountReversed">In all, in Stripe's units, as it shows it.</param>
    public sealed record RecordReversal(string Transfer, long AmountReversed) : PayoutItemCommand;

    /// <summary>Gives the amount back to the referrer, where it is certain that nothing was made.</summary>
    /// <param name="By">Who gives it up for good; null where it is released by itself.</param>
    /// <param name="IsDropped">Its batch is without it.</param>
    public sealed record Release(string Why, string? By, bool IsDropped = false) : PayoutItemCommand;

    /// <summary>It was paid outside. Whoever asks has seen that its batch is approved.</summary>
    public sealed record ConfirmPaid(string Reference, string By) : PayoutItemCommand;

    /// <summary>A person has found out what is so of an item in review.</summary>
    /// <param name="Transfer">The one that paid it, as Stripe shows it; null where none did.</param>
    /// <param name="Shown">All of its group that Stripe shows.</param>
    /// <param name="AskedAt">Before Stripe was asked.</param>
    public sealed record Resolve(ReviewAnswer Answer, string Why, string By, TransferSeen? Transfer, LookupAnswer Shown, DateTimeOffset AskedAt) : PayoutItemCommand;

    /// <summary>Asks money of its transfer back from the connected account.</summary>
    /// <param name="Minor">In our units.</param>
    public sealed record Reverse(string Reversal, long Minor, string Why, string By) : PayoutItemCommand;

    /// <summary>The same that is asked of an item, of one of its reversals: to write an intent, to send, and what came of it.</summary>
    public sealed record OfReversal(string Reversal, PayoutItemCommand Command) : PayoutItemCommand;
}

/// <summary>What came of a command to a payout item.</summary>
public abstract record PayoutItemDecision
{
    private PayoutItemDecision()
    {
    }

    public sealed record Accepted(ImmutableArray<PayoutItemEvent> Events) : PayoutItemDecision;

    /// <summary>There is nothing to change: it was done before, or what came late is overtaken.</summary>
    public sealed record Unchanged : PayoutItemDecision;

    public sealed record Refused(PayoutItemRefusal Why) : PayoutItemDecision;
}

/// <summary>Why what is asked of a payout item is not done.</summary>
public enum PayoutItemRefusal
{
    /// <summary>Another order stands under this name.</summary>
    OtherOrder = 1,

    /// <summary>Another generation is open: what asks is of the past.</summary>
    OtherGeneration = 2,

    /// <summary>It is not in a state in which this can be.</summary>
    WrongState = 3,

    /// <summary>Not yet.</summary>
    TooEarly = 4,

    /// <summary>The referrer has less payable than the amount.</summary>
    BalanceShort = 5,

    /// <summary>It was paid under another reference.</summary>
    OtherReference = 6,

    /// <summary>Stripe shows a live transfer of it: it was paid.</summary>
    TransferThere = 7,

    /// <summary>The transfer is not one that paid this amount in this currency, or came back.</summary>
    TransferUnfit = 8,

    /// <summary>Nothing is sent for this tenant now, or not by who asks.</summary>
    SendingStopped = 9,

    /// <summary>Another reversal of it is under way.</summary>
    ReversalOpen = 10,

    /// <summary>Another amount was asked for under this reversal's name.</summary>
    OtherReversal = 11,

    /// <summary>Of the transfer less is left than is asked back.</summary>
    MoreThanIsLeft = 12,

    /// <summary>Stripe does not move such a part of the currency.</summary>
    Indivisible = 13,

    /// <summary>As much was asked back of it as may be, one after the other.</summary>
    TooManyReversals = 14,

    /// <summary>Account credit is not asked back: it is no transfer.</summary>
    NotReversible = 15,
}

/// <summary>Decides over one payout item. What it grants is only granted once it is durable, and only to whoever's append was first.</summary>
public static class PayoutItemDecider
{
    public const int MostGenerations = 3;

    private const int LookupsToBeCertain = 2;

    public static PayoutItemDecision Decide(PayoutItem item, PayoutItemCommand command, DateTimeOffset now, PayoutWaits waits) => command switch
    {
        PayoutItemCommand.Reserve reserve => Reserve(item, reserve),
        PayoutItemCommand.WriteIntent write => WriteIntent(item, write),
        PayoutItemCommand.BeginSend begin => BeginSend(item, begin, now, waits),
        PayoutItemCommand.RecordAnswer record => RecordAnswer(item, record, now, waits),
        PayoutItemCommand.RecordLookup record => RecordLookup(item, record, now, waits),
        PayoutItemCommand.Confirm confirm => Confirm(item, confirm),
        PayoutItemCommand.RecordReversal record => RecordReversal(item, record),
        PayoutItemCommand.Release release => Release(item, release),
        PayoutItemCommand.ConfirmPaid confirm => ConfirmPaid(item, confirm),
        PayoutItemCommand.Resolve resolve => Resolve(item, resolve, waits),
        PayoutItemCommand.Reverse reverse => PayoutReversalDecider.Ask(item, reverse),
        PayoutItemCommand.OfReversal of => PayoutReversalDecider.Decide(item, of, now, waits),
        _ => throw new UnreachableException(),
    };

    private static PayoutItemDecision Reserve(PayoutItem item, PayoutItemCommand.Reserve reserve)
    {
        if (item.Status == PayoutItemStatus.None) return Accept(new PayoutReserved(reserve.Order));
        if (reserve.IsRetry && item is { Status: PayoutItemStatus.Released, IsGivenUp: false }) return Accept(new PayoutReserved(reserve.Order));
        return item.Order == reserve.Order ? Same() : Refuse(PayoutItemRefusal.OtherOrder);
    }

    private static PayoutItemDecision WriteIntent(PayoutItem item, PayoutItemCommand.WriteIntent write)
    {
        if (item.Status == PayoutItemStatus.Intended) return Same();
        if (item.Status is not (PayoutItemStatus.Reserved or PayoutItemStatus.NotFound or PayoutItemStatus.AwaitingFunds)) return Refuse(PayoutItemRefusal.WrongState);
        if (item.Order!.Destination == PayoutOrder.Outside) return Refuse(PayoutItemRefusal.WrongState);
        if (item.Generation >= MostGenerations + item.MoreGenerations) return Accept(new PayoutToReview(ReviewReason.GenerationsUsedUp, null));
        return Accept(new IntentWritten(TransferIntent.Create(write.Environment, write.Tenant, item.Order!, item.Generation + 1, write.ApiVersion)));
    }

    // The one place that lets bytes leave. A generation that is not open, or has ended in any way, never gets past it again.
    private static PayoutItemDecision BeginSend(PayoutItem item, PayoutItemCommand.BeginSend begin, DateTimeOffset now, PayoutWaits waits)
    {
        if (item.Generation != begin.Generation) return Refuse(PayoutItemRefusal.OtherGeneration);
        if (item.Status is not (PayoutItemStatus.Intended or PayoutItemStatus.Unsettled or PayoutItemStatus.InFlight)) return Refuse(PayoutItemRefusal.WrongState);
        if (now < item.NextAt) return Refuse(PayoutItemRefusal.TooEarly);
        if (now > item.FirstSentAt + waits.KeyLife) return Accept(new LookupOpened(item.Generation, LookupReason.KeyTooOld));
        return Accept(new SendBegan(item.Generation, item.Attempt + 1, now + waits.Abandoned));
    }

    private static PayoutItemDecision RecordAnswer(PayoutItem item, PayoutItemCommand.RecordAnswer record, DateTimeOffset now, PayoutWaits waits)
    {
        if (record.Answer is TransferAnswer.Made made) return Made(item, record.Generation, made.Transfer, byLookup: false);

        // Only the last sending of the open generation may change what is next; what is less than a transfer and comes late is overtaken.
        if (item.Generation != record.Generation || item.Status != PayoutItemStatus.InFlight || item.Attempt != record.Attempt) return Same();
        return record.Answer switch
        {
            TransferAnswer.Unknown unknown => Again(Unsettled.Unknown, unknown.Why),
            TransferAnswer.Broken { IsReplayed: true } => Accept(new LookupOpened(item.Generation, LookupReason.SavedError)),
            TransferAnswer.Broken => Again(Unsettled.Broken, null),
            TransferAnswer.KeyInUse => Again(Unsettled.KeyInUse, null),
            TransferAnswer.TooMany => Again(Unsettled.TooMany, null),
            TransferAnswer.AccessRefused access => Again(Unsettled.AccessRefused, access.Code),
            TransferAnswer.KeyMismatch => Accept(new PayoutToReview(ReviewReason.KeyMismatch, null)),
            TransferAnswer.FundsShort => Accept(new FundsRanShort(item.Generation)),
            TransferAnswer.Refused when item.InDoubt => Accept(new LookupOpened(item.Generation, LookupReason.RefusedInDoubt)),
            TransferAnswer.Refused refused => Accept(new TransferRejected(item.Generation, refused.Code), new PayoutReleased(refused.Code, null)),
            _ => throw new UnreachableException(),
        };

        PayoutItemDecision Again(Unsettled why, string? detail) =>
            Accept(new SendUnsettled(item.Generation, item.Attempt, why, now + waits.RetryAfter(item.Attempt, record.Roll), detail));
    }

    private static PayoutItemDecision RecordLookup(PayoutItem item, PayoutItemCommand.RecordLookup record, DateTimeOffset now, PayoutWaits waits)
    {
        if (record.Answer.Transfers.Length > 1)
            return item.Status == PayoutItemStatus.Review ? Same() : Accept(new PayoutToReview(ReviewReason.Several, $"{record.Answer.Transfers.Length} transfers"));
        if (record.Answer.Transfers is [var found]) return Made(item, record.Generation, found, byLookup: true);
        if (item.Generation != record.Generation || item.Status != PayoutItemStatus.LookingUp || record.AskedAt < item.NextAt) return Same();
        if (record.Answer.IsGone) return Accept(new PayoutToReview(ReviewReason.CustomerGone, item.Order!.Destination));

        var countsFrom = Later(item.LastSentAt!.Value + waits.Quiet, item.CountedAt + waits.LookAgain);
        if (record.AskedAt < countsFrom) return Accept(new LookupEmpty(item.Generation, Counts: false, countsFrom));
        return Accept(new LookupEmpty(item.Generation, Counts: true, item.EmptyLookups + 1 < LookupsToBeCertain ? now + waits.LookAgain : null));
    }

    // That Stripe shows a transfer is a fact, whenever and however it is learnt.
    private static PayoutItemDecision Made(PayoutItem item, int generation, TransferSeen transfer, bool byLookup)
    {
        if (item.Transfer == transfer.Id) return Same();
        if (item.Status == PayoutItemStatus.Review) return Same();
        if (item.Transfer is not null) return Accept(new PayoutToReview(ReviewReason.Several, transfer.Id));

        // What was another's, and came back whole, is nothing by now: a person may have had it sent again. Who looks it up has to know, though.
        if (item.Status != PayoutItemStatus.LookingUp && transfer.AmountReversed >= transfer.Amount && item.Order?.IsMetBy(transfer) == false) return Same();
        if (item.Order is null || !item.Order.IsMetBy(transfer) || !item.InTransit) return Accept(new PayoutToReview(ReviewReason.Differs, transfer.Id));
        return Accept(new TransferMade(generation, transfer.Id, byLookup));
    }

    private static PayoutItemDecision Confirm(PayoutItem item, PayoutItemCommand.Confirm confirm)
    {
        if (item.Transfer != confirm.Transfer) return Refuse(PayoutItemRefusal.WrongState);
        return item.Status == PayoutItemStatus.Succeeded ? Accept(new TransferConfirmed(confirm.BalanceTransaction)) : Same();
    }

    private static PayoutItemDecision RecordReversal(PayoutItem item, PayoutItemCommand.RecordReversal record)
    {
        if (item.Transfer != record.Transfer || item.Order is null) return Refuse(PayoutItemRefusal.WrongState);
        var more = item.Order.FromStripe(record.AmountReversed) - item.ReversedMinor;
        return more > 0 ? Accept(new TransferReversed(more)) : Same();
    }

    private static PayoutItemDecision Release(PayoutItem item, PayoutItemCommand.Release release)
    {
        // What has failed is given up as well: a person who does not want it paid means a retry, too.
        if (item.Status == PayoutItemStatus.Released && (release.By is null || item.IsGivenUp)) return Same();
        return item.Status is PayoutItemStatus.Reserved or PayoutItemStatus.Intended or PayoutItemStatus.NotFound or PayoutItemStatus.AwaitingFunds or PayoutItemStatus.Released
            ? Accept(new PayoutReleased(release.Why, release.By, release.IsDropped))
            : Refuse(PayoutItemRefusal.WrongState);
    }

    private static PayoutItemDecision ConfirmPaid(PayoutItem item, PayoutItemCommand.ConfirmPaid confirm)
    {
        if (item.Reference is { } paid) return paid == confirm.Reference ? Same() : Refuse(PayoutItemRefusal.OtherReference);
        return item is { Status: PayoutItemStatus.Reserved, Order.Destination: PayoutOrder.Outside }
            ? Accept(new PaidOutside(confirm.Reference, confirm.By))
            : Refuse(PayoutItemRefusal.WrongState);
    }

    // A person may know more than we do, but not against what Stripe shows: money that is there was paid, and only after the quiet is there none.
    private static PayoutItemDecision Resolve(PayoutItem item, PayoutItemCommand.Resolve resolve, PayoutWaits waits)
    {
        if (item.Status != PayoutItemStatus.Review) return Refuse(PayoutItemRefusal.WrongState);
        var resolved = Accept(new ReviewResolved(resolve.Answer, resolve.Why, resolve.By, resolve.Transfer?.Id));
        if (resolve.Answer == ReviewAnswer.PaidBy)
        {
            var (order, paid) = (item.Order!, resolve.Transfer);
            if (item.WasPaid && item.Transfer != paid?.Id) return Refuse(PayoutItemRefusal.WrongState);
            return paid is not null && order.IsMovable && paid.Amount == order.StripeAmount && paid.Currency == order.StripeCurrency && paid.AmountReversed < paid.Amount
                ? resolved
                : Refuse(PayoutItemRefusal.TransferUnfit);
        }

        // What was given back is sent again by a retry, which reserves it first.
        if (item.WasPaid || (!item.InTransit && resolve.Answer == ReviewAnswer.SendAgain)) return Refuse(PayoutItemRefusal.WrongState);
        if (resolve.Shown.Transfers.Any(static transfer => transfer.AmountReversed < transfer.Amount)) return Refuse(PayoutItemRefusal.TransferThere);
        return resolve.AskedAt < item.LastSentAt + waits.Quiet ? Refuse(PayoutItemRefusal.TooEarly) : resolved;
    }

    private static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset? other) => other > one ? other.Value : one;

    private static PayoutItemDecision.Accepted Accept(params ReadOnlySpan<PayoutItemEvent> events) => new([.. events]);

    private static PayoutItemDecision.Unchanged Same() => new();

    private static PayoutItemDecision.Refused Refuse(PayoutItemRefusal why) => new(why);
}
