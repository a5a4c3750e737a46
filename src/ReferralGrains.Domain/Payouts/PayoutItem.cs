using System.Collections.Immutable;
using System.Diagnostics;
using System.Text.Json.Serialization;
using ReferralGrains.Domain.Ledger;

namespace ReferralGrains.Domain.Payouts;

/// <summary>Where a payout item stands. The numbers are in snapshots and rows and never change.</summary>
public enum PayoutItemStatus
{
    None = 0,

    /// <summary>The amount is in transit, and nothing is to be sent yet.</summary>
    Reserved = 1,

    /// <summary>The bytes of the open generation are written down and were not sent.</summary>
    Intended = 2,

    /// <summary>It is written down that the bytes may leave.</summary>
    InFlight = 3,

    /// <summary>Sent, and not settled: the same bytes go again under the same key.</summary>
    Unsettled = 4,

    /// <summary>The key is never sent again; Stripe is asked what there is.</summary>
    LookingUp = 5,

    /// <summary>Certainly nothing was made: a new generation may be opened.</summary>
    NotFound = 6,

    /// <summary>Certainly nothing was made, for want of money at Stripe: a new generation may be opened once there is some.</summary>
    AwaitingFunds = 7,

    Succeeded = 8,

    /// <summary>The movement of money was seen as well.</summary>
    Confirmed = 9,

    PartlyReversed = 10,
    Reversed = 11,

    /// <summary>The amount is payable again; this generation can never be sent again.</summary>
    Released = 12,

    /// <summary>A person decides. The amount stays in transit, and nothing is sent.</summary>
    Review = 13,
}

/// <summary>What a payout item waits for from its sender.</summary>
public enum PayoutStep
{
    /// <summary>Nothing: it waits for its batch, a person, or nobody.</summary>
    None = 0,

    /// <summary>Ask for the right to send, then send.</summary>
    Send = 1,

    /// <summary>Ask Stripe what there is.</summary>
    LookUp = 2,

    /// <summary>Open the next generation.</summary>
    WriteIntent = 3,
}

