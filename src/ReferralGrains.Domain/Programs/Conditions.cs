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
/// <param name="ProductIds">One of these must be among the action's (H7); empty means any. Of a sale with lines only these are rewarded (X2).</param>
/// <param name="ReferrerNamed">Which tags the referrer must have or must not have (X4).</param>
/// <param name="RefereeNamed">Likewise the referee.</param>
/// <param name="ExcludedProductIds">These are not rewarded (X2).</param>
/// <param name="Attributes">Each must have one of its values among the action's (X4).</param>
public sealed record Conditions(
    long? MinAmountExclusiveMinor,
    ImmutableArray<string> ProductIds,
    TagCondition ReferrerTags = TagCondition.All,
    TagCondition RefereeTags = TagCondition.All,
    NamedTags? ReferrerNamed = null,
    NamedTags? RefereeNamed = null,
    ImmutableArray<string>? ExcludedProductIds = null,
    ImmutableArray<AttributeCondition>? Attributes = null)
{
    public static readonly Conditions None = new(null, []);
}

/// <summary>A condition on tags by name, read when an action is decided (X4).</summary>
/// <param name="AnyOf">At least one of these; empty means that none is needed.</param>
/// <param name="NoneOf">None of these.</param>
public sealed record NamedTags(ImmutableArray<string> AnyOf, ImmutableArray<string> NoneOf)
{
    /// <summary>The tag that is forbidden and there, or null.</summary>
    public string? Forbidden(ImmutableArray<string> tags) => First(NoneOf, tags);

    /// <summary>The tag that is wanted and there, or null.</summary>
    public string? Wanted(ImmutableArray<string> tags) => First(AnyOf, tags);

    public bool Passes(ImmutableArray<string> tags) => Forbidden(tags) is null && (AnyOf.IsEmpty || Wanted(tags) is not null);

    private static string? First(ImmutableArray<string> named, ImmutableArray<string> tags)
    {
        foreach (var tag in named)
            if (tags.Contains(tag)) return tag;
        return null;
    }
}

/// <summary>What an action must say of itself under one key (X4).</summary>
public sealed record AttributeCondition(string Key, ImmutableArray<string> Values);
