using System.Collections.Immutable;
using ReferralGrains.Domain.Programs;
using static ReferralGrains.Domain.Tests.World.Rules;

namespace ReferralGrains.Domain.Tests.Programs;

public class TierWarningsTests
{
    [Fact]
    public void H3_tiers_that_follow_each_other_warn_of_nothing()
    {
        Assert.Empty(Of(Spent(0, 200_00, 1), Spent(200_01, 400_00, 1), Spent(400_01, null, 1)));
        Assert.Empty(Of(Referees(5, 5, 1), Referees(1, 4, 1), Referees(6, null, 1)));
        Assert.Empty(Of(Spent(500_00, null, 1)));
        Assert.Empty(Of());
    }

    [Fact]
    public void H3_a_shared_bound_pays_both() =>
        Assert.Equal(["Tiers overlap from 200.00 GBP: an action there is rewarded by both."], Of(Spent(0, 200_00, 1), Spent(200_00, 400_00, 1)));

    [Fact]
    public void H3_a_gap_pays_none() => Assert.Equal(
        ["No tier holds 200.01 GBP to 200.99 GBP: an action there is not rewarded."], Of(Spent(0, 200_00, 1), Spent(201_00, 400_00, 1)));

    [Fact]
    public void H3_counts_are_counts() => Assert.Equal(
        ["Tiers overlap from 3 referrals: an action there is rewarded by both.", "No tier holds 6 referrals to 9 referrals: an action there is not rewarded."],
        Of(Referees(1, 3, 1), Referees(3, 5, 1), Referees(10, null, 1)));

    [Fact]
    public void H3_what_follows_a_tier_without_an_end_overlaps()
    {
        Assert.Single(Of(Spent(0, null, 1), Spent(200_00, 400_00, 1)));
        Assert.Equal(2, Of(Spent(0, null, 1), Spent(200_00, 400_00, 1), Spent(900_00, null, 1)).Length);
    }

    [Fact]
    public void H3_a_wide_tier_overlaps_every_one_that_begins_inside_it()
    {
        var warnings = Of(Spent(0, 1_000_00, 1), Spent(100_00, 200_00, 1), Spent(300_00, 400_00, 1), Spent(1_000_01, null, 1));

        Assert.Equal(
            ["Tiers overlap from 100.00 GBP: an action there is rewarded by both.", "Tiers overlap from 300.00 GBP: an action there is rewarded by both."],
            warnings);
    }

    [Fact]
    public void H3_tiers_by_value_and_by_count_are_measured_apart() =>
        Assert.Empty(Of(Spent(0, 100_00, 1), Referees(1, 2, 1), Spent(100_01, null, 1), Referees(3, null, 1)));

    private static ImmutableArray<string> Of(params Tier[] tiers) => TierWarnings.Of([.. tiers], "GBP");
}
