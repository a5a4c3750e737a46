using System.Net.Http.Json;
using Microsoft.Playwright;
using ReferralGrains.Integration.Tests;
using ReferralGrains.Web.Tests.World;

namespace ReferralGrains.Web.Tests.Console;

/// <summary>What a person says of one referral or of one referrer, case by case.</summary>
public sealed class CaseTests(Browser browser, Marketplace market)
{
    [Fact]
    public async Task X8_a_referee_gets_tags_and_another_id_under_which_what_waited_takes_effect()
    {
        var (admin, key) = await market.NewSandbox("named");
        using var _ = admin;
        await admin.Ok("/v1/programs", new { id = "shop", name = "The shop", currency = "GBP", time_zone = "UTC" });
        await admin.Ok("/v1/programs/shop/rules", Marketplace.Rule("ten", "10% of each sale", 1_000, 30));
        await admin.Ok("/v1/referrers", new { id = "jo" });
        foreach (var referee in (string[])["kim", "lou"]) await admin.Ok("/v1/referrals", new { program_id = "shop", referee_id = referee, referrer_id = "jo" });
        await admin.Ok("/v1/actions", new { action_id = "early", program_id = "shop", type = "sale", referee_id = "kim@mail.example", amount_minor = 3_000 });
        await using var person = await browser.Arrive(market.Address);
        await person.SignIn(key, "/console/referrals/shop/kim");
        await person.Page.GetByText("Change the tags, or add another id").ClickAsync();
        await person.Page.GetByLabel("Tags, with commas").FillAsync("gold, vip");
        await PayoutTests.Press(person, "Save");
        await person.Sees("Saved.");
        Assert.Equal(["gold", "vip"], (await admin.Ok("/v1/referrals/shop/kim"))["tags"]!.AsArray().Select(static tag => (string)tag!));

        // What is typed and not sent stays as it is when another thing is done.
        await person.Page.GetByLabel("Tags, with commas").FillAsync("gold, vip, late");
        await person.Page.GetByLabel("Another id of the same customer").FillAsync("lou");
        await PayoutTests.Press(person, "Add the id");
        await PayoutTests.Press(person, "Add lou for good");
        await person.IsRefused("field alias");
        await person.IsWellServed();
        await person.Page.GetByLabel("Another id of the same customer").FillAsync("kim@mail.example");
        await PayoutTests.Press(person, "Add the id");
        await PayoutTests.Press(person, "Add kim@mail.example for good");
        await person.Sees("kim@mail.example names this referral from now on.");
        await person.Sees("Also known as");
        Assert.Equal("gold, vip, late", await person.Page.GetByLabel("Tags, with commas").InputValueAsync());
        await admin.Send(HttpMethod.Patch, "/v1/referrals/shop/kim", JsonContent.Create(new { active = false })); // What others have set meanwhile is not set back.
        await PayoutTests.Press(person, "Save");
        await person.Sees("Saved.");
        var changed = await admin.Ok("/v1/referrals/shop/kim");
        Assert.Equal((3, false), (changed["tags"]!.AsArray().Count, (bool)changed["active"]!));
        await Eventually.Holds("what waited is rewarded", async () => (string?)(await admin.Ok("/v1/actions/early"))["status"] == "rewarded");
        await person.ResizeTo(390);
        await person.IsWellServed();
    }

