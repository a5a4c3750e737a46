using System.Text.Json;
using System.Text.Json.Serialization;

namespace ReferralGrains.Domain.Money;

/// <summary>
/// What an amount is of (D2): a currency (<c>GBP</c>), <c>credit:GBP</c>, <c>points</c>, <c>service:ID</c>, <c>coupon:ID</c> or <c>item:ID</c>.
/// Assets are never netted against each other.
/// </summary>
[JsonConverter(typeof(AssetJson))]
public readonly record struct Asset(string Name)
{
    public static readonly Asset Points = new("points");

    public static Asset Cash(string currency) => new(currency);

    public static Asset Credit(string currency) => new("credit:" + currency);

    /// <summary>The currency whose minor unit this asset is counted in, or null for points and things.</summary>
    public string? Currency
    {
        get
        {
            var name = Name.StartsWith("credit:", StringComparison.Ordinal) ? Name[7..] : Name;
            return Money.Currency.IsKnown(name) ? name : null;
        }
    }

    /// <summary>Money that a payout can send.</summary>
    public bool IsCash => Money.Currency.IsKnown(Name);

    public override string ToString() => Name;

    public sealed class AssetJson : JsonConverter<Asset>
    {
        public override Asset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            new(string.Intern(reader.GetString()!)); // There are few assets and millions of open holds.

        public override void Write(Utf8JsonWriter writer, Asset value, JsonSerializerOptions options) => writer.WriteStringValue(value.Name);
    }
}
