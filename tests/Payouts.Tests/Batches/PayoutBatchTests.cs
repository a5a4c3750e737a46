using System.Collections.Concurrent;
using Payouts.Tests.World;
using ReferralGrains.Domain.Payouts;
using ReferralGrains.Integration.Tests;
using ReferralGrains.Payouts.Standin;
using ReferralGrains.Turns;
using ReferralGrains.Turns.Payouts;
using ReferralGrains.Turns.Referrers;

namespace Payouts.Tests.Batches;

/// <summary>A whole batch, from its candidates to its last transfer, over silos that die.</summary>
public sealed class PayoutBatchTests
{
    private static readonly TimeSpan limit = TimeSpan.FromMinutes(5);

    [Fact]
    public async Task It_pays_to_the_penny_what_was_approved_and_settles()
    {
        await using var world = await PayoutWorld.Start(FaultScript.Seeded(7, 10, FaultScript.Passing), silos: 3);
        await world.Earn(60);
        await Freeze(world);
        Assert.All(world.Orders, order => Assert.Equal(PayoutItemStatus.Reserved, world.Item(order).Status));
        Assert.Empty(world.Standin.Platform.AllTransfers());

        await Approve(world);
        var (random, kills) = (new Random(7), 0);
        await Until(world, PayoutBatchStatus.Settled, async now =>
        {
            // Somebody has seen to the money.
            if (now == PayoutBatchStatus.AwaitingFunds) await Told(world, new PayoutBatchCommand.Retry("ada"));
            if (kills == 10 || world.Standin.Platform.AllTransfers().Count < 5 * kills) return;
            kills++;
            await world.Kill(random.Next(3));
        });
        Assert.Empty(world.Violations());
        Assert.All(world.Orders, order => Assert.Equal(PayoutItemStatus.Succeeded, world.Item(order).Status));
        Assert.Equal(world.Orders.Sum(order => order.Amount.Minor), world.Standin.Platform.AllTransfers().Sum(transfer => (long)transfer["amount"]!));
    }

    [Fact]
    public async Task What_the_balance_does_not_bear_is_left_out_and_nothing_is_sent_before_the_approval()
    {
        await using var world = await PayoutWorld.Start(FaultScript.None);
        await world.Earn(3);
        world.Orders[1] = world.Orders[1] with { Amount = world.Orders[1].Amount with { Minor = 1_000_000 } };
        await Freeze(world);
        Assert.Equal(PayoutItemStatus.None, world.Item(world.Orders[1]).Status);
        Assert.Equal([world.Orders[0].Item, world.Orders[2].Item], (await world.Ask(new ShowPayoutBatch())).Batch.Orders.Select(order => order.Item));
        Assert.Empty(world.Standin.Platform.AllTransfers());
    }

    [Fact]
    public async Task Cancelled_it_gives_everything_back()
    {
        await using var world = await PayoutWorld.Start(FaultScript.None);
        await world.Earn(3);
        await Freeze(world);
        await Told(world, new PayoutBatchCommand.Cancel("ada"));
        await Until(world, PayoutBatchStatus.Cancelled);
        Assert.All(world.Orders, order => Assert.Equal(PayoutItemStatus.Released, world.Item(order).Status));
        Assert.Empty(world.Violations());
    }

    [Fact]
    public async Task A_batch_finds_its_candidates_itself()
    {
        await using var world = await PayoutWorld.Start(FaultScript.None, silos: 2);
        await world.Earn(30);
        for (var i = 0; i < world.Orders.Count; i++)
            world.Candidates.Add(new(world.Orders[i].Referrer, new($"referrer{i}"), world.Orders[i].Amount, false, IsOptedIn: i != 7, world.Orders[i].Destination, null, IsReady: true));
        await Told(world, new PayoutBatchCommand.Draw("ada", NeedsSecondPerson: true, PayoutTerms.Default));
        await Until(world, PayoutBatchStatus.Frozen);
        Assert.Equal(
            world.Orders.Where((_, i) => i != 7).Select(order => order.Item).Order(StringComparer.Ordinal),
            (await world.Ask(new ShowPayoutBatch())).Batch.Orders.Select(order => order.Item).Order(StringComparer.Ordinal));
        await Approve(world);
        await Until(world, PayoutBatchStatus.Settled);
        Assert.Equal(29, world.Standin.Platform.AllTransfers().Count);
        Assert.Equal(PayoutItemStatus.None, world.Item(world.Orders[7]).Status);
    }

