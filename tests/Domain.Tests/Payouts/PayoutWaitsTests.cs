using ReferralGrains.Domain.Payouts;

namespace ReferralGrains.Domain.Tests.Payouts;

public sealed class PayoutWaitsTests
{
    public static TheoryData<PayoutWaits> Dangerous =>
    [
        PayoutWaits.Live with { KeyLife = TimeSpan.FromHours(21) },
        PayoutWaits.Live with { LookAgain = TimeSpan.FromMinutes(9) },
        PayoutWaits.Live with { Quiet = TimeSpan.FromMinutes(59) },
        PayoutWaits.Live with { FirstByte = TimeSpan.FromSeconds(31) },
        PayoutWaits.Live with { Answer = TimeSpan.FromMinutes(61) },
        PayoutWaits.Live with { CoolingOff = TimeSpan.FromHours(71) },
    ];

    [Theory]
    [MemberData(nameof(Dangerous))]
    public void Live_money_has_floors(PayoutWaits waits) => Assert.NotEmpty(waits.Dangers());

    [Fact]
    public void The_defaults_are_for_live_money() => Assert.Empty(PayoutWaits.Live.Dangers());

    [Theory]
    [InlineData(2)]
    [InlineData(240)]
    [InlineData(600)]
    public void Haste_is_not_for_live_money_and_still_waits_for_longer_than_a_sending_can_take(int times)
    {
        var hastened = PayoutWaits.Live.Hastened(times);
        Assert.NotEmpty(hastened.Dangers());
        Assert.True(hastened.Quiet > hastened.Abandoned);
        Assert.Equal(PayoutWaits.Live.CoolingOff, hastened.CoolingOff);
        Assert.Equal(PayoutWaits.Live, PayoutWaits.Live.Hastened(1));
    }
}
