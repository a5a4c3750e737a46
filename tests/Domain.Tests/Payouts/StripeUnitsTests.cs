using ReferralGrains.Domain.Money;
using ReferralGrains.Domain.Payouts;

namespace ReferralGrains.Domain.Tests.Payouts;

public sealed class StripeUnitsTests
{
    [Theory]
    [InlineData("USD", 1_234, 1_234, 1_234)]
    [InlineData("JPY", 1_234, 1_234, 1_234)]
    [InlineData("MGA", 1_234, 1_200, 12)] // ISO gives it two decimals, Stripe none.
    [InlineData("ISK", 5, 5, 500)] // 5 krónur are 500.
    [InlineData("HUF", 1_045, 1_000, 1_000)] // 10.45 can be paid out as 10.
    [InlineData("TWD", 99, 0, 0)]
    [InlineData("KWD", 5_124, 5_120, 5_120)] // Of three decimals the last must be 0.
    [InlineData("BHD", 9, 0, 0)]
    public void As_much_as_can_be_moved_is_moved_and_the_rest_rolls_over(string currency, long minor, long divisible, long stripes)
    {
        var units = StripeUnits.Of(currency)!.Value;
        Assert.Equal(divisible, units.Divisible(minor));
        Assert.Equal(stripes, units.ToStripe(divisible));
        Assert.Equal(divisible, units.FromStripe(stripes));
    }

    [Theory]
    [InlineData("UGX")] // Told of in two ways.
    [InlineData("IQD")]
    [InlineData("LYD")]
    [InlineData("KPW")]
    [InlineData("XXX")]
    public void What_is_not_confirmed_cannot_be_paid(string currency) => Assert.Null(StripeUnits.Of(currency));

    [Fact]
    public void An_amount_that_cannot_be_moved_whole_is_our_own_bug()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => StripeUnits.Of("HUF")!.Value.ToStripe(150));
        Assert.Throws<ArgumentOutOfRangeException>(() => StripeUnits.Of("USD")!.Value.Divisible(-1));
        Assert.Throws<OverflowException>(() => StripeUnits.Of("ISK")!.Value.ToStripe(long.MaxValue));
    }

    [Fact]
    public void Every_currency_of_the_table_is_one_of_ours_and_its_steps_come_out_whole()
    {
        foreach (var code in Enumerable.Range(0, 26 * 26 * 26).Select(Code).Where(code => StripeUnits.Of(code) is not null))
        {
            Assert.True(Currency.IsKnown(code), code);
            var units = StripeUnits.Of(code)!.Value;
            Assert.Equal(0, units.ToStripe(units.Divisible(123_456)) % units.Step);
        }
    }

    private static string Code(int number) => string.Concat((char)('A' + number / 676), (char)('A' + number / 26 % 26), (char)('A' + number % 26));
}
