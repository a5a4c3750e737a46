using Microsoft.Extensions.Logging.Abstractions;
using Payouts.Tests.World;
using ReferralGrains.Domain.Payouts;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Payouts.Customers;
using ReferralGrains.Payouts.Sending;
using ReferralGrains.Payouts.Standin;
using ReferralGrains.Simulation.Time;

namespace Payouts.Tests.Customers;

/// <summary>What the tenant's account at Stripe says of a referee's customer, against the stand-in.</summary>
public sealed class StripeCustomersTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task H15_only_what_Stripe_says_for_sure_makes_a_customer_active_or_not()
    {
        await using var standin = await RunningStandin.Start();
        using var account = Account(standin);
        var (stripe, look) = (standin.Client(), Customers(account));
        var never = (await stripe.V1.Customers.CreateAsync(new(), cancellationToken: Stop)).Id;
        var deleted = (await stripe.V1.Customers.CreateAsync(new(), cancellationToken: Stop)).Id;
        await stripe.V1.Customers.DeleteAsync(deleted, cancellationToken: Stop);
        var subscribed = (await stripe.V1.Customers.CreateAsync(new(), cancellationToken: Stop)).Id;
        var subscription = await stripe.V1.Subscriptions.CreateAsync(new() { Customer = subscribed }, cancellationToken: Stop);

        Assert.Equal(CustomerState.Active, await look.Look(1, never));
        Assert.Equal(CustomerState.Active, await look.Look(1, subscribed));
        Assert.Equal(CustomerState.Inactive, await look.Look(1, deleted));
        Assert.Equal(CustomerState.Unknown, await look.Look(1, "cus_of_another_account"));
        Assert.Equal(CustomerState.Unknown, await look.Look(1, " "));

        // Another customer's subscription says nothing of this one; what has ended does.
        await stripe.V1.Subscriptions.CancelAsync(subscription.Id, cancellationToken: Stop);
        Assert.Equal(CustomerState.Inactive, await look.Look(1, subscribed));
        Assert.Equal(CustomerState.Active, await look.Look(1, never));
        await stripe.V1.Subscriptions.CreateAsync(new() { Customer = subscribed, TrialPeriodDays = 7 }, cancellationToken: Stop);
        Assert.Equal(CustomerState.Active, await look.Look(1, subscribed));
    }

    [Theory]
    [InlineData(Fault.TimeOut)]
    [InlineData(Fault.Drop)]
    [InlineData(Fault.HtmlError)]
    [InlineData(Fault.Truncated)]
    [InlineData(Fault.RateLimited)]
    [InlineData(Fault.Unauthorized)]
    [InlineData(Fault.Forbidden)]
    public async Task H15_a_look_up_that_fails_says_nothing(Fault fault)
    {
        // Only while it lasts: the customer has ended, and that is told afterwards.
        var fails = false;
        await using var standin = await RunningStandin.Start(new() { Faults = FaultScript.OfCustomers(() => fails ? fault : Fault.None) });
        using var account = Account(standin, fault == Fault.TimeOut ? TimeSpan.FromSeconds(1) : null);
        using var patient = Account(standin);
        var ended = (await standin.Client().V1.Customers.CreateAsync(new(), cancellationToken: Stop)).Id;
        await standin.Client().V1.Customers.DeleteAsync(ended, cancellationToken: Stop);
        fails = true;
        Assert.Equal(CustomerState.Unknown, await Customers(account).Look(1, ended));
        fails = false;
        Assert.Equal(CustomerState.Inactive, await Customers(patient).Look(1, ended));
    }

    [Theory]
    [InlineData("past_due", false, CustomerState.Unknown)]
    [InlineData("incomplete,canceled", false, CustomerState.Unknown)]
    [InlineData("something_new", false, CustomerState.Unknown)]
    [InlineData("canceled,unpaid,paused,incomplete_expired", false, CustomerState.Inactive)]
    [InlineData("canceled", true, CustomerState.Unknown)]
    [InlineData("past_due,active", true, CustomerState.Active)]
    public void H15_what_is_undecided_at_Stripe_is_not_decided_here(string states, bool areMore, CustomerState expected) =>
        Assert.Equal(expected, StripeCustomers.Of(states.Split(','), areMore));

    [Fact]
    public async Task H15_without_a_Stripe_key_nobody_knows() =>
        Assert.Equal(CustomerState.Unknown, await new StripeCustomers(new One(null), TimeProvider.System, NullLogger<StripeCustomers>.Instance).Look(1, "cus_1"));

    private static StripeTransfers Account(RunningStandin standin, TimeSpan? patience = null) => new(
        RunningStandin.Key, new(standin.Url), new(TimeProvider.System, 10_000, 10_000), PayoutWaits.Live with { Answer = patience ?? PayoutWaits.Live.Answer }, TimeProvider.System);

    // Its own patience ends by a clock that stands still: a busy machine answers late.
    private static StripeCustomers Customers(StripeTransfers account) =>
        new(new One(account), new FakeTime(TimeProvider.System.GetUtcNow()), NullLogger<StripeCustomers>.Instance);

    private sealed class One(StripeTransfers? account) : IStripeAccounts
    {
        public ValueTask<StripeAccount> Of(int tenant, CancellationToken stop) => ValueTask.FromResult(new StripeAccount(account, account is null ? "no_stripe_key" : null));
    }
}
