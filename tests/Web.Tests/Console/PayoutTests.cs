using Microsoft.Playwright;
using ReferralGrains.Integration.Tests;
using ReferralGrains.Web.Tests.World;

namespace ReferralGrains.Web.Tests.Console;

/// <summary>Drawing up, approving, giving up and confirming payouts, and what is refused.</summary>
public sealed class PayoutTests(Browser browser, Marketplace market)
{
    [Fact]
    public async Task Whoever_drew_up_a_batch_is_told_that_another_must_approve_it_and_all_of_it_goes_by_keyboard()
    {
        using var shop = await PayingShop.Open(market, "two-people", new { second_person = true });
        await using var first = await browser.Arrive(market.Address, width: 390);
        await first.SignIn(shop.FinanceKey, "/console/payouts");
        await Press(first, "Draw up a batch");
        await first.Sees("a second person does");
        await Press(first, "Approve");
        await first.Page.GetByRole(AriaRole.Alert).GetByRole(AriaRole.Link, new() { Name = "second_person_needed" }).WaitForAsync();
        await first.IsWellServed();

        var batch = first.Page.Url.Split('/')[^1];
        await using var second = await browser.Arrive(market.Address);
        await second.SignIn((await market.NewKey("finance", shop.Tenant)).Key, $"/console/payouts/{batch}");
        await second.Sees("Whoever drew it up may not approve it; you may.");
        await Press(second, "Approve 21.34 GBP to 2 referrers");
        await second.Page.Locator("#state").GetByText("settled").WaitForAsync();
        Assert.Equal(2_134, (long)(await shop.Batch(batch))["totals"]![0]!["paid_minor"]!);
    }

