using System.Diagnostics;
using System.Text.Json.Serialization;

namespace ReferralGrains.Domain.Payouts;

/// <summary>Where a reversal stands. The numbers are in rows and never change.</summary>
public enum PayoutReversalStatus
{
    /// <summary>It was asked for, and nothing is written down to be sent yet.</summary>
    Asked = 1,

    /// <summary>The bytes of the open generation are written down and were not sent.</summary>
    Intended = 2,

    /// <summary>It is written down that the bytes may leave.</summary>
    InFlight = 3,

    /// <summary>Sent, and not settled: the same bytes go again under the same key.</summary>
    Unsettled = 4,

    /// <summary>The key is never sent again; Stripe is asked what there is.</summary>
    LookingUp = 5,

    /// <summary>Certainly nothing was made: a new generation follows.</summary>
    NotFound = 6,

    /// <summary>The money came back, and is payable again.</summary>
    Made = 7,

    /// <summary>Stripe refused for good, and nothing came back: what the referrer owes stays owed.</summary>
    Rejected = 8,
}

/// <summary>
/// Money of a transfer that somebody has asked back from the connected account: under keys of its own, at most one reversal at Stripe,
/// whatever happens between us and Stripe.
/// </summary>
/// <param name="Id">As whoever asked calls it: the same again is the same reversal, for ever.</param>
/// <param name="Minor">In our units.</param>
/// <param name="Before">What of the transfer had come back when it was asked for, in our units.</param>
/// <param name="Sending">How far it is with Stripe: the protocol of a transfer, step by step, of something that holds nothing in transit.</param>
/// <param name="Code">Why it was rejected: Stripe's code, or a word of ours.</param>
public sealed record PayoutReversal(string Id, long Minor, string Why, string By, DateTimeOffset AskedAt, long Before, PayoutItem Sending, string? Code = null)
{
    /// <summary>Something may come of it yet.</summary>
    [JsonIgnore]
    public bool IsOpen => Status is not (PayoutReversalStatus.Made or PayoutReversalStatus.Rejected);

    [JsonIgnore]
    public PayoutReversalStatus Status => Sending.Status switch
    {
        PayoutItemStatus.Reserved => PayoutReversalStatus.Asked,
        PayoutItemStatus.Intended => PayoutReversalStatus.Intended,
        PayoutItemStatus.InFlight => PayoutReversalStatus.InFlight,
        PayoutItemStatus.Unsettled => PayoutReversalStatus.Unsettled,
        PayoutItemStatus.LookingUp => PayoutReversalStatus.LookingUp,
        PayoutItemStatus.NotFound => PayoutReversalStatus.NotFound,
        PayoutItemStatus.Succeeded => PayoutReversalStatus.Made,
        PayoutItemStatus.Released => PayoutReversalStatus.Rejected,
        _ => throw new UnreachableException(),
    };

    /// <summary>What is to be done with it, from when its sending says on.</summary>
    [JsonIgnore]
    public PayoutStep Next => Sending.Status == PayoutItemStatus.Reserved ? PayoutStep.WriteIntent : Sending.Next;

    /// <summary>Nothing waits for an approval: whoever asks for it has decided.</summary>
    internal static PayoutReversal Begun(ReversalAsked asked, DateTimeOffset at, long before) => new(
        asked.Reversal, asked.Minor, asked.Why, asked.By, at, before, PayoutItem.None with { Status = PayoutItemStatus.Reserved, NextAt = at });

    internal static PayoutReversal Evolve(PayoutReversal state, DateTimeOffset at, PayoutItemEvent step) => step is TransferRejected rejected
        ? state with { Code = rejected.Code, Sending = state.Sending with { Status = PayoutItemStatus.Released, NextAt = null } }
        : state with { Code = null, Sending = PayoutItem.Evolve(state.Sending, at, step) };
}

/// <summary>
/// Decides over the reversals of one payout item. What is answered and looked up is judged by the one table of transfers; what follows
/// differs in this: nothing is in transit meanwhile, and what is refused is over.
/// </summary>
public static class PayoutReversalDecider
{
    /// <summary>Of one item, rejected ones included: its stream is folded whole.</summary>
    public const int Most = 20;

    private const string NoFunds = "balance_insufficient";
    private const string UsedUp = "generations_used_up";