    [Fact]
    public async Task G2_case_by_case_a_referral_is_let_count_used_up_without_or_another_thing_is_given()
    {
        var (admin, key) = await market.NewSandbox("by-case");
        using var _ = admin;
        await admin.Ok("/v1/programs", new { id = "gym", name = "The gym", currency = "GBP", time_zone = "UTC", payment_discount = new { type = "fixed", value = 6_000, every = "next", mode = "manual" } });
        await admin.Ok("/v1/referrers", new { id = "max" });
        foreach (var referee in (string[])["anna", "ben", "carl", "dan", "eve", "finn"]) await admin.Ok("/v1/referrals", new { program_id = "gym", referee_id = referee, referrer_id = "max" });
        await using var person = await browser.Arrive(market.Address);
        await person.SignIn(key, "/console/referrals/gym/anna");
        await person.Sees("It counts once a person lets it.");
        await person.IsWellServed();
        await PayoutTests.Press(person, "Let it count");
        await person.Sees("It counts for a payment of the referrer's own.");
        var payment = await admin.Ok("/v1/payment_discounts", new { program_id = "gym", referrer_id = "max", payment_id = "january", amount_minor = 10_000 });
        Assert.Equal(4_000, (long)payment["to_pay_minor"]!);
        await person.Open("/console/referrals/gym/anna", "Referral of anna");
        var own = person.Page.GetByRole(AriaRole.Region, new() { Name = "Off the own payments of max" });
        await own.GetByText("Payment january uses it.").WaitForAsync();
        Assert.Equal(0, await own.GetByRole(AriaRole.Button).CountAsync());

        await person.Open("/console/referrals/gym/ben", "Referral of ben");
        await person.Page.GetByText("Give another thing instead").ClickAsync();
        await person.Page.GetByLabel("What is given").FillAsync("a jacket");
        await PayoutTests.Press(person, "Give it instead");
        await person.IsRefused("field asset");
        Assert.Null((string?)(await admin.Ok("/v1/referrals/gym/ben"))["payment_discount"]?["decision"]); // What is mistyped uses nothing up.
        await person.IsWellServed();
        await person.Page.GetByLabel("What is given").FillAsync("item:jacket");
        await PayoutTests.Press(person, "Give it instead");
        await person.Sees("1 jacket item is given instead, and the referral is used up.");
        await person.Sees("It is used up without a discount.");
        var given = Assert.Single((await admin.Ok("/v1/referrers/max/balance"))["balances"]!.AsArray())!;
        Assert.Equal(("item:jacket", 1), ((string)given["asset"]!, (long)given["payable_minor"]!));

        // A payment takes a referral while its page is looked at.
        await admin.Ok("/v1/referrals/gym/dan/payment_discount", new { decision = "apply" });
        await person.Open("/console/referrals/gym/dan", "Referral of dan");
        await person.Sees("Give another thing instead");
        await admin.Ok("/v1/payment_discounts", new { program_id = "gym", referrer_id = "max", payment_id = "february", amount_minor = 10_000 });
        await person.Page.GetByText("Give another thing instead").ClickAsync();
        await person.Page.GetByLabel("What is given").FillAsync("item:jacket");
        await PayoutTests.Press(person, "Give it instead");
        await person.Sees("Nothing was given: payment february has come to use it.");
        Assert.Equal(1, (long)(await admin.Ok("/v1/referrers/max/balance"))["balances"]![0]!["payable_minor"]!);

        // Two people give something, one after another and at once: it is given once.
        await using var other = await browser.Arrive(market.Address);
        await other.SignIn(key);
        foreach (var (referee, inOrder) in ((string, bool)[])[("eve", true), ("finn", false)])
        {
            Person[] givers = [other, person];
            foreach (var giver in givers)
            {
                await giver.Open($"/console/referrals/gym/{referee}", $"Referral of {referee}");
                await giver.Page.GetByText("Give another thing instead").ClickAsync();
                await giver.Page.GetByLabel("What is given").FillAsync("item:jacket");
            }

            if (inOrder)
                foreach (var giver in givers)
                {
                    await PayoutTests.Press(giver, "Give it instead");
                    await giver.Sees(giver == other ? "1 jacket item is given instead, and the referral is used up." : "Nothing was given: it was used up meanwhile, and what was given for it then stands among the entries of its referrer.");
                }
            else await Task.WhenAll(givers.Select(static giver => PayoutTests.Press(giver, "Give it instead")));
            foreach (var giver in givers) await giver.Sees("It is used up without a discount.");
        }

        Assert.Equal(3, (long)(await admin.Ok("/v1/referrers/max/balance"))["balances"]![0]!["payable_minor"]!); // With that for ben.
        await person.Open("/console/referrals/gym/carl", "Referral of carl");
        await PayoutTests.Press(person, "Use it up without");
        await PayoutTests.Press(person, "Use it up for good");
        await person.Sees("It is used up without a discount.");
        Assert.Equal("decline", (string?)(await admin.Ok("/v1/referrals/gym/carl"))["payment_discount"]!["decision"]);
        await person.ResizeTo(390);
        await person.IsWellServed();
    }

    [Fact]
    public async Task What_a_referrer_spends_is_booked_and_where_they_are_paid_is_looked_up_and_set_up()
    {
        var (admin, key) = await market.NewSandbox("spent");
        using var _ = admin;
        await admin.Ok("/v1/referrers", new { id = "jo", cash_opt_in = true });
        await admin.Ok("/v1/referrers/jo/entries", new { entry_id = "e1", asset = "credit:GBP", amount_minor = 1_000, reason = "for the test" });
        await using var person = await browser.Arrive(market.Address);
        await person.SignIn(key, "/console/referrers/jo");
        await person.Page.GetByText("Book what they have spent").ClickAsync();
        await person.Page.GetByLabel("Id of the spend").FillAsync("till-1");
        await person.Page.GetByLabel("What was spent").FillAsync("credit:GBP");
        await person.Page.GetByLabel("How much of it").FillAsync("1200");
        await PayoutTests.Press(person, "Book the spend");
        await person.IsRefused("balance_insufficient");
        await person.Page.GetByLabel("How much of it").FillAsync("400");
        await PayoutTests.Press(person, "Book the spend");
        await person.Sees("4.00 GBP credit is spent, as till-1.");
        Assert.Equal(600, (long)(await admin.Ok("/v1/referrers/jo/balance"))["balances"]![0]!["payable_minor"]!);

        await person.Page.GetByText("Where they are paid").ClickAsync();
        await PayoutTests.Press(person, "Look it up");
        await person.Sees("They have no account yet.");
        await person.Page.GetByLabel("Where a new account is to be").FillAsync("x");
        await PayoutTests.Press(person, "Make a link to set it up");
        await person.IsRefused("field country");
        await person.Page.GetByLabel("Where a new account is to be").FillAsync("gb");
        await PayoutTests.Press(person, "Make a link to set it up");
        Assert.StartsWith("http", await person.Page.Locator("#account-link").InnerTextAsync(), StringComparison.Ordinal);
        await person.Sees("cannot be paid yet");
        await person.IsWellServed();
        await PayingShop.Onboard(admin, "jo");
        await PayoutTests.Press(person, "Look it up");
        await person.Page.GetByText("can be paid", new() { Exact = true }).WaitForAsync();
        await person.ResizeTo(390);
        await person.IsWellServed();
    }
}
