using System.Net;
using Payouts.Tests.World;
using ReferralGrains.Payouts.Standin;
using ReferralGrains.Simulation.Time;
using Stripe;

namespace Payouts.Tests.Standin;

/// <summary>The stand-in as Stripe.net sees it, and each fault as it comes out of there.</summary>
public sealed class StripeNetContractTests
{
    [Fact]
    public async Task Typed_services_read_what_the_stand_in_answers()
    {
        await using var standin = await RunningStandin.Start();
        standin.Platform.Fund("usd", 10_000);
        var client = standin.Client();
        var account = standin.Platform.AddAccount();
        var made = await client.V1.Transfers.CreateAsync(
            new() { Amount = 150, Currency = "usd", Destination = account, TransferGroup = "g", Metadata = new() { ["item"] = "i" } }, new() { IdempotencyKey = "k" });
        Assert.Equal((150, "g", "i", false), (made.Amount, made.TransferGroup, made.Metadata["item"], made.Livemode));
        Assert.Equal(made.Id, Assert.Single(await client.V1.Transfers.ListAsync(new() { TransferGroup = "g" })).Id);
        Assert.Equal(-150, (await client.V1.BalanceTransactions.GetAsync(made.BalanceTransactionId)).Net);
        Assert.Equal(9_850, Assert.Single((await client.V1.Balance.GetAsync()).Available).Amount);
        var reversal = await client.V1.Transfers.Reversals.CreateAsync(made.Id, new() { Amount = 50 });
        Assert.Equal((50, made.Id), (reversal.Amount, reversal.TransferId));
        var shown = await client.V1.Transfers.GetAsync(made.Id);
        Assert.Equal((50, reversal.Id), (shown.AmountReversed, Assert.Single(shown.Reversals).Id));
        Assert.Equal("active", (await client.V1.Accounts.GetAsync(account)).Capabilities.Transfers);
        Assert.Contains(await client.V1.Events.ListAsync(new() { Type = "transfer.reversed" }), told => ((Transfer)told.Data.Object).Id == made.Id);
    }

