using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.Playwright;
using ReferralGrains.Client;
using ReferralGrains.Web.Console.Rules;
using ReferralGrains.Web.Tests.World;

namespace ReferralGrains.Web.Tests.Console;

/// <summary>V8: all that a rule can say is said in a form, and nothing of a rule is lost by it.</summary>
public sealed class RuleTests(Browser browser, Marketplace market)
{
    // Every member of a rule, in the words of api.md.
    private static readonly string[] rules =
    [
        """{"trigger":"recurring_action","reward":{"kind":"cash","type":"percent","basis_points":1250},"limits":{"max_count":3,"max_amount_minor":10050,"cap_mode":"drop","days_after_approved":365,"event_from":"2026-01-01","event_to":"2026-12-31"},"hold":{"mode":"days","days":30,"from":"occurred_at"}}""",
        """{"trigger":"first_action","reward":{"kind":"credit","type":"fixed","amount_minor":1500},"conditions":{"min_amount_exclusive_minor":5000,"product_ids":["mug","shirt"],"excluded_product_ids":["gift-card"],"attributes":{"plan":["pro","team"]}},"hold":{"mode":"manual","days":14}}""",
        """{"trigger":"recurring_action","reward":{"kind":"points","type":"per_amount","points":1,"per_minor":100},"conditions":{"referrer_tags":"ANY","referee_tags":{"any_of":["trial"],"none_of":["staff","test"]}},"eligibility":"granted"}""",
        """{"trigger":"tier_reached","reward":{"kind":"cash","type":"fixed"},"tiers":[{"by":"value","min_minor":0,"max_minor":20000,"amount_minor":500},{"by":"value","min_minor":20000,"amount_minor":1005}],"acknowledge_warnings":true}""",
        """{"trigger":"recurring_action","reward":{"kind":"cash","type":"percent"},"tiers":[{"by":"count","min":1,"max":4,"basis_points":500},{"by":"count","min":5,"basis_points":1500}],"exclusive":{"group":"one","priority":2},"budget":{"per":"referrer","amount_minor":25000}}""",
        """{"trigger":"recurring_action","reward":{"kind":"cash","type":"percent"},"steps":[{"until_months":3,"basis_points":2000},{"basis_points":1000}],"active":{"from":"2026-02-01","to":"2026-03-01"},"hold":{"mode":"group","amount_minor":2500}}""",
        """{"trigger":"every_n_referrals","n":3,"reward":{"kind":"coupon","type":"fixed","amount_minor":1,"item":"ten-off"}}""",
        """{"trigger":"interval","every_months":1,"times":12,"reward":{"kind":"cash","type":"percent","basis_points":1000,"of":"conversion_value"},"hold":{"mode":"days_then_active_customer","days":7}}""",
    ];

    [Fact]
    public async Task Whatever_a_rule_says_is_in_the_form_and_comes_out_of_it_as_it_was()
    {
        var (admin, key) = await market.NewSandbox("rule-forms");
        using var _ = admin;
        await admin.Ok("/v1/programs", new { id = "forms", name = "Forms", currency = "GBP", time_zone = "UTC" });
        foreach (var rule in rules) await admin.Ok("/v1/programs/forms/rules", JsonNode.Parse(rule)!);
        using var http = new HttpClient { BaseAddress = market.Address };
        var program = await new ReferralGrainsClient(http, key).GetProgramAsync("forms", TestContext.Current.CancellationToken);
        Assert.Equal(rules.Length, program.Rules.Count);
        Assert.All(program.Rules, static rule => Assert.True(RuleForm.Holds(rule, "GBP"), $"{rule.Trigger}: {RuleForm.Of(rule, "GBP").Read("GBP")}"));
        Assert.All(program.Rules, static rule => Assert.False(RuleForm.Holds(rule with { Trigger = RuleAnswerTrigger.Unknown }, "GBP")));
    }

    [Theory]
    [InlineData("1 - 4 5.00", "The tier “1 - 4 5.00” is written as 1 - 4: 15 %, and the last one as 5+: 20 %.")]
    [InlineData("1 - x: 5.00", "The tier “1 - x: 5.00” is written as 1 - 4: 15 %, and the last one as 5+: 20 %.")]
    [InlineData("1+: 5.001", "What the tier “1+: 5.001” gives is written as 25.00.")]
    [InlineData("1+: 1001 %", "Say how much: a share from 0.01 to 1000, or an amount.")]
    public void What_cannot_be_read_names_itself(string tier, string wrong) => Assert.Equal((null, wrong), new RuleForm { Tiers = tier }.Read("GBP"));

    [Fact]
    public async Task H3_tiers_are_written_line_by_line_and_what_of_them_may_not_be_meant_needs_a_yes()
    {
        var (admin, key) = await market.NewSandbox("tiered");
        using var _ = admin;
        await admin.Ok("/v1/programs", new { id = "shop", name = "The shop", currency = "GBP", time_zone = "UTC" });
        await using var person = await browser.Arrive(market.Address);
        await person.SignIn(key, "/console/programs/shop");
        await person.Page.GetByLabel("Id", new() { Exact = true }).FillAsync("tiers");
        await person.Page.GetByText("More terms").ClickAsync();
        var tiers = person.Page.GetByLabel("Tiers, one a line");
        await tiers.FillAsync("1 to 4: 5 %");
        await person.Sees("The tier “1 to 4: 5 %” is written as");
        Assert.True(await person.Page.GetByRole(AriaRole.Button, new() { Name = "Publish" }).IsDisabledAsync());
        await tiers.FillAsync("1 - 4: 5 %\n6+: 12.5 %");
        await person.Sees("The referrer earns what its tier gives (1 to 4 referees: 5 %; 6 and more referees: 12.5 %) of each sale, payable at once.");
        await PayoutTests.Press(person, "Publish");
        await person.IsRefused("tiers_need_acknowledgement");
        await person.IsWellServed();
        await person.Page.GetByLabel("tiers that overlap or leave gaps are meant").CheckAsync();
        await PayoutTests.Press(person, "Publish");
        await person.Sees("Rule tiers is published as version 1");
        Assert.Equal(1_250, (int)(await admin.Ok("/v1/programs/shop"))["rules"]![0]!["tiers"]![1]!["basis_points"]!);
        await person.ResizeTo(390);
        await person.IsWellServed();
    }

