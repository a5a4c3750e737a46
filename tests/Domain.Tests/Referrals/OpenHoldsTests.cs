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
    public void However_many_there_are_they_are_what_a_sorted_table_would_hold()
    {
        var random = new Random(4711);
        for (var round = 0; round < 30; round++)
        {
            var (holds, table, next) = (OpenHolds.None, new SortedDictionary<long, OpenHold>(), 0L);
            for (var step = 0; step < 60; step++)
            {
                var (before, kept) = (holds, table.Values.ToList());
                switch (random.Next(5))
                {
                    case 0 or 1:
                        for (var i = random.Next(200); i > 0; i--)
                        {
                            next += random.Next(1, 4);
                            table[next] = Dated(next, random);
                            holds = holds.With(table[next]);
                        }

                        break;
                    case 2:
                        var changed = Some(table.Keys, random).Concat([random.NextInt64(1, next + 2)]).Distinct().Order().Select(reward => Dated(reward, random, random.Next(3))).ToList();
                        foreach (var hold in changed)
                            if (hold.RemainingMinor > 0) table[hold.Reward] = hold;
                            else table.Remove(hold.Reward);
                        next = Math.Max(next, table.Keys.LastOrDefault());
                        holds = holds.WithAll(changed);
                        break;
                    case 3:
                        var gone = Some(table.Keys, random).ToHashSet();
                        foreach (var reward in gone) table.Remove(reward);
                        holds = holds.Without(gone);
                        break;
                    default:
                        var one = random.NextInt64(1, next + 2);
                        table[one] = Dated(one, random);
                        next = Math.Max(next, one);
                        holds = holds.With(table[one]);
                        break;
                }

                Assert.Equal(kept, before);
                Assert.Equal(table.Values, holds);
                Assert.Equal((table.Count, table.Count == 0), (holds.Count, holds == OpenHolds.None));
                var now = At.AddDays(random.Next(40));
                Assert.Equal(table.Values.Where(hold => hold.ReleasesItself).Min(hold => hold.ReleaseAt), holds.Earliest);
                Assert.Equal(table.Values.Where(hold => hold.ReleasesItself && hold.ReleaseAt <= now), holds.DueBy(now));
                foreach (var reward in Some(table.Keys, random).Append(next + 1)) Assert.Equal(table.TryGetValue(reward, out var there) ? there : null, holds.Find(reward));
                if (table.Count > 0) Assert.Equal(table.Values.ElementAt(table.Count / 2), holds[table.Count / 2]);
            }
        }
    }

    [Fact]
    public void A_change_among_many_copies_little()
    {
        var holds = Holds([.. Enumerable.Range(1, 60_000).Select(n => (long)n)]);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var reward = 1; reward <= 100; reward++) holds = holds.Without(reward * 500);
        Assert.Equal(59_900, holds.Count);
        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / 100, 1, 128 * 1024);
    }

    [Fact]
    public void A_release_date_is_kept_in_utc_and_may_be_missing()
    {
        Assert.Equal(At.ToUniversalTime(), Hold(1).ReleaseAt);
        Assert.Equal(TimeSpan.Zero, Hold(1).ReleaseAt?.Offset);
        Assert.Null((Hold(1) with { ReleaseAt = null }).ReleaseAt);
        Assert.Null(new OpenHold(1, 1, default, Asset.Points, 1, null, false, 1).ReleaseAt);
    }

    private static OpenHold Dated(long reward, Random random, long minor = 100) =>
        Hold(reward, minor) with { ReleaseAt = random.Next(5) == 0 ? null : At.AddHours(random.Next(1_000)), ReleasesItself = random.Next(4) > 0 };

    private static IEnumerable<long> Some(IEnumerable<long> all, Random random)
    {
        var share = random.NextDouble();
        return [.. all.Where(_ => random.NextDouble() < share)];
    }

    private static OpenHolds Holds(params long[] rewards) => rewards.Aggregate(OpenHolds.None, (holds, reward) => holds.With(Hold(reward)));

    private static OpenHold Hold(long reward, long minor = 100) => new(reward, 1, new(7), Asset.Cash("GBP"), minor, At, true, 1);

    private static long[] Rewards(OpenHolds holds) => [.. holds.Select(hold => hold.Reward)];
}
