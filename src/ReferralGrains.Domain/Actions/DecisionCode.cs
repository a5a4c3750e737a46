namespace ReferralGrains.Domain.Actions;

/// <summary>
/// What a decision came to. The refusals stand in the order in which they are checked (D20); the order is a promise. The numbers
/// are in the journal and never change.
/// </summary>
public enum DecisionCode
{
    Rewarded = 0,
    ReferralMissing = 1,
    ReferralPending = 2,
    ReferralCancelled = 3,
    ReferrerClosed = 27,
    EnrollmentDisabled = 4,
    RuleDisabled = 5,
    RuleInactive = 6,
    CurrencyMismatch = 7,
    BeforeApproval = 8,
    WindowClosed = 9,
    OutsideEventRange = 10,

    /// <summary>Not the referee's first sale above zero (S5).</summary>
    NotFirst = 28,
    ReferrerNotEligible = 11,
    ReferrerTag = 12,
    RefereeTag = 13,
    BelowThreshold = 14,
    Product = 15,
    Attributes = 29,
    NoTier = 16,

    /// <summary>The tier that holds the tally was paid before, and each is paid once (H2).</summary>
    TierPaid = 30,

    /// <summary>Another rule of its exclusive group decided (X4).</summary>
    OtherRuleDecided = 31,
    AmountMissing = 17,

    /// <summary>Every condition was met and the value came to zero: a decision, not a reward (D5).</summary>
    ZeroReward = 20,
    CountCap = 18,
    AmountCap = 19,

    /// <summary>The rule has used up what it gives one referrer in the month of the sale (X5).</summary>
    ReferrerBudget = 32,

    /// <summary>The rule has used up what it gives all referrers in the month of the sale (X5).</summary>
    ProgramBudget = 33,

    /// <summary>A refund or chargeback that waits for its sale (D10).</summary>
    SaleMissing = 21,

    /// <summary>A share of the recorded reward was taken back (D8).</summary>
    TakenBack = 22,

    /// <summary>The sale has no reward left to take (D8, D12).</summary>
    NothingToTakeBack = 23,

    /// <summary>What a chargeback took was given back (D8).</summary>
    GivenBack = 24,

    /// <summary>Nothing could be given back: nothing was taken, or there is no room under the cap (D8).</summary>
    NothingToGiveBack = 25,

    /// <summary>No enrollment was there to decide it: no rule was in force at approval, or all enrollments were deleted.</summary>
    NotEnrolled = 26,

    /// <summary>An approval, or a first sale, that counts towards the next N (H9).</summary>
    Gathered = 34,

    /// <summary>The reward that several first sales earned together loses, or gets back, the share of this one, where that reward is (H9, D8).</summary>
    RoundChanged = 35,
}