    [Fact]
    public async Task S1_G1_what_a_program_is_called_its_share_link_and_its_discounts_are_set_without_a_developer()
    {
        var (admin, key) = await market.NewSandbox("discounted");
        using var _ = admin;
        await admin.Ok("/v1/programs", new { id = "shop", name = "The shop", currency = "GBP", time_zone = "UTC" });
        await using var person = await browser.Arrive(market.Address);
        await person.SignIn(key, "/console/programs/shop");
        await person.Page.GetByText("Name, share link and discounts").ClickAsync();
        await person.Page.GetByLabel("Name of the program").FillAsync("Friends of the shop");
        await person.Page.GetByLabel("Where referees sign up").FillAsync("https://shop.example/join");
        await PayoutTests.Press(person, "Save");
        await person.IsRefused("field share_url");
        await person.Page.GetByLabel("Where referees sign up").FillAsync("https://shop.example/join?code={code}");
        await person.Page.GetByLabel("A referee's first invoice is less by").SelectOptionAsync("fixed");
        await person.Page.GetByLabel("How much off the first invoice").FillAsync("15.00");
        await person.Page.GetByLabel("How much off their own payment").FillAsync("12.5");
        await person.IsWellServed();
        await PayoutTests.Press(person, "Save");
        await person.Heading("Program Friends of the shop");
        await person.Sees("Whoever is referred pays 15.00 GBP less on the first invoice.");
        await person.Sees("Referrers pay 12.5 % less for a referral, off their own next payment.");
        var program = await admin.Ok("/v1/programs/shop");
        Assert.Equal((1_500, 1_250), ((int)program["new_customer_discount"]!["value"]!, (int)program["payment_discount"]!["value"]!));
        await person.ResizeTo(390);
        await person.IsWellServed();

        foreach (var (whose, said) in ((string, string)[])[("referees", "Whoever is referred pays"), ("referrers", "Referrers pay")])
        {
            await PayoutTests.Press(person, $"Take the {whose}' discount away");
            await Person.SeesNo(person.Page.GetByText(said));
        }

        program = await admin.Ok("/v1/programs/shop");
        Assert.Equal((null, null, "Friends of the shop"), (program["new_customer_discount"], program["payment_discount"], (string?)program["name"]));

        // What is typed stays while the page looks again, and what another has set meanwhile is not set back.
        await person.Page.GetByLabel("Name of the program").FillAsync("Friends");
        Assert.True((await admin.Send(HttpMethod.Patch, "/v1/programs/shop", JsonContent.Create(new { share_url = "https://other.example/{code}" }))).IsSuccess);
        await PayoutTests.Press(person, "Take nobody in any more");
        await person.Sees("It takes nobody in any more");
        await PayoutTests.Press(person, "Save");
        await person.Page.GetByRole(AriaRole.Heading, new() { Name = "Program Friends", Level = 1, Exact = true }).WaitForAsync();
        Assert.Equal("https://other.example/{code}", (string?)(await admin.Ok("/v1/programs/shop"))["share_url"]);
    }

    [Fact]
    public async Task D17_earlier_referrals_come_under_a_rule_once_it_was_said_how_many_and_its_budget_is_seen()
    {
        var (admin, key) = await market.NewSandbox("joined");
        using var _ = admin;
        await admin.Ok("/v1/programs", new { id = "shop", name = "The shop", currency = "GBP", time_zone = "UTC" });
        await admin.Ok("/v1/referrers", new { id = "jo" });
        foreach (var referee in (string[])["kim", "lou"]) await admin.Ok("/v1/referrals", new { program_id = "shop", referee_id = referee, referrer_id = "jo" });
        var rule = Marketplace.Rule("ten", "10% of each sale", 1_000, 0);
        rule["budget"] = new System.Text.Json.Nodes.JsonObject { ["per"] = "program", ["every"] = "month", ["amount_minor"] = 100_000 };
        await admin.Ok("/v1/programs/shop/rules", rule);
        await using var person = await browser.Arrive(market.Address);
        await person.SignIn(key, "/console/programs/shop");
        await PayoutTests.Press(person, "Let earlier referrals earn under 10% of each sale");
        await person.Sees("Of 2 approved referrals 2 more would earn under version 1 from now on.");
        await admin.Ok("/v1/rules/ten/disable", new { });
        await PayoutTests.Press(person, "Let them earn under 10% of each sale");
        await person.IsRefused("rule_not_in_force");
        await person.IsWellServed();
        await admin.Ok("/v1/rules/ten/enable", new { });
        await PayoutTests.Press(person, "Let them earn under 10% of each sale");
        await person.Sees("2 referrals came under 10% of each sale.");

        await admin.Ok("/v1/actions", new { action_id = "s1", program_id = "shop", type = "sale", referee_id = "kim", amount_minor = 5_000 });
        await person.Open("/console/programs/shop", "Program The shop");
        await person.Sees("Of its budget for 2026-01, 5.00 GBP are used and 995.00 GBP are left.");
        await person.ResizeTo(390);
        await person.IsWellServed();
    }
}