    internal static PayoutItemDecision Ask(PayoutItem item, PayoutItemCommand.Reverse ask)
    {
        if (item.Reversal(ask.Reversal) is { } there) return there.Minor == ask.Minor ? new PayoutItemDecision.Unchanged() : Refuse(PayoutItemRefusal.OtherReversal);
        if (item.Order is { IsCredit: true }) return Refuse(PayoutItemRefusal.NotReversible);
        if (item.Transfer is null || item.Status is not (PayoutItemStatus.Succeeded or PayoutItemStatus.Confirmed or PayoutItemStatus.PartlyReversed or PayoutItemStatus.Reversed))
            return Refuse(PayoutItemRefusal.WrongState);
        if (item.Reversals.Any(static reversal => reversal.IsOpen)) return Refuse(PayoutItemRefusal.ReversalOpen);
        if (ask.Minor < 1 || ask.Minor > item.Order!.Amount.Minor - item.ReversedMinor) return Refuse(PayoutItemRefusal.MoreThanIsLeft);
        if (!item.Order.IsDivisible(ask.Minor)) return Refuse(PayoutItemRefusal.Indivisible);
        if (item.Reversals.Length == Most) return Refuse(PayoutItemRefusal.TooManyReversals);
        return Accept([new ReversalAsked(ask.Reversal, ask.Minor, ask.Why, ask.By)]);
    }

    internal static PayoutItemDecision Decide(PayoutItem item, PayoutItemCommand.OfReversal of, DateTimeOffset now, PayoutWaits waits)
    {
        if (item.Reversal(of.Reversal) is not { } reversal) return Refuse(PayoutItemRefusal.WrongState);
        return of.Command switch
        {
            PayoutItemCommand.WriteIntent write => WriteIntent(item, reversal, write),
            PayoutItemCommand.RecordAnswer { Answer: TransferAnswer.Made made } record => IsOf(item, reversal, made.Transfer)
                ? Made(item, reversal, record.Generation, made.Transfer, byLookup: false)
                : Same(reversal, record with { Answer = new TransferAnswer.Unknown("an answer 200 that is not this reversal") }, now, waits),
            PayoutItemCommand.RecordLookup { Answer.Transfers: [var found, ..] } record when IsOf(item, reversal, found) => Made(item, reversal, record.Generation, found, byLookup: true),
            PayoutItemCommand.BeginSend or PayoutItemCommand.RecordAnswer or PayoutItemCommand.RecordLookup { Answer.Transfers.IsEmpty: true } => Same(reversal, of.Command, now, waits),
            _ => throw new UnreachableException(),
        };
    }

    private static PayoutItemDecision WriteIntent(PayoutItem item, PayoutReversal reversal, PayoutItemCommand.WriteIntent write)
    {
        if (reversal.Status == PayoutReversalStatus.Intended) return new PayoutItemDecision.Unchanged();
        if (reversal.Next != PayoutStep.WriteIntent) return Refuse(PayoutItemRefusal.WrongState);

        // Two empty look-ups made it certain that nothing came back.
        if (reversal.Sending.Generation >= PayoutItemDecider.MostGenerations) return Step(reversal, new TransferRejected(reversal.Sending.Generation, UsedUp));
        return Step(reversal, new IntentWritten(TransferIntent.CreateReversal(
            write.Environment, write.Tenant, item.Order!, reversal.Id, reversal.Minor, reversal.Sending.Generation + 1, write.ApiVersion)));
    }

    // The transfer's total is told by others as well, and perhaps before: at least what had come back before it and its own amount has by now.
    private static PayoutItemDecision Made(PayoutItem item, PayoutReversal reversal, int generation, TransferSeen made, bool byLookup)
    {
        // Another one under its name is for the comparison: more came back than was asked for.
        if (reversal.Sending.Transfer is not null) return new PayoutItemDecision.Unchanged();
        var least = Math.Min(reversal.Before + item.Order!.FromStripe(made.Amount), item.Order.Amount.Minor);
        var step = new ReversalStep(reversal.Id, new TransferMade(generation, made.Id, byLookup));
        return least > item.ReversedMinor ? Accept([step, new TransferReversed(least - item.ReversedMinor)]) : Accept([step]);
    }

    private static bool IsOf(PayoutItem item, PayoutReversal reversal, TransferSeen made) => made.Destination == item.Transfer && made.Item == reversal.Id;

    // As a transfer's. A refusal's release is none here, for nothing is held.
    private static PayoutItemDecision Same(PayoutReversal reversal, PayoutItemCommand command, DateTimeOffset now, PayoutWaits waits)
    {
        var decision = PayoutItemDecider.Decide(reversal.Sending, command, now, waits);
        return decision is not PayoutItemDecision.Accepted { Events: [var first, ..] } ? decision : Step(reversal, first switch
        {
            // What the account has is its owner's affair: nobody here can pay in.
            FundsRanShort ran => new TransferRejected(ran.Generation, NoFunds),
            PayoutToReview => new LookupOpened(reversal.Sending.Generation, LookupReason.KeyMismatch),
            _ => first,
        });
    }

    private static PayoutItemDecision.Accepted Step(PayoutReversal reversal, PayoutItemEvent step) => Accept([new ReversalStep(reversal.Id, step)]);

    private static PayoutItemDecision.Accepted Accept(ReadOnlySpan<PayoutItemEvent> events) => new([.. events]);

    private static PayoutItemDecision.Refused Refuse(PayoutItemRefusal why) => new(why);
}
