namespace ReferralGrains.Domain.Programs;

/// <summary>What a tier is measured by, over all of the referrer's referees in the program (H2, D6).</summary>
public enum TierBy
{
    /// <summary>The accumulated transaction value, in minor units.</summary>
    Value = 0,

    /// <summary>The number of distinct referees with a counted sale.</summary>
    Count = 1,
}

/// <summary>A range of the referrer's tally, inclusive on both ends (H3), and what the rule gives inside it.</summary>
/// <param name="Max">Null means no upper end.</param>
public sealed record Tier(TierBy By, long Min, long? Max, int BasisPoints = 0, long AmountMinor = 0)
{
    public OwnValue Value => new(BasisPoints, AmountMinor);

    public bool Holds(long measure) => measure >= Min && (Max is null || measure <= Max);
}
