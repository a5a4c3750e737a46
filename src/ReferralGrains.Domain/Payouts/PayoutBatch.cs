using System.Collections.Immutable;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization;

namespace ReferralGrains.Domain.Payouts;

/// <summary>Where a payout batch stands. The numbers are in snapshots and rows and never change.</summary>
public enum PayoutBatchStatus
{
    None = 0,

    /// <summary>Its candidates are being written down.</summary>
    Draft = 1,

    /// <summary>All candidates are known, and are being reserved one by one.</summary>
    Reserving = 2,

    /// <summary>What is to be paid is reserved and fixed; it waits for approval.</summary>
    Frozen = 3,

    /// <summary>Intents are being written.</summary>
    Approved = 4,

    Sending = 5,

    /// <summary>There is not enough money at Stripe: nothing more is sent until somebody resumes it.</summary>
    AwaitingFunds = 6,

    /// <summary>Something is wrong that a person has to see: nothing more is sent.</summary>
    Review = 7,

    Settled = 8,

    /// <summary>What was reserved is being given back.</summary>
    Cancelling = 9,

    Cancelled = 10,

    /// <summary>What had failed is being reserved once more.</summary>
    Retrying = 11,
}

/// <summary>Many payout items that are drawn up, approved and sent together.</summary>
/// <param name="Orders">The candidates; once it is frozen, those that could be reserved.</param>
/// <param name="Hash">Of what is paid to whom: an approval is of exactly this.</param>
/// <param name="Terms">Those that it was drawn up by; null for a batch whose candidates somebody else lists.</param>
/// <param name="DrawnAt">Candidates are those of this moment, by the tenant's clock.</param>
/// <param name="IsScheduled">The schedule drew it up.</param>
/// <param name="Why">It paused, or something of it was dropped.</param>
/// <param name="Began">It was being sent once, so that something of it may be on its way whatever its status says: it is never again before its approval.</param>
public sealed record PayoutBatch(
    int Seq,
    DateTimeOffset LastAt,
    PayoutBatchStatus Status,
    string? DrawnBy,
    bool NeedsSecondPerson,
    ImmutableArray<PayoutOrder> Orders,
    string? Hash,
    string? ApprovedBy,
    PayoutTerms? Terms = null,
    DateTimeOffset? DrawnAt = null,
    bool IsScheduled = false,
    string? Why = null,
    bool Began = false)
{
    public const int FoldVersion = 3;

    public static readonly PayoutBatch None = new(0, DateTimeOffset.MinValue, PayoutBatchStatus.None, null, false, [], null, null);

    /// <summary>Items may be sent. What is looked up goes on regardless.</summary>
    [JsonIgnore]
    public bool Sends => Status == PayoutBatchStatus.Sending;

    /// <summary>Nothing is sent to Stripe: each item is confirmed with a reference.</summary>
    [JsonIgnore]
    public bool IsOutside => Terms is { Outside: true };

    public static PayoutBatch Evolve(PayoutBatch state, DateTimeOffset at, PayoutBatchEvent e)
    {
        var next = e switch
        {
            BatchDrawn drawn => state with
            {
                Status = PayoutBatchStatus.Draft,
                DrawnBy = drawn.By,
                NeedsSecondPerson = drawn.NeedsSecondPerson,
                Terms = drawn.Terms,
                DrawnAt = at,
                IsScheduled = drawn.IsScheduled,
            },
            CandidatesListed listed => state with { Orders = state.Orders.AddRange(listed.Orders) },
            BatchListed => state with { Status = PayoutBatchStatus.Reserving },
            BatchFrozen frozen => state with
            {
                // Only what the schedule drew up is approved with it: who draws up by hand looks at it.
                Status = state.ApprovesItself ? PayoutBatchStatus.Approved : PayoutBatchStatus.Frozen,
                ApprovedBy = state.ApprovesItself ? ByTerms : null,
                Orders = Without(state.Orders, frozen.LeftOut),
                Hash = frozen.Hash,
            },
            OrdersDropped dropped => state with
            {
                Status = state.Status == PayoutBatchStatus.Approved && !dropped.StaysApproved ? PayoutBatchStatus.Frozen : state.Status,
                ApprovedBy = dropped.StaysApproved ? ByTerms : state.Status == PayoutBatchStatus.Approved ? null : state.ApprovedBy,
                Orders = Without(state.Orders, dropped.Orders),
                Hash = dropped.Hash,
                Why = dropped.Orders[^1].Why,
            },
            BatchApproved approved => state with { Status = PayoutBatchStatus.Approved, ApprovedBy = approved.By },
            BatchApprovalRevoked => state with { Status = PayoutBatchStatus.Frozen, ApprovedBy = null },
            SendingBegan => state with { Status = PayoutBatchStatus.Sending, Began = true },
            SendingPaused paused => state with { Status = paused.ForFunds ? PayoutBatchStatus.AwaitingFunds : PayoutBatchStatus.Review, Why = paused.Why },

            // The intents of what had no money are written again first.
            SendingResumed => state with { Status = PayoutBatchStatus.Approved, Why = null },
            RetryBegan => state with { Status = PayoutBatchStatus.Retrying },
            RetryEnded => state with { Status = PayoutBatchStatus.Approved },
            BatchSettled => state with { Status = PayoutBatchStatus.Settled },
            BatchCancelling => state with { Status = PayoutBatchStatus.Cancelling },
            BatchCancelled => state with { Status = PayoutBatchStatus.Cancelled },
            _ => throw new UnreachableException(),
        };
        return next with { Seq = state.Seq + 1, LastAt = at };
    }

    private const string ByTerms = "terms";

    /// <summary>Its terms ask for no person.</summary>
    internal bool ApprovesItself => IsScheduled && Terms is { AutoApprove: true };

    private static ImmutableArray<PayoutOrder> Without(ImmutableArray<PayoutOrder> orders, ImmutableArray<LeftOut> without)
    {
        var gone = without.Select(static left => left.Item).ToHashSet(StringComparer.Ordinal);
        return gone.Count == 0 ? orders : [.. orders.Where(order => !gone.Contains(order.Item))];
    }

    /// <summary>A hash of items, amounts and destinations, in whatever order they were listed.</summary>
    public static string HashOf(IEnumerable<PayoutOrder> orders)
    {
        var text = new StringBuilder();
        foreach (var order in orders.OrderBy(order => order.Item, StringComparer.Ordinal))
            text.Append(order.Item).Append(' ').Append(order.Amount.Minor).Append(' ').Append(order.Amount.Asset.Name).Append(' ').Append(order.Destination).Append('\n');
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }
}

