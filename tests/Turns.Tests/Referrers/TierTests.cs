using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Referrers;
using ReferralGrains.Domain.Tests.World;
using ReferralGrains.Simulation.Domain;
using ReferralGrains.Simulation.Node;
using ReferralGrains.Turns.Referrals;
using ReferralGrains.Turns.Tests.World;

namespace ReferralGrains.Turns.Tests.Referrers;

public sealed class TierTests
{
    private static readonly RewardRule Jumps = Rules.TierReached(
        Rules.Spent(0, 200_00, pays: 5_00), Rules.Spent(201_00, 400_00, pays: 10_00), Rules.Spent(401_00, 600_00, pays: 15_00));

    [Theory]
    [InlineData(80_00, 5_00)]
    [InlineData(400_00, 10_00)]
    [InlineData(500_00, 15_00)]
    [InlineData(600_01, 0)]
    [InlineData(200_50, 0)]
    public async Task H4_a_tier_is_paid_where_the_tally_falls(long tally, long pays)
    {
        await using var shop = await Shop.Open(Jumps);
        Assert.Equal(pays, (await shop.Sell("a1", tally)).Outcome!.Decisions[0].Minor);
    }

    [Fact]
    public async Task H2_tier_reached_pays_each_tier_once_per_referrer_over_all_its_referees()
    {
        await using var shop = await Shop.Open(Jumps);
        await shop.Refer(Shop.Ben);
        var paid = new List<long>();
        foreach (var (id, referee, minor) in new[] { ("a1", Shop.Anna, 80_00L), ("a2", Shop.Ben, 100_00), ("a3", Shop.Ben, 120_00), ("a4", Shop.Anna, 150_00), ("a5", Shop.Ben, 50_00) })
            paid.Add((await shop.Sell(id, minor, referee)).Outcome!.Decisions[0].Minor);
        Assert.Equal([5_00, 0, 10_00, 15_00, 0], paid);
        Assert.Equal(30_00, shop.Balance().Earned);
        Assert.Equal((500_00, 2), (Tally(shop).ValueMinor, Tally(shop).Count));
    }

    [Fact]
    public async Task H2_recurring_actions_are_paid_by_the_tier_they_fall_in_by_number_of_referees()
    {
        await using var shop = await Shop.Open(Rules.Tiered(Rules.Referees(1, 1, pays: 1_00), Rules.Referees(2, null, pays: 3_00)));
        await shop.Refer(Shop.Ben);
        Assert.Equal(1_00, (await shop.Sell("a1", 1_00)).Outcome!.Decisions[0].Minor);
        Assert.Equal(1_00, (await shop.Sell("a2", 1_00)).Outcome!.Decisions[0].Minor);
        Assert.Equal(3_00, (await shop.Sell("a3", 1_00, Shop.Ben)).Outcome!.Decisions[0].Minor);
        Assert.Equal(3_00, (await shop.Sell("a4", 1_00)).Outcome!.Decisions[0].Minor);
    }

    [Fact]
    public async Task D11_one_id_for_two_referees_of_a_referrer_has_one_effect_and_one_conflict()
    {
        await using var shop = await Shop.Open(Jumps);
        await shop.Refer(Shop.Ben);
        var replies = await Task.WhenAll(
            Enumerable.Range(0, 20).SelectMany(n => new[] { shop.Sell($"a{n}", 1_00), shop.Sell($"a{n}", 2_00, Shop.Ben) }));

        Assert.Equal(20, replies.Count(reply => reply.Refusal is null && !reply.Duplicate));
        Assert.Equal(20, replies.Count(reply => reply.Refusal?.Code == "action_conflict"));
    }

    [Fact]
    public async Task H2_an_attribution_that_is_refused_does_not_choose_whose_tally_counts()
    {
        await using var shop = await Shop.Open(Rules.Tiered(Rules.SpentShare(0, null, 10_00)));
        await shop.Introduce("tom");
        await shop.Close("tom");
        shop.Node.Journal.Hold();
        var parked = shop.Sell("a0", 1_00, Shop.Ben);
        await shop.Node.Journal.Queued(1);
        var (refused, referred, sold) = (shop.Refer(Shop.Ben, "tom"), shop.Refer(Shop.Ben), shop.Sell("a1", 100_00, Shop.Ben));
        shop.Node.Journal.Release();

        Assert.Equal("referrer_closed", (await refused).Refusal?.Code);
        Assert.True((await referred).Changed);
        Assert.Equal(101_00, (await sold).Outcome!.Decisions[0].Seen!.Tally);
        Assert.Equal(ActionStatus.Parked, (await parked).Outcome!.Status);
        Assert.Equal(101_00, Tally(shop).ValueMinor);
    }