/// <summary>One payout item: at most one live transfer, whatever happens between us and Stripe.</summary>
/// <param name="InTransit">The amount is in transit: reserved, and neither paid nor released.</param>
/// <param name="Generation">The open or last one; 0 before the first.</param>
/// <param name="Attempt">Sendings of this generation.</param>
/// <param name="InDoubt">A sending of this generation may have been run, or may still be.</param>
/// <param name="NextAt">When there is something to do; null when it waits for a person, the batch, or nothing.</param>
/// <param name="EmptyLookups">That count: far enough from the last sending and from each other.</param>
/// <param name="ReversedMinor">In our units.</param>
/// <param name="Reference">What it was paid outside under.</param>
/// <param name="Why">It was released, or went to review: Stripe's code, or a word of ours.</param>
/// <param name="MoreGenerations">That persons have allowed beyond the usual ones.</param>
/// <param name="IsGivenUp">It was released for good, by a person or because its batch is without it: a retry of the batch leaves it alone.</param>
public sealed record PayoutItem(
    int Seq,
    DateTimeOffset LastAt,
    PayoutItemStatus Status,
    PayoutOrder? Order = null,
    bool InTransit = false,
    int Generation = 0,
    TransferIntent? Intent = null,
    int Attempt = 0,
    DateTimeOffset? FirstSentAt = null,
    DateTimeOffset? LastSentAt = null,
    bool InDoubt = false,
    DateTimeOffset? NextAt = null,
    int EmptyLookups = 0,
    DateTimeOffset? CountedAt = null,
    string? Transfer = null,
    long ReversedMinor = 0,
    ReviewReason Review = ReviewReason.None,
    string? Reference = null,
    string? Why = null,
    int MoreGenerations = 0,
    bool IsGivenUp = false)
{
    public const int FoldVersion = 4;

    public static readonly PayoutItem None = new(0, DateTimeOffset.MinValue, PayoutItemStatus.None);

    /// <summary>What was asked back of its transfer, in the order in which it was; at most one of them is open.</summary>
    public ImmutableArray<PayoutReversal> Reversals { get => field.IsDefault ? [] : field; init; } = [];

    public PayoutReversal? Reversal(string id) => Reversals.FirstOrDefault(reversal => reversal.Id == id);

    /// <summary>What is to be done with it, from <see cref="NextAt"/> on.</summary>
    [JsonIgnore]
    public PayoutStep Next => Status switch
    {
        PayoutItemStatus.Intended or PayoutItemStatus.Unsettled or PayoutItemStatus.InFlight => PayoutStep.Send,
        PayoutItemStatus.LookingUp => PayoutStep.LookUp,
        PayoutItemStatus.NotFound => PayoutStep.WriteIntent,
        _ => PayoutStep.None,
    };

    /// <summary>The books say that it was paid, whatever came back of it.</summary>
    [JsonIgnore]
    public bool WasPaid => !InTransit && (Transfer ?? Reference) is not null;

    /// <summary>Nothing more is to come by itself, of money or of doubt.</summary>
    [JsonIgnore]
    public bool IsSettled => !InTransit && Status is not (PayoutItemStatus.None or PayoutItemStatus.Review);

    public static PayoutItem Evolve(PayoutItem state, DateTimeOffset at, PayoutItemEvent e)
    {
        var next = e switch
        {
            PayoutReserved reserved => state with { Status = PayoutItemStatus.Reserved, Order = reserved.Order, InTransit = true, NextAt = null, Why = null, IsGivenUp = false },
            IntentWritten written => state with
            {
                Status = PayoutItemStatus.Intended,
                Generation = written.Intent.Generation,
                Intent = written.Intent,
                Attempt = 0,
                FirstSentAt = null,
                LastSentAt = null,
                InDoubt = false,
                NextAt = at,
                EmptyLookups = 0,
                CountedAt = null,
            },
            SendBegan began => state with
            {
                Status = PayoutItemStatus.InFlight,
                Attempt = began.Attempt,
                FirstSentAt = state.FirstSentAt ?? at,
                LastSentAt = at,
                InDoubt = state.InDoubt || state.Status == PayoutItemStatus.InFlight,
                NextAt = began.AbandonedAt,
            },
            SendUnsettled unsettled => state with
            {
                Status = PayoutItemStatus.Unsettled,
                InDoubt = state.InDoubt || unsettled.Why is Unsettled.Unknown or Unsettled.Broken or Unsettled.KeyInUse,
                NextAt = unsettled.RetryAt,
            },
            LookupOpened => state with { Status = PayoutItemStatus.LookingUp, NextAt = at },
            LookupEmpty { Counts: false } empty => state with { NextAt = empty.AgainAt },
            LookupEmpty empty => state with
            {
                Status = empty.AgainAt is null ? PayoutItemStatus.NotFound : PayoutItemStatus.LookingUp,
                EmptyLookups = state.EmptyLookups + 1,
                CountedAt = at,
                NextAt = empty.AgainAt ?? at,
            },
            FundsRanShort => state with { Status = PayoutItemStatus.AwaitingFunds, NextAt = null },
            TransferMade made => state with { Status = PayoutItemStatus.Succeeded, InTransit = false, Transfer = made.Transfer, NextAt = null },
            TransferConfirmed => state with { Status = PayoutItemStatus.Confirmed },
            TransferReversed reversed => Reversed(state with { ReversedMinor = state.ReversedMinor + reversed.Minor }),
            TransferRejected => state,
            PayoutReleased released => state with
            {
                Status = PayoutItemStatus.Released,
                InTransit = false,
                NextAt = null,
                Why = released.Why,
                IsGivenUp = released.By is not null || released.IsDropped,
            },
            PayoutToReview review => state with { Status = PayoutItemStatus.Review, Review = review.Why, NextAt = null, Why = review.Detail },
            PaidOutside paid => state with { Status = PayoutItemStatus.Confirmed, InTransit = false, NextAt = null, Reference = paid.Reference },
            ReviewResolved resolved => Resolved(state, at, resolved),
            ReversalAsked asked => state with { Reversals = state.Reversals.Add(PayoutReversal.Begun(asked, at, state.ReversedMinor)) },
            ReversalStep step => state with { Reversals = [.. state.Reversals.Select(one => one.Id == step.Reversal ? PayoutReversal.Evolve(one, at, step.Step) : one)] },
            _ => throw new UnreachableException(),
        };
        return next with { Seq = state.Seq + 1, LastAt = at };
    }

    /// <summary>What an event moves in the ledger: reserving puts in transit, a transfer pays, releasing and reversing give back.</summary>
    public Posting? Movement(PayoutItemEvent e) => e switch
    {
        PayoutReserved reserved => Moved(reserved.Order, AccountKind.Payable, AccountKind.InTransit, reserved.Order.Amount.Minor),
        TransferMade or PaidOutside => Moved(Order!, AccountKind.InTransit, AccountKind.Paid, Order!.Amount.Minor),
        PayoutReleased when InTransit => Moved(Order!, AccountKind.InTransit, AccountKind.Payable, Order!.Amount.Minor),
        TransferReversed reversed => Moved(Order!, AccountKind.Paid, AccountKind.Payable, reversed.Minor),
        ReviewResolved { Answer: ReviewAnswer.PaidBy } when InTransit => Moved(Order!, AccountKind.InTransit, AccountKind.Paid, Order!.Amount.Minor),
        ReviewResolved { Answer: ReviewAnswer.PaidBy } when !WasPaid => Moved(Order!, AccountKind.Payable, AccountKind.Paid, Order!.Amount.Minor),
        ReviewResolved { Answer: ReviewAnswer.NeverPaid } when InTransit => Moved(Order!, AccountKind.InTransit, AccountKind.Payable, Order!.Amount.Minor),
        _ => null,
    };

    // What was reversed while it was in review stands.
    private static PayoutItem Resolved(PayoutItem state, DateTimeOffset at, ReviewResolved resolved)
    {
        var open = state with { Review = ReviewReason.None, IsGivenUp = state.IsGivenUp && resolved.Answer == ReviewAnswer.NeverPaid };
        return resolved.Answer switch
        {
            ReviewAnswer.PaidBy when state.ReversedMinor > 0 => Reversed(open with { Status = PayoutItemStatus.Succeeded, InTransit = false, Transfer = resolved.Transfer, NextAt = null }),
            ReviewAnswer.PaidBy => open with { Status = PayoutItemStatus.Succeeded, InTransit = false, Transfer = resolved.Transfer, NextAt = null },
            ReviewAnswer.NeverPaid => open with { Status = PayoutItemStatus.Released, InTransit = false, NextAt = null },
            ReviewAnswer.SendAgain => open with { Status = PayoutItemStatus.NotFound, MoreGenerations = state.MoreGenerations + 1, NextAt = at },
            _ => throw new UnreachableException(),
        };
    }

    private static PayoutItem Reversed(PayoutItem state) => state.Status == PayoutItemStatus.Review ? state : state with
    {
        Status = state.ReversedMinor == state.Order!.Amount.Minor ? PayoutItemStatus.Reversed : PayoutItemStatus.PartlyReversed,
    };

    private static Posting Moved(PayoutOrder order, AccountKind from, AccountKind to, long minor) =>
        new(new(order.Referrer, from), new(order.Referrer, to), order.Amount with { Minor = minor });
}