    [Fact]
    public async Task An_account_of_the_second_version_is_taken_on_by_its_link()
    {
        await using var standin = await RunningStandin.Start();
        var client = standin.Client();
        var made = await client.V2.Core.Accounts.CreateAsync(new()
        {
            ContactEmail = "anna@example.com",
            Identity = new() { Country = "DE" },
            Configuration = new() { Recipient = new() { Capabilities = new() { StripeBalance = new() { StripeTransfers = new() { Requested = true } } } } },
            Include = ["configuration.recipient"],
        });
        Assert.Equal("restricted", made.Configuration.Recipient.Capabilities.StripeBalance.StripeTransfers.Status);
        var link = await client.V2.Core.AccountLinks.CreateAsync(new()
        {
            Account = made.Id,
            UseCase = new()
            {
                Type = "account_onboarding",
                AccountOnboarding = new() { RefreshUrl = "http://x.test/again", ReturnUrl = "http://x.test/back" },
            },
        });
        using var browser = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false });
        using var finished = await browser.PostAsync(link.Url, null);
        Assert.Equal(HttpStatusCode.Redirect, finished.StatusCode);
        var after = await client.V2.Core.Accounts.GetAsync(made.Id, new() { Include = ["configuration.recipient"] });
        Assert.Equal("active", after.Configuration.Recipient.Capabilities.StripeBalance.StripeTransfers.Status);
    }

    [Fact]
    public async Task A_credit_lowers_what_the_customer_owes()
    {
        await using var standin = await RunningStandin.Start();
        var client = standin.Client();
        var customer = await client.V1.Customers.CreateAsync(new() { Email = "anna@example.com" });
        for (var i = 0; i < 2; i++)
            await client.V1.Customers.BalanceTransactions.CreateAsync(customer.Id, new() { Amount = -700, Currency = "usd", Metadata = new() { ["item"] = "i" } }, new() { IdempotencyKey = "c" });
        Assert.Equal(-700, (await client.V1.Customers.GetAsync(customer.Id)).Balance);
        var shown = Assert.Single(await client.V1.Customers.BalanceTransactions.ListAsync(customer.Id));
        Assert.Equal((-700, -700, "usd", customer.Id, "i"), (shown.Amount, shown.EndingBalance, shown.Currency, shown.CustomerId, shown.Metadata["item"]));
        Assert.Equal(shown.Id, (await client.V1.Customers.BalanceTransactions.GetAsync(customer.Id, shown.Id)).Id);
        await client.V1.Customers.DeleteAsync(customer.Id);
        Assert.True((await client.V1.Customers.GetAsync(customer.Id)).Deleted);
        Assert.Equal(
            "resource_missing",
            (await Assert.ThrowsAsync<StripeException>(() => client.V1.Customers.BalanceTransactions.CreateAsync(customer.Id, new() { Amount = -1, Currency = "usd" }))).StripeError.Code);
    }

    // How many transfers there are after the fault alone tells on which side of the commit it struck.
    [Theory]
    [InlineData(Fault.TimeOut, typeof(TaskCanceledException), 0)]
    [InlineData(Fault.CommitThenTimeOut, typeof(TaskCanceledException), 1)]
    [InlineData(Fault.Drop, typeof(HttpRequestException), 0)]
    [InlineData(Fault.CommitThenDrop, typeof(HttpRequestException), 1)]
    [InlineData(Fault.Truncated, typeof(StripeException), 1)]
    [InlineData(Fault.HtmlError, typeof(StripeException), 0)]
    [InlineData(Fault.CommitThenHtmlError, typeof(StripeException), 1)]
    [InlineData(Fault.SavedError, typeof(StripeException), 0)]
    [InlineData(Fault.CommitThenSavedError, typeof(StripeException), 1)]
    [InlineData(Fault.RateLimited, typeof(StripeException), 0)]
    [InlineData(Fault.KeyInUse, typeof(StripeException), 0)]
    [InlineData(Fault.FundsShort, typeof(StripeException), 0)]
    [InlineData(Fault.Unauthorized, typeof(StripeException), 0)]
    [InlineData(Fault.Forbidden, typeof(StripeException), 0)]
    public async Task Each_fault_strikes_on_its_side_of_the_commit(Fault fault, Type exception, int made)
    {
        await using var standin = await RunningStandin.Start(new() { Faults = FaultScript.Of(fault) });
        standin.Platform.Fund("usd", 10_000);
        var account = standin.Platform.AddAccount();
        var client = standin.Client(timeout: Patience(fault));
        await Assert.ThrowsAsync(exception, () => Pay(client, account));
        Assert.Equal(made, standin.Platform.AllTransfers().Count);
    }

    [Theory]
    [InlineData(Fault.TimeOut)]
    [InlineData(Fault.CommitThenTimeOut)]
    [InlineData(Fault.Drop)]
    [InlineData(Fault.CommitThenDrop)]
    [InlineData(Fault.Truncated)]
    [InlineData(Fault.HtmlError)]
    [InlineData(Fault.CommitThenHtmlError)]
    [InlineData(Fault.RateLimited)]
    [InlineData(Fault.KeyInUse)]
    public async Task The_same_key_makes_one_transfer_in_the_end(Fault fault)
    {
        await using var standin = await RunningStandin.Start(new() { Faults = FaultScript.Of(fault) });
        standin.Platform.Fund("usd", 10_000);
        var account = standin.Platform.AddAccount();
        var client = standin.Client(timeout: Patience(fault));
        await Assert.ThrowsAnyAsync<Exception>(() => Pay(client, account));
        Assert.Equal(100, (await Pay(standin.Client(), account)).Amount);
        Assert.Single(standin.Platform.AllTransfers());
    }

    [Theory]
    [InlineData(Fault.SavedError, 0)]
    [InlineData(Fault.CommitThenSavedError, 1)]
    [InlineData(Fault.FundsShort, 0)]
    public async Task What_is_saved_comes_back_until_the_key_is_forgotten(Fault fault, int made)
    {
        var clock = new FakeTime(TimeProvider.System.GetUtcNow());
        await using var standin = await RunningStandin.Start(new() { Faults = FaultScript.Of(fault), Time = clock });
        standin.Platform.Fund("usd", 10_000);
        var account = standin.Platform.AddAccount();
        var client = standin.Client();
        var first = await Assert.ThrowsAsync<StripeException>(() => Pay(client, account));
        Assert.False(IsReplayed(first));
        clock.Advance(TimeSpan.FromHours(23));
        Assert.True(IsReplayed(await Assert.ThrowsAsync<StripeException>(() => Pay(client, account))));
        Assert.Equal(made, standin.Platform.AllTransfers().Count);

        // This is why a key is not sent again for ever: forgotten, it pays afresh.
        clock.Advance(TimeSpan.FromHours(1));
        await Pay(client, account);
        Assert.Equal(made + 1, standin.Platform.AllTransfers().Count);
    }

    [Fact]
    public async Task A_key_is_in_use_until_its_request_has_ended()
    {
        var clock = new FakeTime(TimeProvider.System.GetUtcNow());
        var received = 0;
        await using var standin = await RunningStandin.Start(new()
        {
            Faults = FaultScript.Of(Fault.Slow),
            Time = clock,
            OnPost = _ =>
            {
                Interlocked.Increment(ref received);
                return ValueTask.CompletedTask;
            },
        });
        standin.Platform.Fund("usd", 10_000);
        var account = standin.Platform.AddAccount();
        var client = standin.Client();
        var slow = Pay(client, account);
        while (clock.Waiting == 0) await Task.Yield();
        Assert.Equal("idempotency_key_in_use", (await Assert.ThrowsAsync<StripeException>(() => Pay(client, account))).StripeError.Code);
        clock.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal((await slow).Id, (await Pay(client, account)).Id);
        Assert.Equal(3, received);
    }

    [Fact]
    public async Task A_key_is_of_one_request_only()
    {
        await using var standin = await RunningStandin.Start();
        standin.Platform.Fund("usd", 10_000);
        var account = standin.Platform.AddAccount();
        var client = standin.Client();
        await Pay(client, account);
        var other = await Assert.ThrowsAsync<StripeException>(() => client.V1.Transfers.CreateAsync(
            new() { Amount = 101, Currency = "usd", Destination = account }, new() { IdempotencyKey = "k" }));
        Assert.Equal(("idempotency_error", HttpStatusCode.BadRequest), (other.StripeError.Type, other.HttpStatusCode));
    }

    [Fact]
    public async Task More_requests_in_a_second_than_allowed_are_refused()
    {
        await using var standin = await RunningStandin.Start(new() { MostPerSecond = 2, Time = new FakeTime(TimeProvider.System.GetUtcNow()) });
        var client = standin.Client();
        await client.V1.Balance.GetAsync();
        await client.V1.Balance.GetAsync();
        Assert.Equal(HttpStatusCode.TooManyRequests, (await Assert.ThrowsAsync<StripeException>(() => client.V1.Balance.GetAsync())).HttpStatusCode);
    }

    // An answer that comes is waited for however busy the machine is; one that never does, until it was certainly run.
    private static TimeSpan? Patience(Fault fault) => fault switch
    {
        Fault.TimeOut or Fault.CommitThenTimeOut => TimeSpan.FromSeconds(4),
        _ => null,
    };

    private static Task<Transfer> Pay(StripeClient client, string account) => client.V1.Transfers.CreateAsync(
        new() { Amount = 100, Currency = "usd", Destination = account }, new() { IdempotencyKey = "k" });

    private static bool IsReplayed(StripeException exception) =>
        exception.StripeResponse.Headers.TryGetValues("Idempotent-Replayed", out var replayed) && replayed.Single() == "true";
}