    // Whoever listed them died before the end of the list, and others have come since.
    [Fact]
    public async Task A_batch_whose_list_was_interrupted_is_filled_up_to_what_it_may_hold()
    {
        await using var world = await PayoutWorld.Start(FaultScript.None);
        await world.Earn(2);
        await Told(world, new PayoutBatchCommand.Draw("ada", NeedsSecondPerson: true, PayoutTerms.Default));
        var listed = Enumerable.Range(0, PayoutBatchDecider.MostOrders - 1).Select(i => world.Orders[0] with { Item = $"item_{i}", Referrer = new(5_000_000 + i) });
        await Told(world, new PayoutBatchCommand.List([.. listed]));
        world.Candidates.AddRange(world.Orders.Select((order, i) => new PayoutCandidate(order.Referrer, new($"referrer{i}"), order.Amount, false, IsOptedIn: true, order.Destination, null, IsReady: true)).ToList());
        await Until(world, PayoutBatchStatus.Frozen);
        Assert.Equal([world.Orders[0].Item], (await world.Ask(new ShowPayoutBatch())).Batch.Orders.Select(order => order.Item));
    }

    [Fact]
    public async Task Only_what_failed_is_paid_once_more()
    {
        await using var world = await PayoutWorld.Start(FaultScript.None);
        await world.Earn(4);
        await Freeze(world);
        foreach (var order in world.Orders[1..3]) world.Standin.Platform.SetTransfers(order.Destination, "inactive");
        await Approve(world);
        await Until(world, PayoutBatchStatus.Settled);
        Assert.All(world.Orders[1..3], order => Assert.Equal(PayoutItemStatus.Released, world.Item(order).Status));
        Assert.Equal(2, world.Standin.Platform.AllTransfers().Count);

        // What a person gives up stays so, though others are paid once more.
        var givenUp = world.Orders[2];
        Assert.True((await world.Ask(givenUp, new PayoutItemCommand.Release("fraud suspected", "ada"))).Changed);
        foreach (var order in world.Orders[1..3]) world.Standin.Platform.SetTransfers(order.Destination, "active");
        await Told(world, new PayoutBatchCommand.Retry("ada"));
        await Until(world, PayoutBatchStatus.Settled);
        Assert.All(world.Orders, order => Assert.Equal(order == givenUp ? PayoutItemStatus.Released : PayoutItemStatus.Succeeded, world.Item(order).Status));
        Assert.True(world.Item(world.Orders[1]).Generation > 1);
        Assert.Empty(world.Violations());
        Assert.Equal(world.Orders.Sum(order => order.Amount.Minor) - givenUp.Amount.Minor, world.Standin.Platform.AllTransfers().Sum(transfer => (long)transfer["amount"]!));
    }

    // The account was changed between the approval and the sending: what names the old one is held back, then given back.
    [Fact]
    public async Task Nothing_is_sent_to_an_account_that_is_the_referrers_no_more()
    {
        await using var world = await PayoutWorld.Start(FaultScript.None);
        await world.Earn(3);
        await Freeze(world);
        world.StrandedItems.Add(new(PayoutWorld.Tenant, new("batch"), PayoutBatchStatus.Frozen, new(world.Orders[1].Item), "account_changed"));
        await Approve(world);

        // An approval that is revoked on the way is given again.
        await Until(world, PayoutBatchStatus.Settled, now => now == PayoutBatchStatus.Frozen ? Approve(world) : Task.CompletedTask);
        Assert.Equal((PayoutItemStatus.Released, "account_changed"), (world.Item(world.Orders[1]).Status, world.Item(world.Orders[1]).Why));
        Assert.Equal(2, world.Standin.Platform.AllTransfers().Count);
        Assert.Empty(world.Violations());
    }

