using System.Text;
using Payouts.Tests.World;
using ReferralGrains.Domain.Money;
using ReferralGrains.Domain.Payouts;
using ReferralGrains.Payouts.Sending;
using ReferralGrains.Payouts.Standin;
using ReferralGrains.Simulation.Time;

namespace Payouts.Tests.Sending;

/// <summary>One sending and one look-up, against the stand-in and all that it does to them.</summary>
public sealed class StripeTransfersTests : IAsyncDisposable
{
    private readonly List<StandinRequest> received = [];
    private RunningStandin? standin;
    private StripeTransfers? transfers;
    private PayoutOrder order = null!;

    public static TheoryData<Fault, TransferAnswer> Faults => new()
    {
        { Fault.TimeOut, new TransferAnswer.Unknown("no answer in time") },
        { Fault.CommitThenTimeOut, new TransferAnswer.Unknown("no answer in time") },
        { Fault.Drop, new TransferAnswer.Unknown("the connection broke") },
        { Fault.CommitThenDrop, new TransferAnswer.Unknown("the connection broke") },
        { Fault.Truncated, new TransferAnswer.Unknown("an answer 200 that is no transfer") },
        { Fault.HtmlError, new TransferAnswer.Unknown("an answer 500 that cannot be read") },
        { Fault.CommitThenHtmlError, new TransferAnswer.Unknown("an answer 500 that cannot be read") },
        { Fault.SavedError, new TransferAnswer.Broken(IsReplayed: false) },
        { Fault.CommitThenSavedError, new TransferAnswer.Broken(IsReplayed: false) },
        { Fault.RateLimited, new TransferAnswer.TooMany() },
        { Fault.KeyInUse, new TransferAnswer.KeyInUse() },
        { Fault.FundsShort, new TransferAnswer.FundsShort() },
        { Fault.Unauthorized, new TransferAnswer.AccessRefused(null) },
        { Fault.Forbidden, new TransferAnswer.AccessRefused("more_permissions_required") },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Each_fault_is_told_for_what_it_is(Fault fault, TransferAnswer expected)
    {
        await Begin(FaultScript.Of(fault), patience: Patience(fault));
        Assert.Equal(expected, await Send(Intent()));
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Each_fault_of_a_credit_is_told_for_what_it_is(Fault fault, TransferAnswer expected)
    {
        await Begin(FaultScript.Of(fault), credit: true, patience: Patience(fault));
        Assert.Equal(expected, await Send(Intent()));
    }

    [Fact]
    public async Task A_credit_lowers_what_its_customer_owes_and_is_found_among_what_is_not_ours()
    {
        await Begin(credit: true);
        var made = Assert.IsType<TransferAnswer.Made>(await Send(Intent()));
        Assert.True(order.IsMetBy(made.Transfer));
        Assert.Equal(-1_470, (await standin!.Client().V1.Customers.GetAsync(order.Destination)).Balance);
        for (var i = 0; i < 101; i++) await standin.Client().V1.Customers.BalanceTransactions.CreateAsync(order.Destination, new() { Amount = 10, Currency = "usd" });
        Assert.Equal([made.Transfer], (await transfers!.LookUpCredit(order.Destination, order.Item, CancellationToken.None))!.Transfers);
        Assert.Empty((await transfers.LookUpCredit(order.Destination, "item_other", CancellationToken.None))!.Transfers);
        var page = await transfers.Credits(order.Destination, null, CancellationToken.None);
        Assert.Equal((100, true), (page.Transfers.Count, page.HasMore));
        var found = (await transfers.FindCredit(order.Destination, made.Transfer.Id, CancellationToken.None))!;
        Assert.Equal((made.Transfer, made.Transfer.Id, -1_470L, true), (found.Seen, found.Movement, found.Moved!.Value, found.IsLive));
        Assert.Null(await transfers.FindCredit(order.Destination, "cbtxn_none", CancellationToken.None));
    }

    [Fact]
    public async Task Of_a_customer_who_is_gone_nothing_is_learnt()
    {
        await Begin(credit: true);
        Assert.False(await transfers!.IsDeleted(order.Destination, CancellationToken.None));
        standin!.Platform.DeleteCustomer(order.Destination);
        Assert.True(await transfers.IsDeleted(order.Destination, CancellationToken.None));
        Assert.False(await transfers.IsDeleted("cus_of_another_account", CancellationToken.None));
        Assert.Equal(new TransferAnswer.Refused("resource_missing"), await Send(Intent()));
        Assert.True((await transfers.LookUpCredit(order.Destination, order.Item, CancellationToken.None))!.IsGone);
        Assert.Empty((await transfers.Credits(order.Destination, null, CancellationToken.None)).Transfers);
    }

    [Theory]
    [InlineData(Fault.SavedError, 0)]
    [InlineData(Fault.CommitThenSavedError, 1)]
    public async Task A_saved_error_is_known_by_its_coming_back_and_the_look_up_tells_the_truth(Fault fault, int made)
    {
        await Begin(FaultScript.Of(fault));
        await Send(Intent());
        Assert.Equal(new TransferAnswer.Broken(IsReplayed: true), await Send(Intent()));
        Assert.Equal(made, (await transfers!.LookUp(order.Item, CancellationToken.None))!.Transfers.Length);
    }

    [Fact]
    public async Task The_bytes_the_key_and_the_version_are_those_that_were_written_down()
    {
        await Begin();
        var intent = Intent() with { ApiVersion = "2025-01-01.old" };
        var made = Assert.IsType<TransferAnswer.Made>(await Send(intent));
        Assert.True(order.IsMetBy(made.Transfer));
        var request = Assert.Single(received);
        Assert.Equal((intent.Body, intent.Key, "2025-01-01.old"), (Encoding.UTF8.GetString(request.Body), request.IdempotencyKey, request.ApiVersion));
    }

    [Fact]
    public async Task Other_bytes_under_the_same_key_are_our_own_bug()
    {
        await Begin();
        await Send(Intent());
        order = order with { Amount = order.Amount with { Minor = 2 } };
        Assert.Equal(new TransferAnswer.KeyMismatch(), await Send(Intent()));
    }

    [Fact]
    public async Task Refusals_are_told_by_their_code()
    {
        await Begin();
        standin!.Platform.SetTransfers(order.Destination, "inactive");
        Assert.Equal(new TransferAnswer.Refused("insufficient_capabilities_for_transfer"), await Send(Intent()));
        order = order with { Destination = "acct_none" };
        Assert.Equal(new TransferAnswer.Refused("resource_missing"), await Send(Intent(generation: 2)));
    }

    [Fact]
    public async Task A_look_up_reads_all_pages_and_only_its_own_group()
    {
        await Begin();
        for (var generation = 1; generation <= 101; generation++) await Send(Intent(generation));
        var found = (await transfers!.LookUp(order.Item, CancellationToken.None))!.Transfers;
        Assert.Equal(101, found.Select(transfer => transfer.Id).Distinct().Count());
        Assert.All(found, transfer => Assert.True(order.IsMetBy(transfer)));
        Assert.Empty((await transfers.LookUp("item_other", CancellationToken.None))!.Transfers);
    }

    [Fact]
    public async Task A_look_up_that_fails_has_found_neither_something_nor_nothing()
    {
        await Begin(key: "sk_live_wrong");
        Assert.Null(await transfers!.LookUp(order.Item, CancellationToken.None));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Who_slept_does_not_wake_and_pay(bool sleepsByTheWallClockOnly)
    {
        var clock = new FakeTime(TimeProvider.System.GetUtcNow());
        var time = sleepsByTheWallClockOnly ? new WallClock(clock) : (TimeProvider)clock;
        await Begin(time: time);
        var window = transfers!.Open();
        clock.Advance(PayoutWaits.Live.FirstByte);
        Assert.IsType<TransferAnswer.Unknown>(await transfers.Send(Intent(), window, SendRoute.Transfers, CancellationToken.None));
        Assert.Empty(standin!.Platform.AllTransfers());
    }

    public async ValueTask DisposeAsync()
    {
        transfers?.Dispose();
        if (standin is not null) await standin.DisposeAsync();
    }

    // An answer that comes is waited for however busy the machine is; one that never does, not for long.
    private static TimeSpan? Patience(Fault fault) => fault is Fault.TimeOut or Fault.CommitThenTimeOut ? TimeSpan.FromSeconds(1) : null;

    private async Task Begin(
        FaultScript? faults = null, TimeProvider? time = null, string key = RunningStandin.Key, bool credit = false, TimeSpan? patience = null)
    {
        standin = await RunningStandin.Start(new()
        {
            Faults = faults ?? FaultScript.None,
            OnPost = request =>
            {
                received.Add(request);
                return ValueTask.CompletedTask;
            },
        });
        standin.Platform.Fund("usd", 1_000_000);
        order = credit
            ? new("item_1", new(1), new(2), new(1_470, Asset.Credit("USD")), standin.Platform.AddCustomer())
            : new("item_1", new(1), new(2), new(1_470, Asset.Cash("USD")), standin.Platform.AddAccount());
        var waits = PayoutWaits.Live with { Answer = patience ?? PayoutWaits.Live.Answer };
        transfers = new(key, new(standin.Url), new(TimeProvider.System, 10_000, 10_000), waits, time ?? TimeProvider.System);
    }

    private TransferIntent Intent(int generation = 1) => TransferIntent.Create("test", 1, order, generation, "2026-10-28.endive");

    private Task<TransferAnswer> Send(TransferIntent intent) => transfers!.Send(intent, transfers.Open(), SendRoute.Of(order), CancellationToken.None);

    /// <summary>A machine whose monotonic clock stands still while it sleeps.</summary>
    private sealed class WallClock(FakeTime wall) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => wall.GetUtcNow();

        public override long GetTimestamp() => 0;
    }
}
