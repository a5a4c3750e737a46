using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Tests.World;
using ReferralGrains.Simulation.Domain;
using ReferralGrains.Turns.Referrals;
using ReferralGrains.Turns.Tests.World;

namespace ReferralGrains.Turns.Tests.Referrals;

public sealed class RepeatTests
{
    [Fact]
    public async Task D11_a_repeat_in_the_same_turn_is_answered_with_the_first_decision()
    {
        await using var shop = await Shop.Open(Rules.Percent(10_00));
        var sale = Sent.Sale("a1", 50_00, shop.Now);
        var replies = (await shop.Send(new RecordActions([sale, sale]))).Replies;
        Assert.Equal([false, true], replies.Select(reply => reply.Duplicate));
        Assert.Equal(replies[0].Outcome!.Decisions, replies[1].Outcome!.Decisions);
        Assert.Equal(5_00, shop.Balance().Earned);
    }

    [Fact]
    public async Task D11_a_repeat_in_a_later_turn_is_answered_with_the_first_decision()
    {
        await using var shop = await Shop.Open(Rules.Percent(10_00));
        var first = await shop.Sell("a1", 50_00);
        var second = await shop.Sell("a1", 50_00);
        Assert.True(second.Duplicate);
        Assert.Equal(ActionStatus.Rewarded, second.Outcome!.Status);
        Assert.Equal(first.Outcome!.Decisions[0].Minor, second.Outcome.Decisions[0].Minor);
        Assert.Equal(first.Outcome.Seq, second.Outcome.Seq);
        Assert.Equal(5_00, shop.Balance().Earned);
    }

    // What has happened since would refuse it, and what is refused meets no index: it is looked up all the same.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task D11_a_repeat_that_would_be_refused_by_now_is_answered_with_the_first_decision(bool tiered)
    {
        await using var shop = tiered ? await Shop.Open(Rules.Tiered(Rules.SpentShare(0, null, 10_00))) : await Shop.Open(Rules.Percent(10_00));
        await shop.Sell("s", 100_00);
        await shop.Send(Sent.Chargeback("c1", "s", shop.Now, 40_00));
        var won = Sent.Won("w", "s", shop.Now);
        Assert.False((await shop.Send(won)).Duplicate);
        await shop.Send(Sent.Chargeback("c2", "s", shop.Now, 10_00));
        await shop.Send(Sent.Chargeback("c3", "s", shop.Now, 10_00));
        shop.Restart();
        Assert.True((await shop.Send(won)).Duplicate);

        var later = Sent.Sale("s", 100_00, shop.Now.AddDays(1));
        Assert.Equal("action_conflict", (await shop.Send(later)).Refusal!.Code);
        Assert.Equal("occurred_in_future", (await shop.Send(Sent.Sale("another", 100_00, shop.Now.AddDays(1)))).Refusal!.Code);
    }

    // The turn writes something, and so the index says nothing of what is refused beside it.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task D11_such_a_repeat_with_a_new_sale_in_one_turn_is_answered_with_the_first_decision(bool tiered)
    {
        await using var shop = tiered ? await Shop.Open(Rules.Tiered(Rules.SpentShare(0, null, 10_00))) : await Shop.Open(Rules.Percent(10_00));
        await shop.Sell("s", 100_00);
        await shop.Send(Sent.Chargeback("c1", "s", shop.Now, 40_00));
        var won = Sent.Won("w", "s", shop.Now);
        await shop.Send(won);
        await shop.Send(Sent.Chargeback("c2", "s", shop.Now, 10_00));
        await shop.Send(Sent.Chargeback("c3", "s", shop.Now, 10_00));
        shop.Restart();
        var replies = (await shop.Send(new RecordActions([won, Sent.Sale("s2", 10_00, shop.Now)]))).Replies;
        Assert.Equal([true, false], replies.Select(reply => reply.Duplicate));
        Assert.All(replies, reply => Assert.Equal(ActionStatus.Rewarded, reply.Outcome?.Status));
    }

    [Fact]
    public async Task D11_thirty_two_at_once_have_one_effect_and_one_answer()
    {
        await using var shop = await Shop.Open(Rules.Percent(10_00));
        var replies = await Task.WhenAll(Enumerable.Range(0, 32).Select(_ => shop.Sell("a1", 50_00)));
        Assert.Single(replies, reply => !reply.Duplicate);
        Assert.Single(replies.Select(reply => reply.Outcome!.Seq).Distinct());
        Assert.All(replies, reply => Assert.Equal(5_00, Assert.Single(reply.Outcome!.Decisions).Minor));
        Assert.Equal(5_00, shop.Balance().Earned);
    }

