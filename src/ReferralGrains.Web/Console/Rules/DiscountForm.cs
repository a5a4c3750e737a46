using System.Globalization;
using ReferralGrains.Web.Console.Layout;

namespace ReferralGrains.Web.Console.Rules;

/// <summary>A discount as a person fills it in: a share in percent, or an amount as 15.00.</summary>
public sealed class DiscountForm
{
    public bool IsPercent { get; private set; } = true;

    /// <summary>percent or fixed.</summary>
    public string Type
    {
        get => IsPercent ? "percent" : "fixed";
        set => IsPercent = value == "percent";
    }

    /// <summary>Empty for none.</summary>
    public string Value { get; set; } = "";

    public static DiscountForm Of(bool isPercent, long value, string currency) => new()
    {
        IsPercent = isPercent,
        Value = isPercent ? (value / 100m).ToString("0.##", CultureInfo.InvariantCulture) : TypedAmount.Of(value, currency),
    };

    /// <summary>10 %, or 15.00 GBP.</summary>
    public static string InWords(bool isPercent, long value, string currency) => isPercent ? Show.Percent((int)value) : Show.Amount(value, currency);

    public bool IsLike(DiscountForm other) => Type == other.Type && Value.Trim() == other.Value;

    /// <summary>Basis points or minor units. Where it cannot be read it is below zero, which the API refuses by the field's name.</summary>
    public long Read(string currency) => (IsPercent ? TypedAmount.Hundredths(Value) : TypedAmount.Minor(Value, currency)) ?? -1;
}
