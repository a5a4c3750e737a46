using System.Text;
using ReferralGrains.Gateway.Json;
using ReferralGrains.Gateway.Referrals;

namespace ReferralGrains.Integration.Tests.Gateway;

public sealed class AmountLimitTests
{
    [Fact]
    public void Nine_thousand_of_the_largest_rewards_fit_into_one_balance()
    {
        var largest = new[]
        {
            (Int128)AmountLimits.MaxMinor * AmountLimits.MaxBasisPoints / 10_000,
            (Int128)AmountLimits.MaxMinor * AmountLimits.MaxPointsPerMinor,
            AmountLimits.MaxMinor,
        }.Max();
        Assert.InRange(largest * 9_000, 0, long.MaxValue);
    }

    [Theory]
    [InlineData(AmountLimits.MaxMinor, null)]
    [InlineData(AmountLimits.MaxMinor + 1, "invalid_field")]
    [InlineData(long.MaxValue, "invalid_field")]
    public void A_larger_amount_than_a_balance_can_bear_is_not_let_in(long minor, string? code)
    {
        var sale = $$"""{"action_id":"a","program_id":"p","type":"sale","referee_id":"c","amount_minor":{{minor}}}""";
        Assert.Equal(code, ActionParser.Parse(Encoding.UTF8.GetBytes(sale), out _)?.Code);
    }
}
