namespace ReferralGrains.Domain.Programs;

/// <summary>What happens when a reward does not fit under the amount cap (D5).</summary>
public enum CapMode
{
    /// <summary>The remainder is paid.</summary>
    Clamp = 0,

    /// <summary>Nothing is paid.</summary>
    Drop = 1,
}

/// <summary>How much and how long one enrollment may earn. Null means no limit, which is the default (R4–R6).</summary>
/// <param name="MaxCount">Rewards issued; taking one back never frees it (D5).</param>
/// <param name="MaxAmountMinor">Net amount: earned less taken back (D5).</param>
/// <param name="DaysAfterApproved">The half-open window of N × 24 hours that opens at approval (D4).</param>
/// <param name="EventFrom">First instant at which an action may have occurred.</param>
/// <param name="EventTo">First instant at which it may not any more: a bare end date is included (R6).</param>
public sealed record Limits(
    int? MaxCount = null,
    long? MaxAmountMinor = null,
    CapMode CapMode = CapMode.Clamp,
    int? DaysAfterApproved = null,
    DateTimeOffset? EventFrom = null,
    DateTimeOffset? EventTo = null)
{
    public static readonly Limits None = new();
}
