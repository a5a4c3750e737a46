namespace ReferralGrains.Domain.Programs;

/// <summary>How a reward gets from unlocked to payable (H13, R7).</summary>
public enum HoldMode
{
    /// <summary>At once.</summary>
    None = 0,

    /// <summary>After a number of days.</summary>
    Days = 1,

    /// <summary>When somebody releases it.</summary>
    Manual = 2,

    /// <summary>After a number of days, if the referee's Stripe customer is active then; cancelled if it is not (H15).</summary>
    DaysThenActiveCustomer = 3,

    /// <summary>When all that waits for one referrer reaches an amount together, or somebody releases it together (H14).</summary>
    Group = 4,
}

/// <summary>The hold window of a reward: it stays pending and can be released or cancelled at any time (H13).</summary>
/// <param name="Days">Of 24 hours. For <see cref="HoldMode.Manual"/> it is when a release is expected, not when it happens.</param>
/// <param name="FromOccurred">Counted from when the action occurred instead of from when the reward was unlocked (D14).</param>
/// <param name="AmountMinor">For <see cref="HoldMode.Group"/>: the sum at which it is released, of the asset that the rule gives.</param>
public sealed record Hold(HoldMode Mode, int Days = 0, bool FromOccurred = false, long AmountMinor = 0)
{
    public static readonly Hold None = new(HoldMode.None);

    /// <summary>Whether time ends it: always, or with a look at the customer.</summary>
    public bool ReleasesItself => Mode is HoldMode.Days or HoldMode.DaysThenActiveCustomer;

    public bool ChecksCustomer => Mode == HoldMode.DaysThenActiveCustomer;

    /// <summary>Whether a reward is pending at first: nobody has looked yet, or its days are not over.</summary>
    public bool Holds(DateTimeOffset? releaseAt, DateTimeOffset now) => Mode is HoldMode.Manual or HoldMode.DaysThenActiveCustomer or HoldMode.Group || releaseAt > now;
}
