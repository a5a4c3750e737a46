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
}
