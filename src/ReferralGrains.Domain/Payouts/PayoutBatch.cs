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
}

/// <summary>Many payout items that are drawn up, approved and sent together.</summary>
/// <param name="Orders">The candidates; once it is frozen, those that could be reserved.</param>
/// <param name="Hash">Of what is paid to whom: an approval is of exactly this.</param>
public sealed record PayoutBatch(
    int Seq,
    DateTimeOffset LastAt,
    PayoutBatchStatus Status,
    string? DrawnBy,
    bool NeedsSecondPerson,
    ImmutableArray<PayoutOrder> Orders,
    string? Hash,
    string? ApprovedBy)
{
    public const int FoldVersion = 1;

    public static readonly PayoutBatch None = new(0, DateTimeOffset.MinValue, PayoutBatchStatus.None, null, false, [], null, null);

    /// <summary>Items may be sent. What is looked up goes on regardless.</summary>
    [JsonIgnore]
    public bool Sends => Status == PayoutBatchStatus.Sending;

    public static PayoutBatch Evolve(PayoutBatch state, DateTimeOffset at, PayoutBatchEvent e)
    {
        var next = e switch
        {
            BatchDrawn drawn => state with { Status = PayoutBatchStatus.Draft, DrawnBy = drawn.By, NeedsSecondPerson = drawn.NeedsSecondPerson },
            CandidatesListed listed => state with { Orders = state.Orders.AddRange(listed.Orders) },
            BatchListed => state with { Status = PayoutBatchStatus.Reserving },
            BatchFrozen frozen => state with
            {
                Status = PayoutBatchStatus.Frozen,
                Orders = [.. state.Orders.Where(order => !frozen.LeftOut.Any(left => left.Item == order.Item))],
                Hash = frozen.Hash,
            },
            BatchApproved approved => state with { Status = PayoutBatchStatus.Approved, ApprovedBy = approved.By },
            BatchApprovalRevoked => state with { Status = PayoutBatchStatus.Frozen, ApprovedBy = null },
            SendingBegan => state with { Status = PayoutBatchStatus.Sending },
            SendingPaused paused => state with { Status = paused.ForFunds ? PayoutBatchStatus.AwaitingFunds : PayoutBatchStatus.Review },

            // The intents of what had no money are written again first.
            SendingResumed => state with { Status = PayoutBatchStatus.Approved },
            BatchSettled => state with { Status = PayoutBatchStatus.Settled },
            BatchCancelling => state with { Status = PayoutBatchStatus.Cancelling },
            BatchCancelled => state with { Status = PayoutBatchStatus.Cancelled },
            _ => throw new UnreachableException(),
        };
        return next with { Seq = state.Seq + 1, LastAt = at };
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
public abstract record PayoutBatchEvent
{
    private protected PayoutBatchEvent()
    {
    }
}

public sealed record BatchDrawn(string By, bool NeedsSecondPerson) : PayoutBatchEvent;

/// <summary>Some of the candidates. Many in one row, unlike other events: a batch is one stream, and is folded whole.</summary>
public sealed record CandidatesListed(ImmutableArray<PayoutOrder> Orders) : PayoutBatchEvent;

/// <summary>There are no more candidates.</summary>
public sealed record BatchListed : PayoutBatchEvent;

public sealed record BatchFrozen(string Hash, ImmutableArray<LeftOut> LeftOut) : PayoutBatchEvent;

/// <summary>A candidate that is not paid, and why.</summary>
public readonly record struct LeftOut(string Item, string Why);

public sealed record BatchApproved(string By) : PayoutBatchEvent;

/// <summary>Something changed that the approval was of, such as a destination.</summary>
public sealed record BatchApprovalRevoked(string Why) : PayoutBatchEvent;

public sealed record SendingBegan : PayoutBatchEvent;

public sealed record SendingPaused(bool ForFunds, string Why) : PayoutBatchEvent;

public sealed record SendingResumed(string By) : PayoutBatchEvent;

/// <summary>No item of it is open.</summary>
public sealed record BatchSettled : PayoutBatchEvent;

public sealed record BatchCancelling(string By) : PayoutBatchEvent;

public sealed record BatchCancelled : PayoutBatchEvent;
