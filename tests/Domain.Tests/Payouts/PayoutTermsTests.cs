using ReferralGrains.Domain.Money;
using ReferralGrains.Domain.Payouts;

namespace ReferralGrains.Domain.Tests.Payouts;

/// <summary>When batches are drawn up by themselves, and whom they pay.</summary>
public sealed class PayoutTermsTests
{
    private static readonly DateTimeOffset now = new(2026, 11, 28, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(PayoutEvery.Week, 1, "UTC", "2026-11-28T12:00:00Z", "2026-11-30T00:00:00Z")]
    [InlineData(PayoutEvery.Week, 7, "UTC", "2026-11-28T12:00:00Z", "2026-11-29T00:00:00Z")]
    [InlineData(PayoutEvery.Week, 7, "UTC", "2026-11-29T00:00:00Z", "2026-12-06T00:00:00Z")]
    [InlineData(PayoutEvery.Month, 1, "America/New_York", "2026-11-28T12:00:00Z", "2026-12-01T05:00:00Z")]
    [InlineData(PayoutEvery.Month, 1, "Asia/Tokyo", "2026-11-30T15:00:00Z", "2026-12-31T15:00:00Z")]
    [InlineData(PayoutEvery.Month, 31, "UTC", "2027-01-31T00:00:00Z", "2027-02-28T00:00:00Z")]
    [InlineData(PayoutEvery.Month, 30, "UTC", "2028-01-31T00:00:00Z", "2028-02-29T00:00:00Z")]
    [InlineData(PayoutEvery.Month, 28, "UTC", "2027-02-27T23:59:59Z", "2027-02-28T00:00:00Z")]
    [InlineData(PayoutEvery.Month, 29, "Europe/London", "2026-03-28T12:00:00Z", "2026-03-29T00:00:00Z")]
    [InlineData(PayoutEvery.Week, 5, "Africa/Cairo", "2026-04-20T12:00:00Z", "2026-04-23T22:00:00Z")]
    [InlineData(PayoutEvery.Amount, 0, "UTC", "2026-11-28T12:00:00Z", "2026-11-28T13:00:00Z")]
    [InlineData(PayoutEvery.Amount, 0, "UTC", "2026-11-28T12:59:59Z", "2026-11-28T13:00:00Z")]
    public void D15_the_next_date_is_when_its_day_begins_in_the_time_zone(PayoutEvery every, int day, string zone, string after, string next) =>
        Assert.Equal(At(next), new PayoutSchedule(every, day).After(At(after), zone));

    [Fact]
    public void A_date_that_came_counts_the_batch_that_it_drew_up_and_no_other()
    {
        var plan = PayoutPlan.Evolve(PayoutPlan.None, now, new PayoutTermsSet(PayoutTerms.Default with { Schedule = new(PayoutEvery.Week, 1) }, "ada"));
        Assert.Equal((At("2026-11-30T00:00:00Z"), "po_scheduled_1"), (plan.NextAt, plan.NextBatch.Value));
        plan = PayoutPlan.Evolve(plan, now, new PayoutDateCame(null, now));
        Assert.Equal("po_scheduled_1", plan.NextBatch.Value);
        Assert.Equal("po_scheduled_2", PayoutPlan.Evolve(plan, now, new PayoutDateCame(new("po_scheduled_1"), now)).NextBatch.Value);
        Assert.Null(PayoutPlan.Evolve(plan, now, new PayoutTermsSet(PayoutTerms.Default, "ada")).NextAt);
    }

    // In the order in which they are checked: each next one has all that the ones before lack.
    [Fact]
    public void X9_S10_who_is_left_out_and_why()
    {
        var terms = PayoutTerms.Default with { Minimums = [new("KWD", 10)] };
        var candidate = new PayoutCandidate(new(1), new("ann"), new(5, Asset.Cash("UGX")), IsClosed: false, IsOptedIn: false, null, null, IsReady: false, IsFlagged: true, Forfeits: true);
        Assert.Equal(NotPaid.Forfeited, Why());
        candidate = candidate with { Forfeits = false };
        Assert.Equal(NotPaid.Flagged, Why());
        candidate = candidate with { IsFlagged = false };
        Assert.Equal(NotPaid.NotOptedIn, Why());
        candidate = candidate with { IsOptedIn = true };
        Assert.Equal(NotPaid.CurrencyNotPayable, Why());
        Assert.Null(candidate.Why(terms with { Outside = true }, now, PayoutWaits.Live));
        candidate = candidate with { Payable = new(9, Asset.Cash("KWD")) };
        Assert.Equal(NotPaid.BelowMinimum, Why());
        terms = terms with { Minimums = [new("KWD", 9)] };
        Assert.Equal(NotPaid.NoAccount, Why());
        candidate = candidate with { Account = "acct_1", ChangedAt = now - TimeSpan.FromHours(72) + TimeSpan.FromTicks(1) };
        Assert.Equal(NotPaid.CoolingOff, Why());
        candidate = candidate with { ChangedAt = now - TimeSpan.FromHours(72) };
        Assert.Equal(NotPaid.AccountNotReady, Why());
        candidate = candidate with { IsReady = true };
        Assert.Equal(NotPaid.Indivisible, Why());
        candidate = candidate with { Payable = new(19, Asset.Cash("KWD")) };
        Assert.Null(Why());
        Assert.Equal(10, candidate.Pays(terms).Minor);
        Assert.Equal(19, candidate.Pays(terms with { Outside = true }).Minor);

        NotPaid? Why() => candidate.Why(terms, now, PayoutWaits.Live);
    }

