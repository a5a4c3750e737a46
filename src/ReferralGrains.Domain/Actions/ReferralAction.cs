using System.Collections.Immutable;
using System.Text.Json.Serialization;
using ReferralGrains.Domain.Identity;

namespace ReferralGrains.Domain.Actions;

/// <summary>What a referee did.</summary>
public enum ActionKind
{
    Sale = 1,
    Refund = 2,
    Chargeback = 3,

    /// <summary>A dispute was decided for the marketplace, or a part of it: what its chargeback took is given back (D8).</summary>
    ChargebackWon = 4,

    /// <summary>A refund failed or was cancelled: what it took is given back (D8).</summary>
    RefundFailed = 5,
}

/// <summary>A referral action as it was sent: one effect per (tenant, id), for ever (D11).</summary>
/// <param name="Hash">Of the fields as sent, but note and metadata; the same id with another hash is a conflict, never a change.</param>
/// <param name="AmountMinor">In the currency's minor unit; null when it was not sent.</param>
/// <param name="Currency">ISO 4217; the program's when it was not sent.</param>
/// <param name="OccurredAt">
/// Decides windows; arrival decides caps and tallies (D3). The default means that it was not sent: it occurs when it is taken in, by the
/// time of its referral, and is recorded so.
/// </param>
/// <param name="About">The action that this one takes back or gives back: <c>refund_of</c>, <c>chargeback_of</c>.</param>
/// <param name="Note">Internal, by hand (R12).</param>
/// <param name="Metadata">The caller's own JSON object, as sent.</param>
public sealed record ReferralAction(
    [property: JsonPropertyName("id")] CallerId Id,
    [property: JsonPropertyName("#")] ContentHash Hash,
    [property: JsonPropertyName("k")] ActionKind Kind,
    [property: JsonPropertyName("m")] long? AmountMinor,
    [property: JsonPropertyName("c")] string? Currency,
    [property: JsonPropertyName("t")] DateTimeOffset OccurredAt,
    [property: JsonPropertyName("of")] CallerId? About,
    [property: JsonPropertyName("p")] ImmutableArray<string> ProductIds,
    [property: JsonPropertyName("n")] string? Note,
    [property: JsonPropertyName("x")] string? Metadata,
    [property: JsonPropertyName("y")] ActionDetail? Detail = null)
{
    /// <summary>What rewards, points, thresholds and tallies read: the base where one was sent (X1). Refunds read the amount.</summary>
    [JsonIgnore]
    public long? EarningMinor => Detail?.BaseMinor ?? AmountMinor;
}
