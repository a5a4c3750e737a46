namespace ReferralGrains.Domain.Referrals;

/// <summary>What came of a command that was sent to a referral.</summary>
public abstract record Decision
{
    private Decision()
    {
    }

    /// <summary>Decided: <paramref name="Seq"/> is the row that carries it.</summary>
    public sealed record Accepted(int Seq) : Decision;

    /// <summary>Sent before with the same content: the current decision is answered again (D11).</summary>
    public sealed record Duplicate(ActionHistory Earlier) : Decision;

    /// <summary>Sent before with other content: nothing changes, and it is listed under the action (D11).</summary>
    public sealed record Conflict(ActionHistory Earlier) : Decision;

    /// <summary>Not taken in; it does not use up the id (D11).</summary>
    public sealed record Refused(Refusal Why) : Decision;

    /// <summary>There was nothing to change.</summary>
    public sealed record Unchanged : Decision;
}

/// <summary>Why a command was not taken in.</summary>
/// <param name="Code">Stable, for machines.</param>
public sealed record Refusal(RefusalKind Kind, string Code, Field? Field, string Detail);

/// <summary>What of a command a refusal is about; how a caller writes it is the gateway's affair. The numbers cross silos.</summary>
public enum Field
{
    Id = 1,
    ProgramId = 2,
    RuleId = 3,
    Rule = 4,
    ReferrerId = 5,
    RefereeId = 6,
    Code = 7,
    ActionId = 8,
    OccurredAt = 9,
    Currency = 10,
    RefundOf = 11,
    ChargebackOf = 12,
    ApprovedAt = 13,
    Status = 14,
    Tags = 15,
    ConversionValueMinor = 16,
    Payout = 17,
    Tiers = 18,
    To = 19,
    Exclusive = 20,
    Asset = 21,
    AmountMinor = 22,
    EntryId = 23,
    SpendId = 24,
    PaymentId = 25,
    StripeAccountId = 26,
    Hash = 27,
    Reference = 28,
    Budget = 30,
    StripeCustomerId = 31,
    Alias = 32,
}

/// <summary>What kind of the caller's mistake a refusal is of: whoever answers chooses a status by it.</summary>
public enum RefusalKind
{
    /// <summary>What it names does not exist.</summary>
    NotFound = 1,

    /// <summary>It contradicts what is there.</summary>
    Conflict = 2,

    /// <summary>It is well-formed and makes no sense.</summary>
    Senseless = 3,

    /// <summary>A quota is used up.</summary>
    OverQuota = 4,
}