    [Fact]
    public async Task What_is_paid_outside_is_confirmed_item_by_item_and_a_batch_can_be_given_up()
    {
        using var shop = await PayingShop.Open(market, "by-bank", new { delivery = "outside" });
        await using var person = await browser.Arrive(market.Address);
        await person.SignIn(shop.FinanceKey, "/console/payouts");
        await person.Page.GetByRole(AriaRole.Button, new() { Name = "Draw up a batch" }).DblClickAsync(); // It is one all the same.
        await Press(person, "Give it up");
        await person.Page.Locator("#state").GetByText("cancelled").WaitForAsync();

        Assert.Single((await shop.Finance.Ok("/v1/payout_batches"))["data"]!.AsArray());

        await person.Open("/console/payouts", "Payouts");
        await Press(person, "Draw up a batch");
        await Press(person, "Approve");
        await Press(person, "Settle what ann is owed");
        await Press(person, "It was paid under this reference");
        await person.Page.GetByRole(AriaRole.Alert).GetByText("reference").First.WaitForAsync(); // It needs one.
        await person.IsWellServed();
        await person.Page.GetByLabel("Reference of the payment").FillAsync("bank-77");
        await Press(person, "It was paid under this reference");
        await person.Page.GetByRole(AriaRole.Cell, new() { Name = "bank-77", Exact = true }).WaitForAsync();
        await Press(person, "Settle what bob is owed");
        await person.Page.GetByLabel("Reference of the payment").FillAsync("no such account");
        await Press(person, "It cannot be paid");
        await person.Page.Locator("#state").GetByText("settled").WaitForAsync();

        var download = await person.Page.RunAndWaitForDownloadAsync(() => person.Page.GetByRole(AriaRole.Link, new() { Name = "Items as a table" }).ClickAsync());
        var table = await File.ReadAllTextAsync(await download.PathAsync(), TestContext.Current.CancellationToken);
        Assert.StartsWith("item_id,referrer_id,currency,amount", table, StringComparison.Ordinal);
        Assert.Contains(",ann,GBP,12.34,1234,outside,confirmed,,bank-77,", table, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stripe_and_the_books_are_compared_and_a_gate_that_is_shut_is_opened_with_a_reason()
    {
        using var shop = await PayingShop.Open(market, "gated", new { });
        await using var person = await browser.Arrive(market.Address);
        await person.SignIn(shop.FinanceKey, "/console/reconciliation");
        await Press(person, "Compare from the beginning");
        await person.Page.Locator("#run-state").GetByText("clean").WaitForAsync();
        await Press(person, "Check the books");
        await person.Page.Locator("#books-state").GetByText("all agree").WaitForAsync();
        await person.IsWellServed();

        await market.ShutGate(shop.Tenant);
        await person.Open("/console/reconciliation", "Reconciliation");
        await person.Sees("Nothing is sent: somebody paid twice");
        var twice = person.Page.GetByRole(AriaRole.Region, new() { Name = "a second live transfer of an item" });
        await twice.GetByRole(AriaRole.Row, new() { Name = "tr_twice" }).GetByText("900 gbp to acct_bob").WaitForAsync();
        await person.IsWellServed();
        await person.Photograph("console-reconciliation");
        await person.Page.GetByLabel("Why it may be opened").FillAsync("It was our own test");
        await Press(person, "Open the gate");
        await person.Sees("Approved payouts are sent.");
        await person.Sees("It was our own test");
        await twice.GetByText("It was our own test").WaitForAsync();
        await person.ResizeTo(390);
        await person.IsWellServed();

        await using var reader = await browser.Arrive(market.Address, width: 390);
        await reader.SignIn((await market.NewKey("read", shop.Tenant)).Key, "/console/reconciliation");
        await reader.Page.GetByRole(AriaRole.Alert).GetByRole(AriaRole.Link, new() { Name = "forbidden" }).WaitForAsync();
        await reader.IsWellServed();
    }

    [Fact]
    public async Task A_paused_batch_and_an_item_in_review_are_found_by_whoever_pays_and_what_Stripe_told_is_shown()
    {
        using var shop = await PayingShop.Open(market, "paused", new { });
        var batch = await shop.Pay("november");
        await market.Pause(shop.Tenant);
        await using var person = await browser.Arrive(market.Address, width: 390);
        await person.SignIn(shop.FinanceKey, "/console/review");
        await person.Sees("Paused: Stripe's balance does not suffice.");
        await person.Sees("1 item in review.");
        await person.IsWellServed();
        await person.Page.GetByRole(AriaRole.Link, new() { Name = batch }).ClickAsync();
        await person.Page.Locator("#state").GetByText("awaiting funds").WaitForAsync();
        await person.Page.GetByRole(AriaRole.Button, new() { Name = "Go on" }).WaitForAsync();

        // The item only looks like it: what is said of it is held against what it is.
        await Press(person, "Settle what ann is owed");
        await person.Page.GetByLabel("What was found out").FillAsync("The bank has nothing");
        await Press(person, "It was never paid");
        await person.Page.GetByRole(AriaRole.Alert).GetByRole(AriaRole.Link, new() { NameRegex = new("payout_item_not_in_review|transfer_there") }).WaitForAsync();
        await person.IsWellServed();

        await person.Open("/console/reconciliation", "Reconciliation");
        await person.Page.GetByRole(AriaRole.Region, new() { Name = "Notices" }).GetByRole(AriaRole.Row, new() { Name = "po_7" }).GetByText("the bank sent it back").WaitForAsync();
        await person.IsWellServed();
    }

    [Fact]
    public async Task Money_of_a_transfer_is_asked_back_with_a_reason_and_too_much_of_it_is_refused()
    {
        using var shop = await PayingShop.Open(market, "asked-back", new { });
        var batch = await shop.Pay("november");
        await using var person = await browser.Arrive(market.Address);
        await person.SignIn(shop.FinanceKey, $"/console/payouts/{batch}");
        await Press(person, "Money back of ann");
        await person.Sees("Nothing was asked back of it.");
        await person.Page.GetByLabel("Amount to ask back, in GBP").FillAsync("a lot");
        await Press(person, "Ask it back");
        await person.Sees("An amount in GBP is written as 25.00.");
        await person.Page.GetByLabel("Amount to ask back, in GBP").FillAsync("99");
        await person.Page.GetByLabel("Why").FillAsync("The order was a test");
        await Press(person, "Ask it back");
        await person.Page.GetByRole(AriaRole.Alert).GetByRole(AriaRole.Link, new() { Name = "reversal_too_large" }).WaitForAsync();
        await person.IsWellServed();
        await person.Page.GetByLabel("Amount to ask back, in GBP").FillAsync("4.00");
        await Press(person, "Ask it back");
        await Eventually.Holds("it is back", async () => (long)(await shop.Admin.Ok("/v1/referrers/ann/balance"))["balances"]![0]!["payable_minor"]! == 400);
        foreach (var _ in (string[])["closed", "open again"]) await Press(person, "Money back of ann"); // A page does not look for ever.
        await person.Page.GetByRole(AriaRole.List, new() { Name = "Asked back of ann" }).GetByText("made").WaitForAsync();
        await person.Page.GetByRole(AriaRole.Row).GetByText("partly reversed").First.WaitForAsync();
        Assert.Equal(400, (long)(await shop.Admin.Ok("/v1/referrers/ann/balance"))["balances"]![0]!["payable_minor"]!);
        await person.IsWellServed();
        await person.ResizeTo(390);
        await person.IsWellServed();
    }

    internal static async Task Press(Person person, string button)
    {
        var found = person.Page.GetByRole(AriaRole.Button, new() { Name = button }).First;
        await Assertions.Expect(found).ToBeEnabledAsync(); // While something is asked it does nothing.
        await found.PressAsync("Enter"); // By keyboard, and in one: a page that has just come takes the focus to its heading.
    }
}
