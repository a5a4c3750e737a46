using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using ReferralGrains.Gateway.Sources;

namespace ReferralGrains.Integration.Tests.Gateway;

/// <summary>What events of other systems say (X10): the amount is what was paid, the base is without tax and shipping.</summary>
public sealed class SourceReaderTests
{
    [Theory]
    [InlineData(""" "amount_paid":12000,"total":12000,"total_excluding_tax":10500,"shipping_cost":{"amount_subtotal":500},"currency":"usd" """, 12_000, 10_000L)]
    [InlineData(""" "amount_paid":12000,"total":12000,"tax":2000,"currency":"usd" """, 12_000, 10_000L)]
    [InlineData(""" "amount_paid":12000,"total":12000,"total_excluding_tax":12000,"currency":"usd" """, 12_000, null)]
    [InlineData(""" "amount_paid":6000,"total":12000,"total_excluding_tax":10000,"currency":"usd" """, 6_000, 5_000L)] // The rest was paid by a balance.
    [InlineData(""" "amount_paid":0,"total":12000,"total_excluding_tax":10000,"currency":"usd" """, 0, null)]
    [InlineData(""" "amount_paid":1200,"total":1200,"total_excluding_tax":1000,"currency":"jpy" """, 1_200, 1_000L)]
    [InlineData(""" "amount_paid":12000,"total":12000,"total_excluding_tax":-5,"currency":"usd" """, 12_000, 0L)]
    public void X10_of_an_invoice_counts_what_was_paid_and_the_base_leaves_out_tax_and_shipping(string amounts, long minor, long? earning)
    {
        var action = Stripe("invoice.paid", $$"""{"id":"in_1","customer":"cus_1",{{amounts}} }""")!.Action;
        Assert.Equal((minor, earning), ((long)action["amount_minor"]!, (long?)action["base_minor"]));
    }

    [Theory]
    [InlineData(""" "total_price":"126.50","subtotal_price":"110.00","taxes_included":true,"line_items":[{"tax_lines":[{"price":"7.00"}]},{"tax_lines":[{"price":"3.00"}]}],"currency":"USD" """, 12_650, 10_000L)]
    [InlineData(""" "total_price":"126.50","subtotal_price":"110.00","taxes_included":false,"line_items":[{"tax_lines":[{"price":"7.00"}]}],"currency":"USD" """, 12_650, 11_000L)]
    [InlineData(""" "total_price":"1265","subtotal_price":"1100","currency":"JPY" """, 1_265, 1_100L)]
    [InlineData(""" "total_price":"12.655","subtotal_price":"11.000","currency":"KWD" """, 12_655, 11_000L)]
    public void X10_of_an_order_likewise(string amounts, long minor, long? earning)
    {
        var action = Shopify("orders/paid", $$"""{"id":7,"customer":{"id":1},{{amounts}} }""")!.Action;
        Assert.Equal((minor, earning, "gid://shopify/Order/7", "1"), ((long)action["amount_minor"]!, (long?)action["base_minor"], (string)action["action_id"]!, (string)action["referee_id"]!));
    }

    [Theory]
    [InlineData("""[{"price":{"product":"prod_1"}},{"price":{"product":"prod_2"}},{"price":{"product":"prod_1"}}]""", "prod_1 prod_2")]
    [InlineData("""[{"pricing":{"price_details":{"product":"prod_1"}}},{"description":"by hand"}]""", "prod_1")] // As Stripe says it since 2025.
    [InlineData("""[{"description":"by hand"}]""", null)]
    public void H7_the_products_of_an_invoice_are_those_of_its_lines(string lines, string? products)
    {
        var action = Stripe("invoice.paid", $$$"""{"id":"in_1","customer":"cus_1","amount_paid":1,"currency":"usd","lines":{"data":{{{lines}}} } }""")!.Action;
        Assert.Equal(products?.Split(' '), action["product_ids"]?.AsArray().Select(static one => (string)one!));
    }

