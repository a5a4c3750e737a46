using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Tests.World;
using ReferralGrains.Simulation.Domain;
using ReferralGrains.Simulation.Node;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Turns.Referrals;
using ReferralGrains.Turns.Tests.World;

namespace ReferralGrains.Turns.Tests.Referrals;

public sealed class LostWriteTests
{
    [Fact]
    public async Task A_write_that_fails_leaves_nothing_behind_and_the_retry_is_the_first()
    {
        await using var shop = await Shop.Open(Rules.Percent(10_00));
        shop.Node.Faults.Script(CommitFault.Refused);
        await Assert.ThrowsAsync<GrainUnavailableException>(() => shop.Sell("a1", 50_00));
        Assert.Equal(0, shop.Balance().Earned);

        var retried = await shop.Sell("a1", 50_00);
        Assert.Equal((ActionStatus.Rewarded, false), (retried.Outcome!.Status, retried.Duplicate));
        Assert.Equal(5_00, shop.Balance().Earned);
    }

    [Fact]
    public async Task A_turn_that_could_not_be_written_does_not_count_towards_a_cap()
    {
        await using var shop = await Shop.Open(Rules.Fixed(5_00).Times(1));
        shop.Node.Faults.Script(CommitFault.Refused);
        await Assert.ThrowsAsync<GrainUnavailableException>(() => shop.Sell("a1", 50_00));
        Assert.Equal(ActionStatus.Rewarded, (await shop.Sell("a2", 50_00)).Outcome!.Status);
        Assert.Equal(ActionStatus.NotRewarded, (await shop.Sell("a1", 50_00)).Outcome!.Status);
    }

    [Fact]
    public async Task An_answer_that_is_lost_after_the_commit_is_given_to_the_retry()
    {
        await using var shop = await Shop.Open(Rules.Percent(10_00));
        shop.Node.Journal.Hold();
        var lost = shop.Node.Router.Ask(
            GrainAddress.Referral(shop.Tenant, Shop.Program, new(Shop.Anna)),
            new RecordActions([Sent.Sale("a1", 50_00, shop.Now)]), CancellationToken.None);
        await shop.Node.Journal.Queued(1);
        shop.Time.Advance(TimeSpan.FromSeconds(20));
        await Assert.ThrowsAsync<GrainUnavailableException>(() => lost);

        var retry = shop.Send(Sent.Sale("a1", 50_00, Shop.Start));
        shop.Node.Journal.Release();
        Assert.True((await retry).Duplicate);
        Assert.Equal(5_00, shop.Balance().Earned);
    }

    [Fact]
    public async Task What_is_answered_after_a_write_that_failed_is_not_the_state_from_before_it()
    {
        await using var shop = await Shop.Open(Rules.Percent(10_00));
        var other = shop.Started();
        shop.Node.Faults.BeforeCommit = _ =>
        {
            shop.Sell("other", 10_00, node: other).Wait(TimeSpan.FromSeconds(60));
            throw new JournalUnavailableException("gone");
        };
        await Assert.ThrowsAsync<GrainUnavailableException>(() => shop.Sell("a1", 50_00));
        shop.Node.Faults.BeforeCommit = null;
        Assert.Equal(1, (await shop.State()).Enrollments[0].Count);
    }

    [Fact]
    public async Task A_read_that_fails_is_told_and_does_not_stay()
    {
        await using var shop = await Shop.Open(Rules.Percent(10_00));
        shop.Restart();
        shop.Node.Faults.FailingReads = 1;
        await Assert.ThrowsAsync<GrainUnavailableException>(() => shop.Sell("a1", 50_00));
        Assert.Equal(ActionStatus.Rewarded, (await shop.Sell("a1", 50_00)).Outcome!.Status);
    }

    [Fact]
    public async Task A_process_that_was_ended_writes_nothing()
    {
        await using var shop = await Shop.Open(Rules.Percent(10_00));
        var stopped = shop.Node;
        shop.Database.End(stopped.Lease.Silo);
        shop.Node = shop.Started();
        await shop.Sell("a1", 50_00);
        await Assert.ThrowsAsync<GrainUnavailableException>(() => shop.Sell("a2", 50_00, node: stopped));
        Assert.Null(shop.Database.Action(shop.Tenant, new("a2")));
        Assert.Equal(5_00, shop.Balance().Earned);
    }

    [Fact]
    public async Task A_process_whose_lease_ran_out_answers_nothing_from_memory()
    {
        await using var shop = await Shop.Open(Rules.Percent(10_00));
        shop.Node.Lease.IsHeld = false;
        await Assert.ThrowsAsync<GrainUnavailableException>(() => shop.State());
        shop.Node.Lease.IsHeld = true;
        Assert.Single((await shop.State()).Enrollments);
    }

    [Fact]
    public async Task A_grain_that_always_comes_second_gives_up_after_three_repeats()
    {
        await using var shop = await Shop.Open(Rules.Percent(10_00));
        var other = shop.Started();
        var writing = 0;
        shop.Node.Faults.BeforeCommit = _ => shop.Sell($"other-{++writing}", 1_00, node: other).Wait(TimeSpan.FromSeconds(60));
        await Assert.ThrowsAsync<GrainUnavailableException>(() => shop.Sell("a1", 50_00));
        Assert.Equal(4, writing);

        shop.Node.Faults.BeforeCommit = null;
        Assert.Equal(ActionStatus.Rewarded, (await shop.Sell("a1", 50_00)).Outcome!.Status);
        Assert.All(shop.Node.Journal.History.Skip(shop.Node.Journal.History.Count - 5).Take(4), entry => Assert.Equal(AppendOutcome.StreamMoved, entry.Outcome));
    }
}