    [Fact]
    public async Task D7_a_bound_that_two_tiers_share_pays_both_in_tier_order()
    {
        await using var shop = await Shop.Open(Rules.TierReached(Rules.Spent(0, 100_00, pays: 1_00), Rules.Spent(100_00, 200_00, pays: 2_00)));
        Assert.Equal([1_00, 2_00], (await shop.Sell("a1", 100_00)).Outcome!.Decisions.Select(decision => decision.Minor));
        Assert.Equal(3_00, shop.Balance().Earned);
        Assert.Equal(3, shop.Referral().Rows.Max(row => row.Seq) - 1);
    }

    [Fact]
    public async Task D6_refunds_never_lower_the_tally_and_what_does_not_count_does_not_raise_it()
    {
        await using var shop = await Shop.Open(Rules.Tiered(Rules.SpentShare(0, null, 10_00)));
        await shop.Sell("a1", 100_00);
        await shop.Sell("a1", 100_00);
        await shop.Send(Sent.Refund("r1", "a1", shop.Now));
        await shop.Send(Sent.Sale("early", 50_00, shop.Now.AddDays(-1)));
        await shop.Send(Sent.Sale("dollars", 50_00, shop.Now, currency: "USD"));
        await shop.Sell("parked", 50_00, "nobody");
        Assert.Equal((100_00, 1), (Tally(shop).ValueMinor, Tally(shop).Count));
    }

    [Fact]
    public async Task D6_enrollment_rows_and_tally_are_one_append()
    {
        await using var shop = await Shop.Open(Jumps);
        await shop.Sell("a1", 80_00);
        var append = shop.Node.Journal.History[^1].Append;
        Assert.Equal([shop.Referral().Id, shop.Stream(GrainKind.Referrer, Shop.Rita).Id], append.Streams.Select(stream => stream.Stream));
    }

    [Theory]
    [InlineData(CommitFault.Refused, 1)]
    [InlineData(CommitFault.Refused, 3)]
    public async Task D6_a_sale_that_did_not_commit_is_not_counted_and_a_jump_is_paid_once(CommitFault fault, int times)
    {
        await using var shop = await Shop.Open(Jumps);
        await shop.Refer(Shop.Ben);
        await shop.Sell("a1", 150_00);
        for (var i = 0; i < times; i++)
        {
            shop.Node.Faults.Script(fault);
            await Assert.ThrowsAsync<GrainUnavailableException>(() => shop.Sell("a2", 100_00, Shop.Ben));
        }

        Assert.Equal(150_00, Tally(shop).ValueMinor);
        Assert.Equal(10_00, (await shop.Sell("a2", 100_00, Shop.Ben)).Outcome!.Decisions[0].Minor);
        Assert.True((await shop.Sell("a2", 100_00, Shop.Ben)).Duplicate);
        Assert.Equal(15_00, shop.Balance().Earned);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task D6_many_referees_at_once_are_counted_in_one_order(int processes)
    {
        await using var shop = await Shop.Empty(Jumps, Rules.Tiered(Rules.SpentShare(0, null, 10_00)));
        MemoryNode[] nodes = [.. Enumerable.Range(1, processes - 1).Select(_ => shop.Started()), shop.Node];
        for (var i = 0; i < 8; i++) await shop.Refer($"referee{i}");
        var replies = new List<ActionReply>();
        for (var round = 0; round < 8; round++)
            foreach (var reply in await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Persistently(() => shop.Sell($"a{round}-{i}", 10_00, $"referee{i}", nodes[i % processes])))))
                replies.Add(reply);

