using ReferralGrains.Domain.Discounts;
using ReferralGrains.Gateway.Description;
using ReferralGrains.Gateway.Json;

namespace ReferralGrains.Gateway.Programs;

/// <summary>What is taken off a referee's first invoice (S1).</summary>
/// <param name="Type">flat is fixed by another name.</param>
/// <param name="Value">Basis points of a percentage, at most 10,000; otherwise minor units.</param>
internal sealed record DiscountBody(
    [property: OneOf(typeof(DiscountWords), nameof(DiscountWords.Types))] string Type,
    [property: Whole(1, AmountLimits.MaxMinor)] long Value)
{
    public Discount Parse(string path) => DiscountWords.Parse(Type, Value, path);

    public static DiscountBody? Of(Discount? discount) => discount is null ? null : new(DiscountWords.TypeOf(discount), DiscountWords.ValueOf(discount));
}

/// <summary>What each referral takes off its referrer's own payments (G1, G2).</summary>
/// <param name="Type">flat is fixed by another name.</param>
/// <param name="Value">Basis points of a percentage, at most 10,000; otherwise minor units.</param>
/// <param name="Every">next, which is what is meant when it is left out: a referral is for one payment. all: off each of them, and nothing is used up.</param>
/// <param name="Mode">auto when it is left out. manual: only referrals that a person lets count.</param>
internal sealed record PaymentDiscountBody(
    [property: OneOf(typeof(DiscountWords), nameof(DiscountWords.Types))] string Type,
    [property: Whole(1, AmountLimits.MaxMinor)] long Value,
    [property: OneOf(typeof(DiscountWords), nameof(DiscountWords.Payments))] string? Every = null,
    [property: OneOf(typeof(DiscountWords), nameof(DiscountWords.Modes))] string? Mode = null)
{
    public PaymentDiscount Parse(string path) => new(
        DiscountWords.Parse(Type, Value, path),
        DiscountWords.Payments.Parse(Every, false, path + ".every"),
        DiscountWords.Modes.Parse(Mode, false, path + ".mode"));

    public static PaymentDiscountBody? Of(PaymentDiscount? discount) => discount is null
        ? null
        : new(
            DiscountWords.TypeOf(discount.Value), DiscountWords.ValueOf(discount.Value), DiscountWords.Payments.Of(discount.EveryPayment),
            DiscountWords.Modes.Of(discount.ByHand));
}

/// <summary>Discounts in the words of the outside.</summary>
internal static class DiscountWords
{
    public static readonly Words<bool> Types = new(("percent", true), ("fixed", false), ("flat", false));

    /// <summary>Whether each payment is meant.</summary>
    public static readonly Words<bool> Payments = new(("next", false), ("all", true));

    /// <summary>Whether by hand.</summary>
    public static readonly Words<bool> Modes = new(("auto", false), ("manual", true));

    public static readonly Words<ReferralChoice> Choices = new(("apply", ReferralChoice.Applies), ("decline", ReferralChoice.Declined));

    public static Discount Parse(string type, long value, string path)
    {
        var isShare = Types.Parse(type, false, path + ".type");
        AmountLimits.Range(value, 1, isShare ? Domain.Money.BasisPoints.Whole : AmountLimits.MaxMinor, path + ".value");
        return isShare ? new(BasisPoints: (int)value) : new(AmountMinor: value);
    }

    public static string TypeOf(Discount discount) => Types.Of(discount.BasisPoints > 0);

    public static long ValueOf(Discount discount) => discount.BasisPoints > 0 ? discount.BasisPoints : discount.AmountMinor;
}
