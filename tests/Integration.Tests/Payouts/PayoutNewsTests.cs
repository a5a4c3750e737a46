using Microsoft.Extensions.DependencyInjection;
using ReferralGrains.Domain.Payouts;
using ReferralGrains.Integration.Tests.Payouts.World;
using ReferralGrains.Integration.Tests.Postgres;
using ReferralGrains.Storage.Payouts;
using ReferralGrains.Turns;
using ReferralGrains.Turns.Payouts;

namespace ReferralGrains.Integration.Tests.Payouts;

/// <summary>What comes to light while payouts are open: of accounts, of people, of the gate, and of items that a person has to look at.</summary>
public sealed class PayoutNewsTests(PostgresServer server) : PayoutHouseTests(server)
{
    private const int Tenant = PayoutHouse.Tenant;

    // Twice: what Stripe finds out, and the owner who cuts the account off.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_account_of_which_Stripe_tells_that_it_can_receive_nothing_drops_out_and_voids_the_approval(bool isCutOff)
    {
        var (gone, fine) = (await house.Order("gone", 1_000, reserve: false), await house.Order("fine", 2_000, reserve: false));
        await using var running = await house.Run();
        var hash = await Frozen(gone, fine);

        if (isCutOff) standin.Platform.Deauthorize(gone.Destination);
        else standin.Platform.SetTransfers(gone.Destination, "inactive");
        await house.Tell();
        await Eventually.Holds("the item is dropped", async () => (await Shown()).Hash != hash && (await house.Item(gone)).Status == PayoutItemStatus.Released);
        Assert.Equal(("account_not_ready", "account_not_ready"), ((await Shown()).Why, (await house.Item(gone)).Why));
        Assert.Equal(1_000, await database.Ask<long>($"select payable from balance where referrer = {gone.Referrer.Value}"));
        Assert.Equal(PayoutBatchRefusal.HashDiffers, (await Batch(new PayoutBatchCommand.Approve("ada", hash))).Refusal);
        await Batch(new PayoutBatchCommand.Approve("ada", (await Shown()).Hash!));
        await Eventually.Holds("it is settled", async () => (await Shown()).Status == PayoutBatchStatus.Settled);
        Assert.Equal((0, 1), (house.Live(gone), house.Live(fine)));
    }

    [Fact]
    public async Task A_customer_of_whom_Stripe_tells_that_it_was_deleted_drops_out_and_another_one_waits_first()
    {
        var (gone, fine) = (await house.Order("gone", 1_000, reserve: false, credit: true), await house.Order("fine", 2_000, reserve: false, credit: true));
        await using var running = await house.Run();
        var hash = await Frozen(gone, fine);

        standin.Platform.DeleteCustomer(gone.Destination);
        await house.Tell();
        await Eventually.Holds("the item is dropped", async () => (await Shown()).Hash != hash && (await house.Item(gone)).Status == PayoutItemStatus.Released);
        Assert.Equal(("account_changed", 1_000L), ((await Shown()).Why, await database.Ask<long>($"select payable from balance where referrer = {gone.Referrer.Value}")));
        Assert.Equal(PayoutBatchRefusal.HashDiffers, (await Batch(new PayoutBatchCommand.Approve("ada", hash))).Refusal);
        var linked = await house.Ask(
            GrainAddress.PayoutAccount(Tenant, new("gone")), new AskPayoutAccount(new PayoutAccountCommand.LinkCustomer(standin.Platform.AddCustomer(), "ada", Instead: false)), CancellationToken.None);
        Assert.NotNull(linked.Account.CustomerChangedAt);

        await Batch(new PayoutBatchCommand.Approve("ada", (await Shown()).Hash!));
        await Eventually.Holds("it is settled", async () => (await Shown()).Status == PayoutBatchStatus.Settled);
        Assert.Equal((0, 1), (house.Live(gone), house.Live(fine)));
    }