/// <summary>What happened to a payout batch: the rows of its stream. Written once, read for ever.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "event")]
[JsonDerivedType(typeof(BatchDrawn), "drawn")]
[JsonDerivedType(typeof(CandidatesListed), "candidates")]
[JsonDerivedType(typeof(BatchListed), "listed")]
[JsonDerivedType(typeof(BatchFrozen), "frozen")]
[JsonDerivedType(typeof(BatchApproved), "approved")]
[JsonDerivedType(typeof(BatchApprovalRevoked), "approval_revoked")]
[JsonDerivedType(typeof(SendingBegan), "sending")]
[JsonDerivedType(typeof(SendingPaused), "paused")]
[JsonDerivedType(typeof(SendingResumed), "resumed")]
[JsonDerivedType(typeof(BatchSettled), "settled")]
[JsonDerivedType(typeof(BatchCancelling), "cancelling")]
[JsonDerivedType(typeof(BatchCancelled), "cancelled")]
[JsonDerivedType(typeof(OrdersDropped), "dropped")]
[JsonDerivedType(typeof(RetryBegan), "retry")]
[JsonDerivedType(typeof(RetryEnded), "retry_ended")]
public abstract record PayoutBatchEvent
{
    private protected PayoutBatchEvent()
    {
    }
}

/// <param name="Terms">By which its candidates are found; null where somebody else lists them.</param>
public sealed record BatchDrawn(string By, bool NeedsSecondPerson, PayoutTerms? Terms = null, bool IsScheduled = false) : PayoutBatchEvent;

/// <summary>Some of the candidates. Many in one row, unlike other events: a batch is one stream, and is folded whole.</summary>
public sealed record CandidatesListed(ImmutableArray<PayoutOrder> Orders) : PayoutBatchEvent;

/// <summary>There are no more candidates.</summary>
public sealed record BatchListed : PayoutBatchEvent;

/// <summary>All that is paid is in transit. What is approved is this, by its hash; what drops out later changes the hash.</summary>
public sealed record BatchFrozen(string Hash, ImmutableArray<LeftOut> LeftOut) : PayoutBatchEvent;

/// <summary>A candidate that is not paid, and why.</summary>
public readonly record struct LeftOut(string Item, string Why);

/// <summary>Exactly what the batch pays was approved, by a person or by terms that ask for none; from now on it is not cancelled.</summary>
public sealed record BatchApproved(string By) : PayoutBatchEvent;

/// <summary>Something changed that the approval was of, such as a destination.</summary>
public sealed record BatchApprovalRevoked(string Why) : PayoutBatchEvent;

/// <summary>All intents are written: the items are sent, or wait to be confirmed as paid outside.</summary>
public sealed record SendingBegan : PayoutBatchEvent;

/// <summary>Nothing more is sent until a person goes on: Stripe's balance does not suffice, or an item needs to be looked at.</summary>
public sealed record SendingPaused(bool ForFunds, string Why) : PayoutBatchEvent;

/// <summary>A person let a paused batch go on.</summary>
public sealed record SendingResumed(string By) : PayoutBatchEvent;

/// <summary>No item of it is open.</summary>
public sealed record BatchSettled : PayoutBatchEvent;

/// <summary>The batch was given up before it was approved: what was reserved is given back, item by item.</summary>
public sealed record BatchCancelling(string By) : PayoutBatchEvent;

/// <summary>All that was reserved is payable again.</summary>
public sealed record BatchCancelled : PayoutBatchEvent;

/// <summary>
/// Some orders are not paid after all, for the account that they go to was changed or cannot receive. What is left has another hash, so an
/// approval that nothing was sent for yet is revoked.
/// </summary>
/// <param name="StaysApproved">By terms that ask for no person: what is left is approved by them as what was frozen was.</param>
public sealed record OrdersDropped(ImmutableArray<LeftOut> Orders, string Hash, bool StaysApproved = false) : PayoutBatchEvent;

/// <summary>What was refused is to be paid once more, as it was approved.</summary>
public sealed record RetryBegan(string By) : PayoutBatchEvent;

/// <summary>All that could be was reserved again.</summary>
public sealed record RetryEnded : PayoutBatchEvent;