        Assert.Equal((640_00, 8), (Tally(shop).ValueMinor, Tally(shop).Count));
        Assert.Equal(Enumerable.Range(1, 64).Select(i => (long?)i * 10_00), replies.Select(reply => reply.Outcome!.Decisions[1].Seen!.Tally).Order());
        Assert.Equal([5_00, 10_00, 15_00], replies.Select(reply => reply.Outcome!.Decisions[0].Minor).Where(minor => minor > 0).Order());
        Assert.Equal(30_00 + 64_00, shop.Balance().Earned);
    }

    [Fact]
    public async Task A_group_in_which_one_referral_has_moved_commits_the_others()
    {
        await using var shop = await Shop.Empty(Jumps);
        var other = shop.Started();
        for (var i = 0; i < 4; i++) await shop.Refer($"referee{i}");
        await shop.Sell("a", 1_00, "referee0", node: other);
        shop.Node.Journal.Hold();
        var first = shop.Sell("b0", 1_00, "referee1");
        await shop.Node.Journal.Queued(1);
        var rest = Enumerable.Range(0, 4).Where(i => i != 1).Select(i => shop.Sell($"b{i + 1}", 1_00, $"referee{i}")).ToList();
        shop.Node.Journal.Release();
        foreach (var reply in await Task.WhenAll(rest.Append(first))) Assert.Equal(ActionStatus.NotRewarded, reply.Outcome!.Status);
        Assert.Equal((5_00, 4), (Tally(shop).ValueMinor, Tally(shop).Count));
    }

    [Fact]
    public async Task D11_an_action_id_that_another_referee_used_comes_back_as_a_conflict_through_the_referrer()
    {
        await using var shop = await Shop.Open(Jumps);
        await shop.Refer(Shop.Ben);
        await shop.Sell("a1", 10_00);
        shop.Restart();
        var refused = await shop.Sell("a1", 20_00, Shop.Ben);
        Assert.Equal("action_conflict", refused.Refusal!.Code);
        Assert.Single(shop.Database.Conflicts);
        Assert.Equal(10_00, Tally(shop).ValueMinor);
    }

    [Fact]
    public async Task D6_a_program_that_becomes_tiered_counts_what_was_sold_before()
    {
        await using var shop = await Shop.Open(Rules.Percent(10_00));
        await shop.Refer(Shop.Ben);
        await shop.Sell("a1", 100_00);
        await shop.Sell("a2", 50_00, Shop.Ben);
        await shop.Send(Sent.Refund("r1", "a1", shop.Now));
        await shop.Publish(Rules.Tiered(Rules.SpentShare(0, null, 20_00)), "rule2");
        await shop.Refer("cleo");
        var decisions = (await shop.Sell("a3", 7_00, "cleo")).Outcome!.Decisions;
        Assert.Equal((157_00, 1_40), (decisions[1].Seen!.Tally, decisions[1].Minor));
        Assert.Equal((157_00, 3), (Tally(shop).ValueMinor, Tally(shop).Count));
        shop.Restart();
        await shop.Sell("a4", 3_00);
        Assert.Equal((160_00, 3), (Tally(shop).ValueMinor, Tally(shop).Count));
    }

    [Fact]
    public async Task D6_a_tier_is_never_decided_on_a_tally_that_has_moved_even_by_a_sale_of_nothing()
    {
        await using var shop = await Shop.Open(Rules.Tiered(Rules.Spent(0, 99_00, pays: 1_00), Rules.Spent(100_00, null, pays: 2_00)));
        await shop.Refer(Shop.Ben);
        await shop.Sell("a1", 50_00, Shop.Ben);
        var other = shop.Started();
        await shop.Sell("a2", 10_00, node: other);
        await shop.Sell("a3", 80_00, Shop.Ben);
        Assert.Equal(2_00, (await shop.Sell("a4", 0, node: other)).Outcome!.Decisions[0].Minor);
    }

    private static async Task<T> Persistently<T>(Func<Task<T>> ask)
    {
        while (true)
        {
            try
            {
                return await ask();
            }
            catch (GrainUnavailableException)
            {
                // Other writers came first too often; the same id is sent again, as a client does.
            }
        }
    }

    private static Tally Tally(Shop shop)
    {
        var events = shop.Stream(GrainKind.Referrer, Shop.Rita).Rows.OrderBy(row => row.Seq).Select(row => (row.Event.At, Event: row.Decode<ReferrerEvent>()));
        var referrer = events.Aggregate(Referrer.None, (state, row) => Referrer.Evolve(state, row.At, row.Event));
        return referrer.Tallies[shop.Stream(GrainKind.Program, Shop.Program.Value).Id.Value];
    }
}