    // Whoever dropped it died before its item was given back, and what it was dropped for was gone when another looked.
    [Fact]
    public async Task What_was_dropped_and_not_given_back_is_before_the_batch_is_sent()
    {
        var lost = new LostRelease();
        await using var world = await PayoutWorld.Start(FaultScript.None, between: (inner, _) => lost.Before(inner));
        lost.OnLost = world.StrandedItems.Clear;
        await world.Earn(3);
        await Freeze(world);
        world.StrandedItems.Add(new(PayoutWorld.Tenant, new("batch"), PayoutBatchStatus.Frozen, new(world.Orders[1].Item), "account_changed"));
        await Eventually.Holds("the release was lost", () => Task.FromResult(lost.IsLost), limit);
        Assert.Equal((PayoutItemStatus.Reserved, 2), (world.Item(world.Orders[1]).Status, (await world.Ask(new ShowPayoutBatch())).Batch.Orders.Length));

        await Approve(world);
        await Until(world, PayoutBatchStatus.Settled);
        Assert.Equal((PayoutItemStatus.Released, "dropped", true), (world.Item(world.Orders[1]).Status, world.Item(world.Orders[1]).Why, world.Item(world.Orders[1]).IsGivenUp));
        Assert.Equal(2, world.Standin.Platform.AllTransfers().Count);
        Assert.Empty(world.Violations());
    }

    private sealed class LostRelease
    {
        private int lost;

        public Action OnLost { get; set; } = static () => { };

        public bool IsLost => Volatile.Read(ref lost) > 0;

        public IGrainRouter Before(IGrainRouter inner) => new Router(inner, this);

        private sealed class Router(IGrainRouter inner, LostRelease release) : IGrainRouter
        {
            public Task<TReply> Ask<TReply>(GrainAddress to, ICommand<TReply> command, CancellationToken stop)
            {
                if ((object)command is not AskPayoutItem { Command: PayoutItemCommand.Release } || release.IsLost) return inner.Ask(to, command, stop);
                release.OnLost();
                Volatile.Write(ref release.lost, 1);
                throw new GrainUnavailableException("it has died");
            }
        }
    }

    // Another transfer of the same item, made by hand: the batch stops, and what was not sent yet stays where it is.
    [Fact]
    public async Task Several_transfers_of_one_item_stop_the_batch()
    {
        await using var world = await PayoutWorld.Start(FaultScript.Of(Fault.None, Fault.None, Fault.SavedError));
        await world.Earn(1);
        await Freeze(world);
        var order = world.Orders[0];
        var client = world.Standin.Client();
        for (var i = 0; i < 2; i++)
            await client.V1.Transfers.CreateAsync(
                new() { Amount = order.StripeAmount, Currency = "usd", Destination = order.Destination, TransferGroup = order.Item }, new() { IdempotencyKey = $"by hand {i}" });
        await Approve(world);
        await Until(world, PayoutBatchStatus.Review);
        Assert.Equal((PayoutItemStatus.Review, ReviewReason.Several), (world.Item(order).Status, world.Item(order).Review));
    }

    [Fact]
    public async Task A_bug_in_one_step_of_a_batch_ends_nothing()
    {
        var bug = new BugOnce();
        await using var world = await PayoutWorld.Start(FaultScript.None, between: (inner, _) => bug.Before(inner));
        await world.Earn(1);
        await Freeze(world);
        Assert.True(bug.IsMet);
        await Approve(world);
        await Until(world, PayoutBatchStatus.Settled);
    }

