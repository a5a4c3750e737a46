using ReferralGrains.Domain.Money;
using ReferralGrains.Domain.Programs;

namespace ReferralGrains.Integration.Tests.Journal;

/// <summary>A few reward rules, enough to make every kind of row.</summary>
public static class Terms
{
    public static RewardRule Percent(int basisPoints, Hold? hold = null) => new(
        "rule", Trigger.RecurringAction, new("cash", Asset.Cash("GBP"), RewardType.Percent, BasisPoints: basisPoints), Limits.None, Conditions.None,
        [], hold ?? Hold.None);

    public static Hold Days(int days) => new(HoldMode.Days, days);

    public static Hold Review => new(HoldMode.Manual);
}
