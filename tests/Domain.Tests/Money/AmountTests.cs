using ReferralGrains.Domain.Money;

namespace ReferralGrains.Domain.Tests.Money;

public class AmountTests
{
    [Theory]
    [InlineData(14_70, "USD", "14.70 USD")]
    [InlineData(5, "GBP", "0.05 GBP")]
    [InlineData(-5, "GBP", "-0.05 GBP")]
    [InlineData(-1_05, "GBP", "-1.05 GBP")]
    [InlineData(0, "GBP", "0.00 GBP")]
    [InlineData(500, "JPY", "500 JPY")]
    [InlineData(1_005, "KWD", "1.005 KWD")]
    [InlineData(14_70, "credit:GBP", "14.70 credit:GBP")]
    [InlineData(500, "credit:JPY", "500 credit:JPY")]
    [InlineData(12, "points", "12 points")]
    [InlineData(1, "service:month", "1 service:month")]
    [InlineData(1, "item:GBP", "1 item:GBP")]
    [InlineData(7, "credit:gold", "7 credit:gold")]
    [InlineData(long.MinValue, "GBP", "-92233720368547758.08 GBP")]
    public void D1_an_amount_is_shown_in_its_minor_units(long minor, string asset, string shown)
    {
        Assert.Equal(shown, new Amount(minor, new(asset)).ToString());
        Assert.Equal(shown, Amount.Display(minor, new(asset)));
        Assert.Equal($"[{shown}]", $"[{new Amount(minor, new(asset))}]");
    }

    [Fact]
    public void D2_assets_are_never_added_up()
    {
        var money = new Amount(1_00, Asset.Cash("GBP"));

        Assert.Equal(new Amount(3_00, Asset.Cash("GBP")), money + new Amount(2_00, Asset.Cash("GBP")));
        Assert.Equal(new Amount(-1_00, Asset.Cash("GBP")), money - new Amount(2_00, Asset.Cash("GBP")));
        Assert.Throws<InvalidOperationException>(() => money + new Amount(1_00, Asset.Credit("GBP")));
        Assert.Throws<InvalidOperationException>(() => money - new Amount(1_00, Asset.Cash("USD")));
    }

    [Theory]
    [InlineData("JPY", 0)]
    [InlineData("KRW", 0)]
    [InlineData("GBP", 2)]
    [InlineData("USD", 2)]
    [InlineData("KWD", 3)]
    [InlineData("TND", 3)]
    public void D1_a_currency_has_its_own_exponent(string code, int exponent) => Assert.Equal(exponent, Currency.ExponentOf(code));

    [Theory]
    [InlineData("gbp")]
    [InlineData("XXX")]
    [InlineData("")]
    [InlineData("GBP ")]
    [InlineData("points")]
    public void D1_an_unknown_currency_is_unknown(string code) => Assert.False(Currency.IsKnown(code));

    [Theory]
    [InlineData("GBP", "GBP")]
    [InlineData("credit:GBP", "GBP")]
    [InlineData("points", null)]
    [InlineData("item:GBP", null)]
    [InlineData("coupon:ten", null)]
    public void D2_cash_and_credit_are_counted_in_a_currency(string asset, string? currency) => Assert.Equal(currency, new Asset(asset).Currency);
}