    // Whatever stands in its way, batches and the other ones do not wait for it.
    [Fact]
    public async Task A_bug_in_what_one_closed_referrer_gives_up_ends_nothing()
    {
        var closed = new BugOfTheClosed();
        await using var world = await PayoutWorld.Start(FaultScript.None, between: (inner, _) => closed.Before(inner));
        world.ForfeitingReferrers.AddRange([new(PayoutWorld.Tenant, new("first")), new(PayoutWorld.Tenant, new("second"))]);
        await Eventually.Holds("both are asked", () => Task.FromResult(closed.Asked.Contains("first") && closed.Asked.Contains("second")), limit);
        await world.Earn(1);
        await Freeze(world);
    }

    private sealed class BugOfTheClosed
    {
        public ConcurrentQueue<string> Asked { get; } = [];

        public IGrainRouter Before(IGrainRouter inner) => new Router(inner, this);

        private sealed class Router(IGrainRouter inner, BugOfTheClosed bug) : IGrainRouter
        {
            public Task<TReply> Ask<TReply>(GrainAddress to, ICommand<TReply> command, CancellationToken stop)
            {
                if ((object)command is not CloseReferrer) return inner.Ask(to, command, stop);
                bug.Asked.Enqueue(to.First.Value);
                throw new InvalidOperationException("a bug");
            }
        }
    }

    private sealed class BugOnce
    {
        private int met;

        public bool IsMet => Volatile.Read(ref met) > 0;

        public IGrainRouter Before(IGrainRouter inner) => new Router(inner, this);

        private sealed class Router(IGrainRouter inner, BugOnce bug) : IGrainRouter
        {
            public Task<TReply> Ask<TReply>(GrainAddress to, ICommand<TReply> command, CancellationToken stop) =>
                (object)command is AskPayoutItem && Interlocked.Increment(ref bug.met) == 1 ? throw new InvalidOperationException("a bug") : inner.Ask(to, command, stop);
        }
    }

    private static async Task Freeze(PayoutWorld world)
    {
        await Told(world, new PayoutBatchCommand.Draw("ada", NeedsSecondPerson: true));
        foreach (var part in world.Orders.Chunk(20)) await Told(world, new PayoutBatchCommand.List([.. part]));
        await Told(world, new PayoutBatchCommand.EndList(world.Orders.Count));
        await Until(world, PayoutBatchStatus.Frozen);
    }

    // Of what is shown: what is dropped between the look and the approval makes it another, which is looked at again.
    private static async Task Approve(PayoutWorld world)
    {
        while (true)
        {
            try
            {
                var shown = (await world.Ask(new ShowPayoutBatch())).Batch;
                if ((await world.Ask(new PayoutBatchCommand.Approve("grace", shown.Hash!))).Refusal is not { } refusal) return;
                Assert.Equal(PayoutBatchRefusal.HashDiffers, refusal);
            }
            catch (GrainUnavailableException)
            {
                await Task.Yield();
            }
        }
    }

    private static async Task Until(PayoutWorld world, PayoutBatchStatus status, Func<PayoutBatchStatus, Task>? meanwhile = null) =>
        await Eventually.Holds($"it is {status}", async () =>
        {
            var now = await Status(world);
            if (now != status && meanwhile is not null) await meanwhile(now);
            return now == status;
        }, limit);

    private static async Task<PayoutBatchStatus> Status(PayoutWorld world)
    {
        try
        {
            return (await world.Ask(new ShowPayoutBatch())).Batch.Status;
        }
        catch (GrainUnavailableException)
        {
            return PayoutBatchStatus.None;
        }
    }

    // Asked again after the silo that was asked has died.
    private static async Task Told(PayoutWorld world, PayoutBatchCommand command)
    {
        while (true)
        {
            try
            {
                Assert.Null((await world.Ask(command)).Refusal);
                return;
            }
            catch (GrainUnavailableException)
            {
                await Task.Yield();
            }
        }
    }
}
