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
}
