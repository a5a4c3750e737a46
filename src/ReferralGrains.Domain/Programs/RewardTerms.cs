using ReferralGrains.Domain.Money;

namespace ReferralGrains.Domain.Programs;

/// <summary>Which amount a percentage is of (H6).</summary>
public enum RewardBase
{
    /// <summary>The action's own amount.</summary>
    Transaction = 0,

    /// <summary>The referral's conversion value.</summary>
    ConversionValue = 1,
}

/// <summary>How much a reward is (H8).</summary>
public enum RewardType
{
    /// <summary>A share of the base, rounded once, half away from zero (R2).</summary>
    Percent = 1,

    /// <summary>The same amount whatever was spent (R2).</summary>
    Fixed = 2,

    /// <summary><c>Points</c> for every <c>PerMinor</c> spent, whole and rounded down (V5).</summary>
    PerAmount = 3,
}

/// <summary>What a rule gives: the asset and how much of it. With tiers or steps, each of them carries the value instead.</summary>
/// <param name="Kind">As the caller named it: cash, credit, points, free_service, coupon, custom.</param>
/// <param name="BasisPoints">For <see cref="RewardType.Percent"/>; 0 where tiers or steps say it.</param>
/// <param name="AmountMinor">For <see cref="RewardType.Fixed"/>; 0 where tiers or steps say it.</param>
public sealed record RewardTerms(
    string Kind,
    Asset Asset,
    RewardType Type,
    int BasisPoints = 0,
    long AmountMinor = 0,
    long Points = 0,
    long PerMinor = 0,
    RewardBase Of = RewardBase.Transaction)
{
    /// <summary>How much it is inside a tier or a step: what that carries, a rate or an amount, goes before the reward's own.</summary>
    public RewardType TypeIn(OwnValue own) => own switch
    {
        { BasisPoints: > 0 } => RewardType.Percent,
        { AmountMinor: > 0 } => RewardType.Fixed,
        _ => Type,
    };

    public BasisPoints RateIn(OwnValue own) => new(own.BasisPoints > 0 ? own.BasisPoints : BasisPoints);

    public long FixedIn(OwnValue own) => own.AmountMinor > 0 ? own.AmountMinor : AmountMinor;
}