    [Theory]
    [InlineData("""[{"product_id":11},{"product_id":12},{"product_id":11},{"product_id":null}]""", "11 12")]
    [InlineData("""[{"title":"a tip"}]""", null)]
    public void H7_the_products_of_an_order_likewise(string lines, string? products)
    {
        var action = Shopify("orders/paid", $$"""{"id":7,"customer":{"id":1},"total_price":"1.00","currency":"USD","line_items":{{lines}} }""")!.Action;
        Assert.Equal(products?.Split(' '), action["product_ids"]?.AsArray().Select(static one => (string)one!));
    }

    [Theory]
    [InlineData("""{"id":7,"customer":{"id":1},"total_price":"1.005","currency":"USD"}""")] // Is no amount of dollars.
    [InlineData("""{"id":7,"customer":{"id":1},"total_price":"1.00","currency":"XXL"}""")]
    [InlineData("""{"id":7,"customer":{"id":1},"currency":"USD"}""")]
    public void X10_an_order_without_an_amount_is_none_of_ours(string order) => Assert.Null(Shopify("orders/paid", order));

    [Theory]
    [InlineData("refunds/create", """{"id":8,"order_id":7,"transactions":[{"kind":"refund","status":"failure","amount":"1.00","currency":"USD"}]}""")] // No money went.
    [InlineData("refunds/create", """{"id":8,"transactions":[{"kind":"refund","status":"success","amount":"1.00","currency":"USD"}]}""")]
    [InlineData("orders/create", """{"id":7,"customer":{"id":1},"total_price":"1.00","currency":"USD"}""")]
    public void X10_what_moves_no_money_is_none_of_ours(string topic, string body) => Assert.Null(Shopify(topic, body));

    [Theory]
    [InlineData("invoice_payment.paid", """{"id":"inpay_1","invoice":"in_1","payment":{"type":"charge","charge":"ch_1"}}""", "in_1")]
    [InlineData("refund.created", """{"id":"re_1","amount":1,"currency":"usd","payment_intent":"pi_1","charge":"ch_1","metadata":{"invoice":"in_1"}}""", "in_1 pi_1 ch_1")]
    [InlineData("refund.updated", """{"id":"re_1","amount":1,"currency":"usd","payment_intent":"pi_1","status":"canceled"}""", "pi_1")]
    [InlineData("charge.dispute.funds_withdrawn", """{"id":"dp_1","amount":1,"currency":"usd","charge":"ch_1"}""", "ch_1")]
    public void X10_what_is_about_a_sale_names_it_by_what_its_event_has(string type, string told, string about) => Assert.Equal(about.Split(' '), Stripe(type, told)!.About);

    // What is undone whole has no amount, and so none of any money.
    [Theory]
    [InlineData("refund.created", 1_234L, "JPY")]
    [InlineData("charge.dispute.funds_withdrawn", 1_234L, "JPY")]
    [InlineData("refund.failed", null, null)]
    [InlineData("charge.dispute.funds_reinstated", null, null)]
    public void X10_what_takes_an_amount_back_says_of_which_money(string type, long? minor, string? currency)
    {
        var action = Stripe(type, """{"id":"re_1","amount":1234,"currency":"jpy","payment_intent":"pi_1"}""")!.Action;
        Assert.Equal((minor, currency), ((long?)action["amount_minor"], (string?)action["currency"]));
    }

    [Theory]
    [InlineData("invoice_payment.paid", """{"id":"inpay_1","invoice":"in_1","payment":{"type":"payment_record","payment_record":"prec_1"}}""")]
    [InlineData("invoice_payment.paid", """{"id":"inpay_1","payment":{"type":"payment_intent","payment_intent":"pi_1"}}""")]
    [InlineData("refund.updated", """{"id":"re_1","amount":1,"currency":"usd","payment_intent":"pi_1","status":"succeeded"}""")]
    [InlineData("refund.created", """{"id":"re_1","amount":0,"currency":"usd","payment_intent":"pi_1"}""")]
    [InlineData("refund.created", """{"amount":1,"currency":"usd","payment_intent":"pi_1"}""")]
    [InlineData("invoice.paid", """{"id":"in_1","customer":"cus_1","amount_paid":1,"currency":"zzz"}""")]
    [InlineData("invoice.created", """{"id":"in_1","customer":"cus_1","amount_paid":1,"currency":"usd"}""")]
    public void X10_what_lacks_what_it_takes_is_none_of_ours(string type, string told) => Assert.Null(Stripe(type, told));

