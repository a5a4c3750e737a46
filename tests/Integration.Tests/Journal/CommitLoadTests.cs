using ReferralGrains.Integration.Tests.Tenants;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Integration.Tests.Journal;

/// <summary>What background work yields to.</summary>
public sealed class CommitLoadTests
{
    private readonly FixedTime time = new(Rows.At);
    private readonly CommitLoad load;

    public CommitLoadTests() => load = new(time);

    [Theory]
    [InlineData(10, 190)]
    [InlineData(10, 90)]
    [InlineData(4, 36)]
    public void A_few_commits_evenly_spaced_are_no_load(int milliseconds, int apart) => Assert.DoesNotContain(true, Commits(milliseconds, apart));

    [Theory]
    [InlineData(10, 0)]
    [InlineData(10, 10)]
    [InlineData(2, 4)]
    public void Commits_that_come_close_one_after_another_are_a_load(int milliseconds, int apart)
    {
        var seen = Commits(milliseconds, apart);
        Assert.DoesNotContain(false, seen.Skip(seen.Count / 2));
        time.Advance(TimeSpan.FromSeconds(1.5));
        Assert.False(load.IsHigh);
    }

    [Fact]
    public void A_commit_that_lasts_is_a_load_before_it_ends()
    {
        load.Begin();
        Assert.False(load.IsHigh);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(load.IsHigh);
    }

    private List<bool> Commits(int milliseconds, int apart)
    {
        var seen = new List<bool>();
        for (var end = time.GetUtcNow().AddSeconds(10); time.GetUtcNow() < end;)
        {
            load.Begin();
            time.Advance(TimeSpan.FromMilliseconds(milliseconds));
            seen.Add(load.IsHigh);
            load.End();
            time.Advance(TimeSpan.FromMilliseconds(apart));
            seen.Add(load.IsHigh);
        }

        return seen;
    }
}