    [Fact]
    public async Task An_account_that_can_receive_again_is_told_of_as_well()
    {
        var order = await house.Order("a", 1_000);
        await house.Enroll(order, "ann");
        var work = new PayoutWork(database.Source);
        var due = new DuePayout(Tenant, new(order.Item), 1, PayoutStep.Send);
        await using var following = house.Follow();
        Assert.True(await work.MayGo(due, CancellationToken.None));
        foreach (var (status, may) in ((string, bool)[])[("inactive", false), ("pending", false), ("active", true)])
        {
            standin.Platform.SetTransfers(order.Destination, status);
            await house.Tell();
            Assert.Equal((status, may), (status, await work.MayGo(due, CancellationToken.None)));
        }

        // X9: a flag that nobody has looked at yet, or that was confirmed, stops it; a cleared one does not.
        await database.Run($"insert into flag (stream, kind, tenant, state, reason, opened_at) values ({order.Referrer.Value}, 2, 1, 1, 'shared_email', now())");
        foreach (var (state, may) in ((int, bool)[])[(1, false), (2, true), (3, false)])
        {
            await database.Run($"update flag set state = {state}");
            Assert.Equal((state, may), (state, await work.MayGo(due, CancellationToken.None)));
        }

        // D18: who was closed and forfeits is sent nothing, from that moment on.
        await database.Run("update flag set state = 2");
        foreach (var (forfeits, may) in ((string, bool)[])[("true", false), ("false", true), ("true", false)])
        {
            await database.Run($"update fact set body = (body::jsonb || jsonb_build_object('forfeits', {forfeits}))::json where stream = {order.Referrer.Value}");
            Assert.Equal((forfeits, may), (forfeits, await work.MayGo(due, CancellationToken.None)));
        }

        // Bytes that may have left are sent again, whoever is flagged or forfeits by now: only that tells what became of them.
        await database.Run("update payout_item set status = 4");
        Assert.True(await work.MayGo(due, CancellationToken.None));
    }

    // What a sender has seen is old by the time it asks: the commit looks again.
    [Fact]
    public async Task A_gate_that_shuts_after_the_last_look_lets_no_byte_out()
    {
        var shut = 0;
        house.BeforeAsk = async command =>
        {
            if (command is AskPayoutItem { Command: PayoutItemCommand.BeginSend } && Interlocked.Exchange(ref shut, 1) == 0) await house.Gates.Shut(Tenant, "a look", "ada", CancellationToken.None);
        };
        var order = await house.Order("a", 1_000);
        await using var running = await house.Run();
        await Eventually.Holds("a sending was asked for", () => Task.FromResult(Volatile.Read(ref shut) == 1));
        await Eventually.Holds("the gate is shut", async () => (await house.Gates.Of(Tenant, CancellationToken.None)).IsShut);
        Assert.Equal((PayoutItemStatus.Intended, 0), ((await house.Item(order)).Status, standin.Platform.AllTransfers().Count));
        await house.Gates.Open(Tenant, "seen", "ada", CancellationToken.None);
        await house.Until(order, PayoutItemStatus.Succeeded, PayoutItemStatus.Confirmed);
        Assert.Equal(1, house.Live(order));
    }

