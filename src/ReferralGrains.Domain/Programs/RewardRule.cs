using System.Collections.Immutable;

namespace ReferralGrains.Domain.Programs;

/// <summary>
/// The terms of a reward rule. They never change: a changed rule is a new version, and an enrollment stays on the version that was
/// in force when its referral was attributed (S7, D17).
/// </summary>
/// <param name="GrantedOnly">Nobody is eligible until granted, per referrer (H1).</param>
/// <param name="Steps">In the order in which they are for; null for a value that does not change (X3).</param>
/// <param name="Schedule">Of an interval.</param>
/// <param name="EveryN">Of every N referrals.</param>
/// <param name="Exclusive">The group of rules of which one decides; null for a rule that always does (X4).</param>
public sealed record RewardRule(
    string Name,
    Trigger Trigger,
    RewardTerms Reward,
    Limits Limits,
    Conditions Conditions,
    ImmutableArray<Tier> Tiers,
    Hold Hold,
    bool GrantedOnly = false,
    ImmutableArray<Step>? Steps = null,
    ExclusiveGroup? Exclusive = null,
    Schedule? Schedule = null,
    int EveryN = 0)
{
    public bool IsTiered => Tiers.Length > 0;

    /// <summary>
    /// Whether it is the referee's first sale, and not the approval, that starts the schedule or counts towards the next N: a share of a
    /// transaction has nothing to be a share of before (H9, H12).
    /// </summary>
    public bool IsOfFirstSale => Trigger is Trigger.Interval or Trigger.EveryNReferrals && Reward is { Type: not RewardType.Fixed, Of: RewardBase.Transaction };

    /// <summary>Whether it is decided with what all of the referrer's referrals have done, so at the referrer.</summary>
    public bool NeedsReferrer => IsTiered || Trigger == Trigger.EveryNReferrals || Hold.Mode == HoldMode.Group;
}

/// <summary>So many rewards, so many months apart, the first at once (H11).</summary>
public sealed record Schedule(int EveryMonths, int Times);

/// <summary>Of the rules in a group, in order of priority, the first whose conditions are met decides, even if a cap then stops it (X4).</summary>
/// <param name="Priority">The lowest goes first.</param>
public sealed record ExclusiveGroup(string Group, int Priority);

/// <summary>One published version of a rule's terms, and the revision of the program at which it came into force.</summary>
public sealed record RuleVersion(int Number, int Revision, RewardRule Terms);

/// <summary>
/// State of a rule, not terms: while disabled or outside its active dates it enrolls nobody and rewards nothing, on every
/// enrollment (R8, D17).
/// </summary>
/// <param name="From">First instant at which it is active; null means always.</param>
/// <param name="To">First instant at which it is not any more; null means for ever.</param>
/// <param name="Budget">What it gives at most in a month (X5); null means no limit. Once there it stays, and so does whose it is.</param>
public sealed record RuleState(bool Enabled, DateTimeOffset? From = null, DateTimeOffset? To = null, RuleBudget? Budget = null)
{
    public bool IsActiveAt(DateTimeOffset now) => (From is null || now >= From) && (To is null || now < To);
}

/// <summary>A reward rule as its program knows it.</summary>
/// <param name="Number">Counts from 1 inside the program; enrollments and events name the rule by it.</param>
public sealed record Rule(int Number, Identity.CallerId Id, RuleState State, ImmutableArray<RuleVersion> Versions)
{
    public RuleVersion Latest => Versions[^1];

    /// <summary>The version in force at a revision of the program; of a rule that was published later, its first (D17).</summary>
    public RuleVersion At(int revision)
    {
        for (var i = Versions.Length - 1; i > 0; i--)
            if (Versions[i].Revision <= revision) return Versions[i];
        return Versions[0];
    }
}
