using System.Collections.Immutable;

namespace ReferralGrains.Domain.Programs;

/// <summary>Who passes a tag condition (H5).</summary>
public enum TagCondition
{
    /// <summary>Tagged and untagged.</summary>
    All = 0,

    /// <summary>At least one tag.</summary>
    Any = 1,

    /// <summary>Untagged only.</summary>
    None = 2,
}

/// <summary>What an action, its referral and its referrer must be like. The defaults let everything pass.</summary>
/// <param name="MinAmountExclusiveMinor">The base must exceed it (H6).</param>
/// <param name="ProductIds">One of these must be among the action's (H7); empty means any.</param>
public sealed record Conditions(
    long? MinAmountExclusiveMinor,
    ImmutableArray<string> ProductIds,
    TagCondition ReferrerTags = TagCondition.All,
    TagCondition RefereeTags = TagCondition.All)
{
    public static readonly Conditions None = new(null, []);
}
