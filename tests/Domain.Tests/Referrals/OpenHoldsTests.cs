using ReferralGrains.Domain.Money;
using ReferralGrains.Domain.Referrals;

namespace ReferralGrains.Domain.Tests.Referrals;

public sealed class OpenHoldsTests
{
    private static readonly DateTimeOffset At = new(2026, 3, 29, 1, 30, 0, TimeSpan.FromHours(1));

    [Fact]
    public void Two_that_continue_the_same_holds_do_not_see_each_other()
    {
        var both = Holds(1, 2, 3);
        var (left, right) = (both.With(Hold(4, minor: 40)), both.With(Hold(5, minor: 50)));
        var further = left.With(Hold(6));

        Assert.Equal([1L, 2, 3], Rewards(both));
        Assert.Equal([1L, 2, 3, 4], Rewards(left));
        Assert.Equal([1L, 2, 3, 5], Rewards(right));
        Assert.Equal([1L, 2, 3, 4, 6], Rewards(further));
        Assert.Equal(40, left.Find(4)?.RemainingMinor);
        Assert.False(left.Contains(5));
    }

    [Fact]
    public void What_was_handed_out_never_changes()
    {
        var before = Holds(1, 2, 3);
        var changed = before.With(Hold(2, minor: 1)).Without(3).With(Hold(9));

        Assert.Equal([1L, 2, 9], Rewards(changed));
        Assert.Equal(1, changed.Find(2)?.RemainingMinor);
        Assert.Equal([1L, 2, 3], Rewards(before));
        Assert.Equal(100, before.Find(2)?.RemainingMinor);
    }

    [Fact]
    public void A_hold_that_comes_back_takes_its_old_place()
    {
        var back = Holds(1, 2, 3).Without(new HashSet<long> { 1, 2 }).With(Hold(2)).With(Hold(1));

        Assert.Equal([1L, 2, 3], Rewards(back));
    }

    [Fact]
    public void Many_are_found_and_the_last_one_gone_is_none()
    {
        var holds = Holds([.. Enumerable.Range(1, 1_000).Select(n => n * 2L)]);

        Assert.All(Enumerable.Range(1, 1_000), n => Assert.Equal(n * 2, holds.Find(n * 2)?.Reward));
        Assert.All(Enumerable.Range(0, 1_000), n => Assert.Null(holds.Find((n * 2) + 1)));
        Assert.Equal(OpenHolds.None, holds.Without(holds.Select(hold => hold.Reward).ToHashSet()));
        Assert.Null(OpenHolds.None.Find(1));
    }

    [Fact]
    public void A_release_date_is_kept_in_utc_and_may_be_missing()
    {
        Assert.Equal(At.ToUniversalTime(), Hold(1).ReleaseAt);
        Assert.Equal(TimeSpan.Zero, Hold(1).ReleaseAt?.Offset);
        Assert.Null((Hold(1) with { ReleaseAt = null }).ReleaseAt);
        Assert.Null(new OpenHold(1, 1, default, Asset.Points, 1, null, false, 1).ReleaseAt);
    }

    private static OpenHolds Holds(params long[] rewards) => rewards.Aggregate(OpenHolds.None, (holds, reward) => holds.With(Hold(reward)));

    private static OpenHold Hold(long reward, long minor = 100) => new(reward, 1, new(7), Asset.Cash("GBP"), minor, At, true, 1);

    private static long[] Rewards(OpenHolds holds) => [.. holds.Select(hold => hold.Reward)];
}
