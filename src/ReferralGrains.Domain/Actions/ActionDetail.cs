using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace ReferralGrains.Domain.Actions;

/// <summary>What few actions carry: a base beside the amount (X1), lines (X2), attributes (X4). An action without any has none of this, and costs nothing more.</summary>
/// <param name="BaseMinor">What commission is earned on, where it is less than what was paid; of lines that have bases, their sum.</param>
/// <param name="Lines">Of a sale, what was bought; of a refund, what it is about. In the order in which they were sent.</param>
/// <param name="Attributes">In the order of their keys.</param>
public sealed record ActionDetail(
    [property: JsonPropertyName("b")] long? BaseMinor = null,
    [property: JsonPropertyName("l")] ImmutableArray<SoldLine>? Lines = null,
    [property: JsonPropertyName("a")] ImmutableArray<ActionAttribute>? Attributes = null)
{
    /// <summary>What the action says of itself under a key, or null.</summary>
    public string? Attribute(string key)
    {
        foreach (var attribute in Attributes ?? [])
            if (attribute.Key == key) return attribute.Value;
        return null;
    }
}

/// <summary>One product of a sale, or of a refund. Lines may add up to less than the action: the rest has no product.</summary>
/// <param name="BaseMinor">On all lines of a sale, or on none: then the sale's base is spread by amount.</param>
public readonly record struct SoldLine(
    [property: JsonPropertyName("p")] string ProductId,
    [property: JsonPropertyName("m")] long AmountMinor,
    [property: JsonPropertyName("b")] long? BaseMinor = null);

/// <summary>Something that a rule may compare: country, coupon, new or renewal.</summary>
public readonly record struct ActionAttribute([property: JsonPropertyName("k")] string Key, [property: JsonPropertyName("v")] string Value);