    [Fact]
    public async Task An_item_in_review_is_resolved_against_what_Stripe_shows_at_that_moment()
    {
        var (paid, never, again, late) = (await house.Order("paid", 1_000), await house.Order("never", 2_000), await house.Order("again", 3_000), await house.Order("late", 4_000));

        // It turns out to be paid after it was given back, and is payable again.
        await house.Ask(late, new PayoutItemCommand.Release("cancelled", "ada"));
        var elsewhere = standin.Platform.AddAccount();
        var transfers = new Dictionary<PayoutOrder, string>();
        foreach (var order in (PayoutOrder[])[paid, never, again, late])
        {
            var destination = order == late ? late.Destination : elsewhere;
            var made = await standin.Client().V1.Transfers.CreateAsync(new()
            {
                Amount = order.StripeAmount,
                Currency = "usd",
                Destination = destination,
                TransferGroup = order.Item,
                Metadata = new() { ["item"] = order.Item },
            });
            transfers[order] = made.Id;
            await house.Ask(order, new PayoutItemCommand.RecordLookup(1, new([new(made.Id, made.Amount, made.Currency, destination, order.Item)]), TimeProvider.System.GetUtcNow()));
            Assert.Equal((PayoutItemStatus.Review, ReviewReason.Differs), (await house.Item(order) is var item ? item.Status : default, item.Review));
        }

        var review = house.Services.GetRequiredService<IPayoutReview>();
        Assert.Equal(PayoutItemRefusal.TransferUnfit, (await Resolve(paid, ReviewAnswer.PaidBy, "tr_none")).Refusal);
        Assert.Equal(PayoutItemRefusal.TransferUnfit, (await Resolve(paid, ReviewAnswer.PaidBy, transfers[never])).Refusal);
        Assert.Equal(PayoutItemStatus.Succeeded, (await Resolve(paid, ReviewAnswer.PaidBy, transfers[paid])).Item.Status);
        Assert.Equal(PayoutItemStatus.Succeeded, (await Resolve(late, ReviewAnswer.PaidBy, transfers[late])).Item.Status);
        Assert.Equal((0L, 4_000L), (
            await database.Ask<long>($"select payable from balance where referrer = {late.Referrer.Value}"), await database.Ask<long>($"select paid from balance where referrer = {late.Referrer.Value}")));
        foreach (var (order, answer) in ((PayoutOrder, ReviewAnswer)[])[(never, ReviewAnswer.NeverPaid), (again, ReviewAnswer.SendAgain)])
        {
            Assert.Equal(PayoutItemRefusal.TransferThere, (await Resolve(order, answer, null)).Refusal);
            await standin.Client().V1.Transfers.Reversals.CreateAsync(transfers[order], new());
            Assert.Null((await Resolve(order, answer, null)).Refusal);
        }

        Assert.Equal((1_000L, 2_000L), (
            await database.Ask<long>($"select paid from balance where referrer = {paid.Referrer.Value}"), await database.Ask<long>($"select payable from balance where referrer = {never.Referrer.Value}")));

        // The one that was paid elsewhere is a difference, which somebody has seen; then the last is sent, under another key.
        await using var running = await house.Run();
        Assert.Equal(ReconciliationState.Breaks, (await house.Ended(1)).State);
        Assert.Equal([(BreakKind.DestinationDiffers, paid.Item, transfers[paid])], await house.Breaks());
        await house.Gates.Open(Tenant, "seen", "ada", CancellationToken.None);
        await house.Until(again, PayoutItemStatus.Succeeded, PayoutItemStatus.Confirmed);
        Assert.Equal((1, 2), (house.Live(again), (await house.Item(again)).Generation));

        async Task<PayoutItemReply> Resolve(PayoutOrder order, ReviewAnswer answer, string? transfer) =>
            (await review.Resolve(new(Tenant, new(order.Item), answer, transfer, "found out", "ada"), CancellationToken.None))!;
    }

    // A batch of these, by the hash that would be approved.
    private async Task<string> Frozen(params PayoutOrder[] orders)
    {
        foreach (var order in orders) await house.Enroll(order, order == orders[0] ? "gone" : "fine");
        await Batch(new PayoutBatchCommand.Draw("ada", NeedsSecondPerson: false));
        await Batch(new PayoutBatchCommand.List([.. orders]));
        await Batch(new PayoutBatchCommand.EndList(orders.Length));
        await Eventually.Holds("it is frozen", async () => (await Shown()).Status == PayoutBatchStatus.Frozen);
        return (await Shown()).Hash!;
    }

    private async Task<PayoutBatch> Shown() => (await Batch(new ShowPayoutBatch())).Batch;

    private Task<PayoutBatchReply> Batch(PayoutBatchCommand command) => Batch(new AskPayoutBatch(command));

    private Task<PayoutBatchReply> Batch(ICommand<PayoutBatchReply> command) => house.Ask(GrainAddress.PayoutBatch(Tenant, new("batch_1")), command, CancellationToken.None);
}
