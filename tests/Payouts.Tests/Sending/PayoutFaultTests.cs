using System.Globalization;
using Payouts.Tests.World;
using ReferralGrains.Domain.Payouts;
using ReferralGrains.Payouts.Standin;
using ReferralGrains.Simulation.Database;
using ReferralGrains.Turns;
using ReferralGrains.Turns.Payouts;

namespace Payouts.Tests.Sending;

/// <summary>Items are sent through everything that may go wrong, and nobody is paid twice.</summary>
public sealed class PayoutFaultTests
{
    private static readonly TimeSpan limit = TimeSpan.FromMinutes(5);

    // GRAINS_PAYOUT_ITEMS=5000 for the whole of it.
    private const int All = 5_000;

    private static readonly int items = int.Parse(Environment.GetEnvironmentVariable("GRAINS_PAYOUT_ITEMS") ?? "200", CultureInfo.InvariantCulture);

    [Fact]
    public async Task Each_is_paid_once_by_three_silos_that_die_again_and_again()
    {
        const int seed = 20_261_125;
        var faults = FaultScript.Seeded(seed, 10, FaultScript.Passing);
        await using var world = await PayoutWorld.Start(faults, silos: 3);
        await world.Order(items - items / 4);
        await world.Order(items / 4, credit: true);
        var kills = await Kill(world, new(seed), most: 20);
        Assert.Empty(world.Violations());
        Assert.InRange(kills, items < All ? 1 : 20, 20);
        if (items >= All) Assert.Equal(FaultScript.Passing.Order(), faults.Met.Keys.Order());
        Say($"{items} items, {kills} kills, {faults.Met.Values.Sum()} faults of {faults.Met.Count} kinds");
        Assert.All(world.Orders, order => Assert.Equal(PayoutItemStatus.Succeeded, world.Item(order).Status));
    }

    // What is asked back meets the same, and comes back once.
    [Fact]
    public async Task What_is_asked_back_comes_back_once_by_three_silos_that_die_again_and_again()
    {
        const int seed = 20_261_129;
        await using var world = await PayoutWorld.Start(FaultScript.Seeded(seed, 30, [.. FaultScript.Passing.Except([Fault.FundsShort])]), silos: 3);
        await world.Order(items / 4);
        await world.Settle(limit);

        // Whoever asks knows what the others have written meanwhile: a refusal writes nothing that would tell it.
        await world.Kill(0);
        foreach (var order in world.Orders)
        {
            var reply = await world.Ask(order, new PayoutItemCommand.Reverse("back", 400, "a test", "ada"));
            Assert.True(reply.Changed, $"{reply} {world.Item(order)}");
        }

        await Kill(world, new(seed), most: 10);
        Assert.Empty(world.Violations());
        Assert.All(world.Orders, order => Assert.Equal((PayoutReversalStatus.Made, 400L), (world.Item(order).Reversals[0].Status, world.Item(order).ReversedMinor)));
    }

    [Fact]
    public async Task Every_fault_alone_brings_back_what_was_asked_for_once_or_is_rejected()
    {
        await Task.WhenAll(FaultScript.Passing.Select(Meet));

        static async Task Meet(Fault fault)
        {
            await using var world = await PayoutWorld.Start(FaultScript.Of(Fault.None, fault, fault));
            await world.Order(1);
            await world.Settle(limit);
            await world.Ask(world.Orders[0], new PayoutItemCommand.Reverse("back", 400, "a test", "ada"));
            await world.Settle(limit);
            Assert.Empty(world.Violations());
            Assert.Equal((fault, fault == Fault.FundsShort ? 0 : 400L), (fault, world.Item(world.Orders[0]).ReversedMinor));
        }
    }

    [Fact]
    public async Task A_planted_bug_of_a_reversal_is_seen()
    {
        await using var world = await PayoutWorld.Start(
            FaultScript.Of(Fault.None, Fault.CommitThenDrop), between: (router, database) => new BuggyRouter(router, database, "new key on retry"));
        await world.Order(1);
        await world.Settle(limit);
        await world.Ask(world.Orders[0], new PayoutItemCommand.Reverse("back", 400, "a test", "ada"));
        while (!world.Violations().Contains("2 reversals of one request")) await Task.Yield();
    }

    // Met at the first sending, and again at the second.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Every_fault_alone_ends_well(bool credit)
    {
        await Task.WhenAll(FaultScript.Passing.Select(Meet));

        async Task Meet(Fault fault)
        {
            await using var world = await PayoutWorld.Start(FaultScript.Of(fault, fault));
            await world.Order(1, credit: credit);
            await world.Settle(limit);
            Assert.Empty(world.Violations());
            Assert.Equal((fault, PayoutItemStatus.Succeeded), (fault, world.Item(world.Orders[0]).Status));
        }
    }