    [Fact]
    public async Task D11_thirty_two_at_once_over_two_processes_have_one_effect_and_one_answer()
    {
        await using var shop = await Shop.Open(Rules.Percent(10_00));
        var other = shop.Started();
        var replies = await Task.WhenAll(Enumerable.Range(0, 32).Select(i => shop.Sell("a1", 50_00, node: i % 2 == 0 ? shop.Node : other)));
        Assert.Single(replies, reply => !reply.Duplicate);
        Assert.Single(replies.Select(reply => reply.Outcome!.Seq).Distinct());
        Assert.Equal(5_00, shop.Balance().Earned);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task D11_the_same_id_with_other_content_is_a_conflict_and_on_record(bool sameTurn)
    {
        await using var shop = await Shop.Open(Rules.Percent(10_00));
        var (sale, other) = (Sent.Sale("a1", 50_00, shop.Now), Sent.Sale("a1", 60_00, shop.Now));
        if (!sameTurn) await shop.Send(sale);
        var refused = sameTurn ? (await shop.Send(new RecordActions([sale, other]))).Replies[1] : await shop.Send(other);
        Assert.Equal((RefusalKind.Conflict, "action_conflict"), (refused.Refusal!.Kind, refused.Refusal.Code));
        Assert.Equal(other.Hash, Assert.Single(shop.Database.Conflicts).Row.Hash);
        Assert.Equal(5_00, shop.Balance().Earned);
    }

    [Fact]
    public async Task D11_a_conflict_is_never_dated_before_the_action_that_it_is_with()
    {
        await using var shop = await Shop.Open(Rules.Percent(10_00));
        await shop.Refer(Shop.Ben);
        shop.Time.Advance(TimeSpan.FromHours(1));
        await shop.Sell("a1", 50_00);
        shop.Time.Advance(TimeSpan.FromHours(-1));
        Assert.Equal("action_conflict", (await shop.Sell("a1", 60_00, Shop.Ben)).Refusal!.Code);
        Assert.Equal(shop.Referral().Rows[^1].Event.At, Assert.Single(shop.Database.Conflicts).Row.At);
    }

    [Fact]
    public async Task D11_one_id_for_two_referees_has_one_effect()
    {
        await using var shop = await Shop.Open(Rules.Percent(10_00));
        await shop.Refer(Shop.Ben);
        var replies = await Task.WhenAll(shop.Sell("a1", 50_00), shop.Sell("a1", 60_00, Shop.Ben));
        Assert.Single(replies, reply => reply.Refusal?.Code == "action_conflict");
        Assert.Single(replies, reply => reply.Outcome?.Status == ActionStatus.Rewarded);
        Assert.Single(shop.Database.Conflicts);
    }

    [Fact]
    public async Task D11_a_refusal_does_not_use_up_the_id()
    {
        await using var shop = await Shop.Open(Rules.Percent(10_00));
        var refused = await shop.Send(Sent.Sale("a1", 50_00, shop.Now.AddMinutes(6)));
        Assert.Equal("occurred_in_future", refused.Refusal!.Code);
        var taken = await shop.Sell("a1", 50_00);
        Assert.Equal((ActionStatus.Rewarded, false), (taken.Outcome!.Status, taken.Duplicate));
    }

    [Fact]
    public async Task A_tenant_that_sends_repeats_is_looked_up_before_deciding()
    {
        await using var shop = await Shop.Open(Rules.Percent(10_00));
        await shop.Sell("a1", 50_00);
        Assert.Equal(0, shop.Node.Loader.LookedUp);
        await shop.Sell("a1", 50_00);
        Assert.True(shop.Node.Repeats.LooksFirst(shop.Tenant));

        var appends = shop.Node.Journal.History.Count;
        await shop.Sell("a1", 50_00);
        Assert.Equal(appends, shop.Node.Journal.History.Count);
    }

    [Fact]
    public async Task A_tenant_that_has_stopped_repeating_is_not_looked_up_any_more()
    {
        await using var shop = await Shop.Open(Rules.Percent(10_00));
        await shop.Sell("a1", 50_00);
        await shop.Sell("a1", 50_00);
        for (var i = 0; i < 20; i++)
            await shop.Send(new RecordActions([.. Enumerable.Range(0, 100).Select(j => Sent.Sale($"b{i}-{j}", 1_00, shop.Now))]));
        Assert.False(shop.Node.Repeats.LooksFirst(shop.Tenant));
    }

    [Fact]
    public async Task An_action_that_was_sent_without_a_time_occurs_by_the_time_of_its_referral()
    {
        await using var shop = await Shop.Open(Rules.Percent(10_00));
        shop.Time.Advance(TimeSpan.FromHours(-1));
        var sale = Sent.Sale("a1", 50_00, default);
        var sold = await shop.Send(sale);
        Assert.Equal((ActionStatus.Rewarded, Shop.Start), (sold.Outcome!.Status, sold.Outcome.Action.OccurredAt));

        shop.Time.Advance(TimeSpan.FromDays(2));
        var repeat = await shop.Send(sale);
        Assert.Equal((true, Shop.Start), (repeat.Duplicate, repeat.Outcome!.Action.OccurredAt));
    }
}