    [Fact]
    public void X10_a_mapping_names_other_places()
    {
        var mapping = new SourceMapping("metadata.account", "metadata.partner", "metadata.order");
        var invoice = Stripe("invoice.paid", """{"id":"in_1","customer":"cus_1","amount_paid":1,"currency":"usd","metadata":{"account":"acme","partner":"RITA","referral_code":"TOM"}}""", mapping)!;
        Assert.Equal(("acme", "RITA"), ((string)invoice.Action["referee_id"]!, Assert.Single(invoice.Codes)));
        Assert.Equal(["in_9", "pi_1"], Stripe("refund.created", """{"id":"re_1","amount":1,"currency":"usd","payment_intent":"pi_1","metadata":{"order":"in_9","invoice":"in_8"}}""", mapping)!.About);
        Assert.Equal("acme", (string)Stripe("customer.subscription.deleted", """{"id":"sub_1","customer":"cus_1","metadata":{"account":"acme"}}""", mapping)!.Action["referee_id"]!);
        Assert.Equal(["RITA"], Shopify("orders/paid", """{"id":7,"total_price":"1.00","currency":"USD","metadata":{"partner":"RITA"},"discount_codes":[{"code":"TOM"}]}""", mapping)!.Codes);
    }

    // PostgreSQL keeps no NUL, and indexes no name that is pages long.
    [Fact]
    public void X10_what_cannot_be_kept_as_a_name_is_none()
    {
        foreach (var odd in (string[])["\\u0000", "\\ud800", new('x', 3_000)])
        {
            Assert.Equal(["in_1", "ch_1"], Stripe("invoice.paid", $$$"""{"id":"in_1","customer":"cus_1","amount_paid":1,"currency":"usd","payment_intent":"pi_{{{odd}}}","charge":"ch_1","subscription":"sub_{{{odd}}}"}""")!.Links);
            Assert.Null(Stripe("invoice.paid", $$$"""{"id":"in_1","customer":"cus_1","amount_paid":1,"currency":"usd","subscription":"sub_{{{odd}}}"}""")!.Subscription);
            Assert.Equal(["ch_1"], Stripe("refund.created", $$$"""{"id":"re_1","amount":1,"currency":"usd","payment_intent":"pi_{{{odd}}}","charge":"ch_1"}""")!.About);
            Assert.Null(Stripe("invoice_payment.paid", $$$"""{"id":"inpay_1","invoice":"in_{{{odd}}}","payment":{"charge":"ch_1"}}"""));
            Assert.Null(Stripe("customer.subscription.deleted", $$$"""{"id":"sub_{{{odd}}}","customer":"cus_1"}"""));
        }
    }

    [Theory]
    [InlineData("""{"id":8,"order_id":7,"transactions":[{"kind":"refund","status":"success","amount":"1000000000000.00","currency":"USD"}]}""")]
    [InlineData("""{"id":8,"order_id":7,"transactions":[{"kind":"refund","status":"success","amount":"79228162514264337593543950335","currency":"USD"}]}""")]
    public void X10_a_refund_beyond_every_amount_is_none(string body) => Assert.Null(Shopify("refunds/create", body));

    private static ToldAction? Stripe(string type, string told, SourceMapping? mapping = null) =>
        SourceReader.Read(SourceKinds.Stripe, Json($$"""{"id":"evt_1","type":"{{type}}","livemode":true,"data":{"object":{{told}} } }"""), new HeaderDictionary(), mapping ?? new(), isSandbox: false)!.Told;

    private static ToldAction? Shopify(string topic, string body, SourceMapping? mapping = null) => SourceReader.Read(
        SourceKinds.Shopify, Json(body), new HeaderDictionary { ["X-Shopify-Topic"] = topic, ["X-Shopify-Webhook-Id"] = "w1", ["X-Shopify-Shop-Domain"] = "shop.test" }, mapping ?? new(), isSandbox: false)!.Told;

    private static JsonObject Json(string text) => JsonNode.Parse(text)!.AsObject();
}