    [Fact]
    public void S1_account_credit_goes_to_a_customer_and_asks_for_no_cash()
    {
        var terms = PayoutTerms.Default with { Minimums = [new("KWD", 10)], CreditByStripe = true };
        Assert.Equal((true, false, false), (terms.PaysCredit, (terms with { Outside = true }).PaysCredit, PayoutTerms.Default.PaysCredit));
        var candidate = new PayoutCandidate(new(1), new("ann"), new(9, Asset.Credit("KWD")), IsClosed: false, IsOptedIn: false, null, null, IsReady: true);
        Assert.Equal(NotPaid.BelowMinimum, Why());
        candidate = candidate with { Payable = new(19, Asset.Credit("KWD")) };
        Assert.Equal(NotPaid.NoCustomer, Why());
        candidate = candidate with { Account = "cus_1", ChangedAt = now - TimeSpan.FromHours(71) };
        Assert.Equal(NotPaid.CoolingOff, Why());
        candidate = candidate with { ChangedAt = null };
        Assert.Null(Why());
        Assert.Equal(new(10, Asset.Credit("KWD")), candidate.Pays(terms));

        NotPaid? Why() => candidate.Why(terms, now, PayoutWaits.Live);
    }

    [Fact]
    public void D18_what_a_closed_referrer_has_left_is_paid_whatever_its_size()
    {
        var terms = PayoutTerms.Default with { Minimums = [new("GBP", 10_00)] };
        var left = new PayoutCandidate(new(1), new("ann"), new(5, Asset.Cash("GBP")), IsClosed: true, IsOptedIn: false, "acct_1", null, IsReady: true);
        Assert.Null(left.Why(terms, now, PayoutWaits.Live));
        Assert.Equal(NotPaid.NoAccount, (left with { Account = null }).Why(terms, now, PayoutWaits.Live));
        Assert.Null((left with { Account = null }).Why(terms with { Outside = true }, now, PayoutWaits.Live));
        Assert.Equal(NotPaid.BelowMinimum, (left with { IsClosed = false, IsOptedIn = true }).Why(terms, now, PayoutWaits.Live));
    }

    [Fact]
    public void The_first_account_waits_for_nobody_and_a_repeat_is_no_change()
    {
        var account = Linked(PayoutAccount.None, "acct_1", instead: false);
        Assert.Equal((null, false), (account.ChangedAt, account.IsReady));
        Assert.Null(PayoutAccountDecider.Decide(account, new PayoutAccountCommand.Link("acct_2", "ada", Instead: false)));
        Assert.Null(PayoutAccountDecider.Decide(account, new PayoutAccountCommand.Link("acct_1", "ada", Instead: true)));
        account = PayoutAccount.Evolve(account, now, PayoutAccountDecider.Decide(account, new PayoutAccountCommand.See("acct_1", Capability.Active, PaysOut: true))!);
        Assert.True(account.IsReady);
        Assert.Null(PayoutAccountDecider.Decide(account, new PayoutAccountCommand.See("acct_1", Capability.Active, PaysOut: true)));
        Assert.Null(PayoutAccountDecider.Decide(account, new PayoutAccountCommand.See("acct_2", Capability.Inactive, PaysOut: false)));
        account = Linked(account, "acct_2", instead: true);
        Assert.Equal((now, false, 2), (account.ChangedAt, account.IsReady, account.Links));
    }

    [Fact]
    public void S1_the_first_customer_waits_for_nobody_and_leaves_the_account_alone()
    {
        var account = Linked(PayoutAccount.None, "acct_1", instead: false);
        account = Customer("cus_1", instead: false);
        Assert.Equal(("cus_1", null, "acct_1", 1), (account.Customer, account.CustomerChangedAt, account.Account, account.Links));
        Assert.Null(PayoutAccountDecider.Decide(account, new PayoutAccountCommand.LinkCustomer("cus_2", "ada", Instead: false)));
        Assert.Null(PayoutAccountDecider.Decide(account, new PayoutAccountCommand.LinkCustomer("cus_1", "ada", Instead: true)));
        account = Customer("cus_2", instead: true);
        Assert.Equal(("cus_2", now, null), (account.Customer, account.CustomerChangedAt, account.ChangedAt));

        // One that is gone is followed by one that waits, even if it was the first.
        account = Linked(PayoutAccount.None, "acct_1", instead: false);
        account = Customer("cus_1", instead: false);
        Assert.Null(PayoutAccountDecider.Decide(account, new PayoutAccountCommand.LoseCustomer("cus_2")));
        account = PayoutAccount.Evolve(account, now, PayoutAccountDecider.Decide(account, new PayoutAccountCommand.LoseCustomer("cus_1"))!);
        Assert.Equal((null, "acct_1"), (account.Customer, account.Account));
        Assert.Null(PayoutAccountDecider.Decide(account, new PayoutAccountCommand.LoseCustomer("cus_1")));
        account = Customer("cus_3", instead: false);
        Assert.Equal(("cus_3", now), (account.Customer, account.CustomerChangedAt));

        PayoutAccount Customer(string id, bool instead) =>
            PayoutAccount.Evolve(account, now, PayoutAccountDecider.Decide(account, new PayoutAccountCommand.LinkCustomer(id, "ada", instead))!);
    }

    private static PayoutAccount Linked(PayoutAccount account, string id, bool instead) =>
        PayoutAccount.Evolve(account, now, PayoutAccountDecider.Decide(account, new PayoutAccountCommand.Link(id, "ada", instead))!);

    private static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
}
