using Payouts.Tests.World;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Money;
using ReferralGrains.Domain.Payouts;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Payouts.Accounts;
using ReferralGrains.Payouts.Sending;
using ReferralGrains.Payouts.Standin;
using ReferralGrains.Storage.Payouts;
using ReferralGrains.Storage.Reports;
using ReferralGrains.Turns;
using ReferralGrains.Turns.Payouts;

namespace Payouts.Tests.Accounts;

/// <summary>S10: the account to which a referrer is paid, made at Stripe or linked, against the stand-in.</summary>
public sealed class ConnectedAccountsTests
{
    private static readonly OnboardingAsked asked = new("ann@example.com", "GB", "https://shop.test/back", "https://shop.test/again", "ada");
    private static readonly CallerId ann = new("ann");

    [Fact]
    public async Task Asked_for_again_it_is_the_same_account_and_ready_once_its_owner_has_finished()
    {
        await using var desk = await Desk.Open();
        var first = await desk.Onboard();
        var second = await desk.Onboard();
        Assert.Equal((first.Account.Account, false), (second.Account.Account, second.Account.IsReady));
        Assert.NotEqual(first.Url, second.Url);
        using var browser = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false });
        using var finished = await browser.PostAsync(second.Url, null);
        Assert.Equal("https://shop.test/back", finished.Headers.Location!.ToString());
        var unready = new UnreadyAccounts();
        unready.Note(desk.Candidate);
        Assert.True(await desk.Accounts.LookAgain(1, unready, CancellationToken.None));
        Assert.True(desk.Account.IsReady);
    }

    // What was made and never heard of is made again under the same key, which is to say not.
    [Theory]
    [InlineData(Fault.CommitThenDrop)]
    [InlineData(Fault.CommitThenHtmlError)]
    [InlineData(Fault.Truncated)]
    [InlineData(Fault.RateLimited)]
    [InlineData(Fault.Drop)]
    public async Task An_answer_that_was_lost_leaves_one_account(Fault fault)
    {
        await using var desk = await Desk.Open(FaultScript.Of(fault));
        Assert.IsType<AccountAnswer.Unreachable>(await desk.Accounts.Onboard(1, ann, asked, CancellationToken.None));
        Assert.Null(desk.Account.Account);
        var shown = await desk.Onboard();
        Assert.Equal([shown.Account.Account], (await desk.Standin.Client().V1.Accounts.ListAsync()).Select(account => account.Id));
    }

    [Fact]
    public async Task One_that_exists_takes_anothers_place_and_one_that_does_not_is_refused()
    {
        await using var desk = await Desk.Open();
        var made = (await desk.Onboard()).Account.Account;
        var refused = Assert.IsType<AccountAnswer.Refused>(await desk.Accounts.Link(1, ann, "acct_none", "ada", CancellationToken.None));
        Assert.Equal(("stripe_account_not_found", made), (refused.Why.Code, desk.Account.Account));
        var older = desk.Standin.Platform.AddAccount();
        var linked = Assert.IsType<AccountAnswer.Shown>(await desk.Accounts.Link(1, ann, older, "ada", CancellationToken.None));
        Assert.Equal((older, true, 2), (linked.Account.Account, linked.Account.IsReady, linked.Account.Links));
        Assert.NotNull(linked.Account.ChangedAt);

        // An onboarding link never changes the account.
        Assert.Equal(older, (await desk.Onboard()).Account.Account);
        desk.Standin.Platform.SetTransfers(older, "inactive");
        Assert.False((await desk.Onboard()).Account.IsReady);
    }

    // S1: account credit goes to a customer.
    [Fact]
    public async Task A_customer_is_made_once_or_linked_where_it_exists()
    {
        await using var desk = await Desk.Open();
        var refused = Assert.IsType<AccountAnswer.Refused>(await desk.Accounts.LinkCustomer(1, ann, "cus_none", "ada", CancellationToken.None));
        Assert.Equal(("stripe_customer_not_found", null), (refused.Why.Code, desk.Account.Customer));
        for (var i = 0; i < 2; i++) Assert.IsType<AccountAnswer.Shown>(await desk.Accounts.MakeCustomer(1, ann, "ann@example.com", "Ann", "ada", CancellationToken.None));
        var made = Assert.Single(await desk.Standin.Client().V1.Customers.ListAsync());
        Assert.Equal(("ann@example.com", "Ann", made.Id, null, null), (made.Email, made.Name, desk.Account.Customer, desk.Account.CustomerChangedAt, desk.Account.Account));

        var other = desk.Standin.Platform.AddCustomer();
        var linked = Assert.IsType<AccountAnswer.Shown>(await desk.Accounts.LinkCustomer(1, ann, other, "ada", CancellationToken.None));
        Assert.Equal(other, linked.Account.Customer);
        Assert.NotNull(linked.Account.CustomerChangedAt);
        Assert.IsType<AccountAnswer.Shown>(await desk.Accounts.MakeCustomer(1, ann, null, null, "ada", CancellationToken.None));
        Assert.Equal(other, desk.Account.Customer);
        desk.Standin.Platform.DeleteCustomer(other);
        Assert.IsType<AccountAnswer.Refused>(await desk.Accounts.LinkCustomer(1, ann, other, "ada", CancellationToken.None));
    }

    [Fact]
    public async Task A_key_that_stripe_refuses_and_a_tenant_without_one_are_told_apart_from_an_outage()
    {
        await using var desk = await Desk.Open(FaultScript.Of(Fault.Unauthorized));
        Assert.Equal("stripe_not_available", Assert.IsType<AccountAnswer.Refused>(await desk.Accounts.Onboard(1, ann, asked, CancellationToken.None)).Why.Code);
        Assert.Equal("stripe_not_available", Assert.IsType<AccountAnswer.Refused>(await desk.Accounts.Onboard(2, ann, asked, CancellationToken.None)).Why.Code);
    }

    [Fact]
    public async Task What_stripe_refuses_is_told_by_its_code()
    {
        await using var desk = await Desk.Open();
        await desk.Ask(GrainAddress.PayoutAccount(1, ann), new AskPayoutAccount(new PayoutAccountCommand.Link("acct_gone", "ada", Instead: true)), CancellationToken.None);
        var refused = Assert.IsType<AccountAnswer.Refused>(await desk.Accounts.Onboard(1, ann, asked, CancellationToken.None)).Why;
        Assert.Equal((RefusalKind.Senseless, "stripe_refused", null), (refused.Kind, refused.Code, refused.Field));
        Assert.Contains("resource_missing", refused.Detail, StringComparison.Ordinal);
    }

    /// <summary>One referrer's account behind a router, and the stand-in.</summary>
    private sealed class Desk : IGrainRouter, IPayoutReports, IStripeAccounts, ISenderTurn, IAsyncDisposable
    {
        private readonly StripeTransfers transfers;

        private Desk(RunningStandin standin)
        {
            Standin = standin;
            transfers = new(RunningStandin.Key, new(standin.Url), new(TimeProvider.System, 1_000, 1_000), PayoutWaits.Live, TimeProvider.System);
            Accounts = new(this, this, this, this, new());
        }

        public RunningStandin Standin { get; }

        public ConnectedAccounts Accounts { get; }

        public PayoutAccount Account { get; private set; } = PayoutAccount.None;

        public JudgedCandidate Candidate => new(new(new(1), ann, new(1, Asset.Cash("GBP")), false, true, Account.Account, null, false), NotPaid.AccountNotReady);

        public static async Task<Desk> Open(FaultScript? faults = null) => new(await RunningStandin.Start(new() { Faults = faults ?? FaultScript.None }));

        public async Task<AccountAnswer.Shown> Onboard() => Assert.IsType<AccountAnswer.Shown>(await Accounts.Onboard(1, ann, asked, CancellationToken.None));

        public Task<TReply> Ask<TReply>(GrainAddress to, ICommand<TReply> command, CancellationToken stop)
        {
            var e = PayoutAccountDecider.Decide(Account, ((AskPayoutAccount)(object)command).Command);
            if (e is not null) Account = PayoutAccount.Evolve(Account, TimeProvider.System.GetUtcNow(), e);
            return Task.FromResult((TReply)(object)new PayoutAccountReply(null, e is not null, Account));
        }

        Task<PayoutAccountView?> IPayoutReports.Account(int tenant, CallerId referrer, CancellationToken stop) => Task.FromResult(
            Account.Account is { } linked ? new PayoutAccountView(new(1), linked, Account.Transfers, Account.PaysOut, Account.ChangedAt, Account.Links) : null);

        Task<PayoutCustomerView?> IPayoutReports.Customer(int tenant, CallerId referrer, CancellationToken stop) => Task.FromResult(
            Account.Customer is { } linked ? new PayoutCustomerView(linked, Account.CustomerChangedAt) : null);

        public ValueTask<StripeAccount> Of(int tenant, CancellationToken stop) => new(tenant == 1 ? new StripeAccount(transfers, null) : new(null, "no_stripe_key"));

        public ValueTask<bool> IsMine(CancellationToken stop) => new(true);

        public Task<string> Installation(CancellationToken stop) => Task.FromResult("test");

        public async ValueTask DisposeAsync()
        {
            transfers.Dispose();
            await Standin.DisposeAsync();
        }

        Task<IReadOnlyList<CallerId>> IPayoutReports.ReferrersOf(int tenant, string account, CancellationToken stop) => throw new NotSupportedException();

        Task<IReadOnlyList<CallerId>> IPayoutReports.ReferrersOfCustomer(int tenant, string customer, CancellationToken stop) => throw new NotSupportedException();

        string? ISenderTurn.Term => null;

        Task<PayoutTermsView> IPayoutReports.Terms(int tenant, CancellationToken stop) => throw new NotSupportedException();

        Task<Page<PayoutBatchView>> IPayoutReports.Batches(int tenant, StreamId? before, int limit, bool needsPerson, CancellationToken stop) => throw new NotSupportedException();

        Task<PayoutBatchView?> IPayoutReports.Batch(int tenant, CallerId batch, CancellationToken stop) => throw new NotSupportedException();

        Task<PayoutBatchView?> IPayoutReports.LastBatch(int tenant, bool outside, CancellationToken stop) => throw new NotSupportedException();

        Task<IReadOnlyList<PayoutTotal>> IPayoutReports.Totals(StreamId batch, CancellationToken stop) => throw new NotSupportedException();

        Task<Page<PayoutItemView>> IPayoutReports.Items(StreamId batch, long? after, int limit, CancellationToken stop) => throw new NotSupportedException();

        Task<PayoutItemView?> IPayoutReports.Item(StreamId batch, CallerId item, CancellationToken stop) => throw new NotSupportedException();

        Task<IReadOnlyList<PayoutReversalView>> IPayoutReports.Reversals(StreamId item, CancellationToken stop) => throw new NotSupportedException();

        Task<IReadOnlyDictionary<(StreamId Referrer, Asset Asset), long>> IPayoutReports.Paid(StreamId batch, CancellationToken stop) => throw new NotSupportedException();
    }
}