    [Fact]
    public async Task A_refusal_gives_the_amount_back()
    {
        await using var world = await PayoutWorld.Start(FaultScript.None);
        await world.Order(2, transfers: "inactive");
        await world.Settle(limit);
        Assert.Empty(world.Violations());
        Assert.All(world.Orders, order => Assert.Equal(PayoutItemStatus.Released, world.Item(order).Status));
    }

    [Fact]
    public async Task Credit_of_a_customer_who_was_deleted_is_given_back()
    {
        await using var world = await PayoutWorld.Start(FaultScript.None);
        await world.Earn(1, credit: true);
        world.Standin.Platform.DeleteCustomer(world.Orders[0].Destination);
        await world.Ask(world.Orders[0], new PayoutItemCommand.Reserve(world.Orders[0]));
        await world.Ask(world.Orders[0], PayoutWorld.Intent);
        await world.Settle(limit);
        Assert.Empty(world.Violations());
        Assert.Equal((PayoutItemStatus.Released, "resource_missing"), (world.Item(world.Orders[0]).Status, world.Item(world.Orders[0]).Why));
    }

    [Fact]
    public async Task A_key_that_is_refused_stops_all_sending_of_the_tenant()
    {
        await using var world = await PayoutWorld.Start(FaultScript.Of(Fault.Unauthorized));
        await world.Order(1);
        while (world.ShutWhy is null) await Task.Yield();
        while (world.Item(world.Orders[0]).Status != PayoutItemStatus.Unsettled) await Task.Yield();
        await world.Open(PayoutWorld.Tenant, "a new key", "ada", CancellationToken.None);
        await world.Settle(limit);
        Assert.Equal(PayoutItemStatus.Succeeded, world.Item(world.Orders[0]).Status);
    }

    public static TheoryData<string, bool> Bugs => new()
    {
        { "new key on retry", false }, { "send before intent", false }, { "release on unknown", false }, { "old generation again", false },
        { "new key on retry", true }, { "send before intent", true }, { "release on unknown", true }, { "old generation again", true },
    };

    /// <summary>What watches is watched: a planted bug turns it red.</summary>
    [Theory]
    [MemberData(nameof(Bugs))]
    public async Task A_planted_bug_is_seen(string bug, bool credit)
    {
        await using var world = await PayoutWorld.Start(
            FaultScript.Of(bug == "old generation again" ? Fault.FundsShort : Fault.CommitThenDrop), between: (router, database) => new BuggyRouter(router, database, bug));
        await world.Order(5, credit: credit);
        while (world.Violations().Count == 0)
            foreach (var order in world.Orders) await world.Ask(order, PayoutWorld.Intent);
    }

    // One after the other, as it goes on.
    private static async Task<int> Kill(PayoutWorld world, Random random, int most)
    {
        var kills = 0;
        await world.Settle(limit, async settled =>
        {
            if (kills == most || settled < world.Orders.Count * kills / (most + 1)) return;
            kills++;
            await world.Kill(random.Next(3));
        });
        return kills;
    }

    private static void Say(string what) => TestContext.Current.TestOutputHelper?.WriteLine(what);

    /// <summary>Tells a sender, or an item, what a bug of ours would.</summary>
    private sealed class BuggyRouter(IGrainRouter inner, MemoryDatabase database, string bug) : IGrainRouter
    {
        public async Task<TReply> Ask<TReply>(GrainAddress to, ICommand<TReply> command, CancellationToken stop)
        {
            var asked = ((AskPayoutItem)(object)command).Command;
            if (bug == "send before intent" && asked is PayoutItemCommand.BeginSend)
            {
                var item = database.PayoutItems.Single(row => row.Row.Item.Order!.Item == to.First.Value).Row.Item;
                return (TReply)(object)new PayoutItemReply(null, true, item with { Status = PayoutItemStatus.InFlight, Attempt = item.Attempt + 1 });
            }

            if (bug == "release on unknown" && asked is PayoutItemCommand.RecordAnswer { Answer: TransferAnswer.Unknown } record)
                asked = record with { Answer = new TransferAnswer.Refused("no_answer") };
            var reply = (PayoutItemReply)(object)(await inner.Ask(to, (ICommand<TReply>)(object)new AskPayoutItem(asked), stop))!;
            if (asked is PayoutItemCommand.OfReversal { Command: PayoutItemCommand.BeginSend } && reply.Item.Reversals is [{ Sending: { Attempt: > 1, Intent: { } written } sending } back])
                return (TReply)(object)(reply with { Item = reply.Item with { Reversals = [back with { Sending = sending with { Intent = written with { Key = written.Key + sending.Attempt } } }] } });
            if (asked is not PayoutItemCommand.BeginSend || reply.Item.Intent is not { } intent) return (TReply)(object)reply;
            if (bug == "new key on retry" && reply.Item.Attempt > 1) intent = intent with { Key = intent.Key + reply.Item.Attempt };
            if (bug == "old generation again") intent = TransferIntent.Create("test", to.Tenant, reply.Item.Order!, generation: 1, intent.ApiVersion);
            return (TReply)(object)(reply with { Item = reply.Item with { Intent = intent } });
        }
    }
}
