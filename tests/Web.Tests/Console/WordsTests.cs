using ReferralGrains.Client;
using ReferralGrains.Web.Console.Layout;
using ReferralGrains.Web.Console.Rules;

namespace ReferralGrains.Web.Tests.Console;

/// <summary>Values and rules as people read them.</summary>
public sealed class WordsTests
{
    [Theory]
    [InlineData(2, "coupon:VIP", "2 VIP coupon")] // An id of three capitals is no currency.
    [InlineData(2, "custom:a:b", "2 a:b custom")]
    [InlineData(-1_234_500, "GBP", "−12,345.00 GBP")]
    [InlineData(500, "credit:GBP", "5.00 GBP credit")]
    [InlineData(500, "JPY", "500 JPY")]
    [InlineData(1_200, "points", "1,200 points")]
    public void Only_money_has_a_point(long minor, string asset, string shown) => Assert.Equal(shown, Show.Amount(minor, asset));

    [Theory]
    [InlineData(1_000, 1_234, "These are the first 1,000 of 1,234.")]
    [InlineData(7, 7, null)]
    public void A_list_that_has_not_all_says_so(int shown, int all, string? said) => Assert.Equal(said, Show.Cut(shown, all));

    [Theory]
    [InlineData(30, "held until a person releases it, expected after 30 days.")]
    [InlineData(null, "held until a person releases it.")]
    public void H13_a_hold_by_hand_is_not_said_to_end_by_itself(int? days, string end) => Assert.EndsWith(end, RuleWords.Of(
        new RuleBody
        {
            Trigger = RuleBodyTrigger.RecurringAction,
            Reward = new() { Kind = RewardBodyKind.Cash, Type = RewardBodyType.Fixed, AmountMinor = 500 },
            Hold = new() { Mode = HoldBodyMode.Manual, Days = days },
        },
        "GBP"), StringComparison.Ordinal);
}
