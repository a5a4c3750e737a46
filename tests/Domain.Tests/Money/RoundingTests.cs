using ReferralGrains.Domain.Money;

namespace ReferralGrains.Domain.Tests.Money;

public class RoundingTests
{
    [Theory]
    [InlineData(49_00, 30_00, 14_70)]     // R2: $49.00 at 30 %
    [InlineData(139_12, 10_00, 13_91)]
    [InlineData(5, 10_00, 1)]             // half a cent goes away from zero
    [InlineData(4, 10_00, 0)]
    [InlineData(-5, 10_00, -1)]
    [InlineData(-4, 10_00, 0)]
    [InlineData(0, 10_00, 0)]
    [InlineData(1, 1_00_00, 1)]
    [InlineData(3, 16_667, 5)]
    [InlineData(long.MaxValue, 1_00_00, long.MaxValue)]
    public void D1_a_share_is_rounded_half_away_from_zero(long minor, int basisPoints, long expected) =>
        Assert.Equal(expected, new BasisPoints(basisPoints).Of(minor));

    [Theory]
    [InlineData(99, 100, 0)]
    [InlineData(100, 100, 1)]
    [InlineData(199, 100, 1)]
    [InlineData(0, 100, 0)]
    public void V5_points_are_rounded_down(long numerator, long denominator, long expected) =>
        Assert.Equal(expected, Rounding.Down(numerator, denominator));

    [Fact]
    public void D1_what_does_not_fit_is_an_error_not_a_wrong_amount()
    {
        Assert.Throws<OverflowException>(() => new BasisPoints(1_00_01).Of(long.MaxValue));
        Assert.Throws<OverflowException>(() => Rounding.Down((Int128)long.MaxValue + 1, 1));
    }

    [Fact]
    public void Nothing_is_divided_by_zero_and_points_are_of_no_debt()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Rounding.HalfAwayFromZero(1, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Rounding.Down(1, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Rounding.Down(-1, 100));
    }
}
