namespace ReferralGrains.Domain.Programs;

/// <summary>What makes a rule reward.</summary>
public enum Trigger
{
    /// <summary>Every action that meets the rule (R3); with tiers, by the tier that it falls in (H2).</summary>
    RecurringAction = 1,

    /// <summary>The first action that falls in a tier, each tier once per referrer (H2, H4).</summary>
    TierReached = 2,

    /// <summary>The referee's first sale above zero (S5).</summary>
    FirstAction = 3,

    /// <summary>The approval itself; with tiers, by the number of approved referrals (H2).</summary>
    ReferralApproved = 4,

    /// <summary>The approval, or the first sale, starts a schedule: so many rewards, so many months apart (H11, H12).</summary>
    Interval = 5,

    /// <summary>Every N-th approval of a referrer, or every N-th referee's first sale, of the sum of their values (H9).</summary>
    EveryNReferrals = 6,
}

/// <summary>What follows from a trigger.</summary>
public static class Triggers
{
    /// <summary>Whether it is an action that such a rule rewards; otherwise it is the approval.</summary>
    public static bool IsOfActions(this Trigger trigger) => trigger is Trigger.RecurringAction or Trigger.FirstAction or Trigger.TierReached;
}
