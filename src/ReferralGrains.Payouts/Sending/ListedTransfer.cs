using ReferralGrains.Domain.Payouts;

namespace ReferralGrains.Payouts.Sending;

/// <summary>A transfer as Stripe lists it, with what it moved on the balance.</summary>
/// <param name="Group">By which it is found again; null for one that was made by hand.</param>
/// <param name="Movement">Its balance transaction; null where there is none.</param>
/// <param name="Moved">Of the balance, in Stripe's units: below zero for what left.</param>
/// <param name="IsAdjustment">Of a customer's balance: somebody wrote it there, and no invoice used or gave it.</param>
public sealed record ListedTransfer(TransferSeen Seen, string? Group, DateTimeOffset CreatedAt, string? Movement, long? Moved, bool IsAdjustment = false)
{
    /// <summary>The item that it says it is of.</summary>
    public string? Item => Seen.Item ?? Group;

    /// <summary>Not all of it came back.</summary>
    public bool IsLive => Seen.AmountReversed < Seen.Amount;
}

public sealed record TransferPage(IReadOnlyList<ListedTransfer> Transfers, bool HasMore);

/// <summary>Something that happened at Stripe, as it is asked for.</summary>
public sealed record ListedEvent(string Id, string Type, string? Account, string? About);

public sealed record EventPage(IReadOnlyList<ListedEvent> Events, bool HasMore);

/// <summary>Stripe could not be asked, or did not answer what can be read. Nothing is known from that.</summary>
public sealed class StripeAwayException(string why, bool isRefused, Exception? inner = null) : Exception(why, inner)
{
    /// <summary>401 or 403: the key is not good, or not for this.</summary>
    public bool IsRefused => isRefused;
}
