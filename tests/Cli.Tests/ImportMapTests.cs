using System.Text.Encodings.Web;
using System.Text.Json;

namespace Cli.Tests;

/// <summary>Other people's exports. The samples are made up; only the names of the columns are theirs.</summary>
public sealed class ImportMapTests
{
    private static readonly JsonSerializerOptions readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [Fact]
    public async Task X1_shopify_orders_have_a_row_for_each_product_and_refunds_as_a_column()
    {
        var ran = await Import("shopify-orders",
            "Name,Email,Financial Status,Paid at,Fulfillment Status,Currency,Subtotal,Shipping,Taxes,Total,Created at,Lineitem quantity,Lineitem name,Lineitem sku,Refunded Amount",
            "#1001,ann@example.com,paid,2026-01-05 10:00:00 -0500,fulfilled,USD,100.00,10.00,10.00,120.00,2026-01-05 09:59:00 -0500,1,Mug,MUG-1,0.00",
            "#1001,ann@example.com,,,,,,,,,,2,\"Tea; green\",TEA-2,",
            "#1002,bob@example.com,partially_refunded,2026-01-06 10:00:00 -0500,fulfilled,USD,100.00,10.00,10.00,120.00,2026-01-06 09:59:00 -0500,1,Tea; green,,30.00",
            "#1003,cat@example.com,pending,,unfulfilled,USD,50.00,0.00,0.00,50.00,2026-01-07 09:59:00 -0500,1,Mug,MUG-1,0.00",
            "#1003,cat@example.com,,,,,,,,,,1,Pot,POT-1,",
            "#1004,,paid,2026-01-08 10:00:00 -0500,fulfilled,USD,50.00,0.00,0.00,50.00,2026-01-08 09:59:00 -0500,1,Mug,MUG-1,0.00",
            "#1005,dan@example.com,refunded,2026-01-09 10:00:00 -0500,fulfilled,USD,20.00,5.00,0.00,25.00,2026-01-09 09:59:00 -0500,1,Mug,MUG-1,25.00");

        Assert.Equal(
            [
                """{"action_id":"#1001","type":"sale","referee_id":"ann@example.com","occurred_at":"2026-01-05T15:00:00Z","amount_minor":12000,"base_minor":10000,"currency":"USD","product_ids":["MUG-1","TEA-2"]}""",
                """{"action_id":"#1002","type":"sale","referee_id":"bob@example.com","occurred_at":"2026-01-06T15:00:00Z","amount_minor":12000,"base_minor":10000,"currency":"USD","product_ids":["Tea; green"]}""",
                """{"action_id":"#1002:refund","type":"refund","referee_id":"bob@example.com","amount_minor":3000,"currency":"USD","refund_of":"#1002"}""",
                """{"action_id":"#1005","type":"sale","referee_id":"dan@example.com","occurred_at":"2026-01-09T15:00:00Z","amount_minor":2500,"base_minor":2000,"currency":"USD","product_ids":["MUG-1"]}""",
                """{"action_id":"#1005:refund","type":"refund","referee_id":"dan@example.com","amount_minor":2500,"currency":"USD","refund_of":"#1005"}""",
            ],
            ran.Sent);
        Assert.Contains("left out: 1 where Financial Status is 'pending'", ran.Ran.Out, StringComparison.Ordinal);
        Assert.Contains("left out: 1 where Email is empty", ran.Ran.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rejected_order_of_several_rows_can_be_imported_again()
    {
        await using var server = await StandIn.Start();
        using var files = new Files();
        var orders = files.Write("orders.csv",
            "Name,Email,Financial Status,Paid at,Currency,Subtotal,Total,Lineitem sku",
            "bad 1,ann@example.com,paid,2026-01-05 10:00:00 -0500,USD,100.00,120.00,MUG",
            "bad 1,,,,,,,TEA",
            "bad 1,,,,,,,POT");
        var rejects = Path.Combine(files.Path, "rejects.csv");
        string[] import = ["import", "--program", StandIn.Program, "--preset", "shopify-orders", "--actions"];

        var first = await Ran.Command(server, [.. import, orders, "--rejects", rejects]);
        var mended = (await File.ReadAllTextAsync(rejects, TestContext.Current.CancellationToken)).Replace("\nbad 1,", "\n#1,", StringComparison.Ordinal);
        var second = await Ran.Command(server, [.. import, files.Write("mended.csv", mended.TrimEnd('\n'))]);

        Assert.Equal((1, 0), (first.ExitCode, second.ExitCode));
        Assert.Equal(["MUG", "TEA", "POT"], server.Received.Single().GetProperty("product_ids").EnumerateArray().Select(product => product.GetString()));
    }

    // Events of a source name an order by its number in Shopify, and so does the import: what came by one is known by the other (X10).
    [Fact]
    public async Task X10_shopify_orders_have_the_ids_that_its_events_name()
    {
        var ran = await Import("shopify-orders",
            "Name,Email,Financial Status,Paid at,Currency,Subtotal,Total,Lineitem name,Refunded Amount,Id",
            "#1001,ann@example.com,paid,2026-01-05 10:00:00 -0500,USD,100.00,120.00,Mug,0.00,820982911",
            "#1001,ann@example.com,,,,,,Tea,,",
            "#1002,ann@example.com,refunded,2026-01-05 10:00:00 -0500,USD,25.00,25.00,Mug,25.00,820982912",
            "#1002,ann@example.com,,,,,,Pot,,820982912",
            "#1003,ann@example.com,paid,2026-01-05 10:00:00 -0500,USD,25.00,25.00,Mug,0.00,");

        Assert.Equal(
            [
                """{"action_id":"gid://shopify/Order/820982911","type":"sale","referee_id":"ann@example.com","occurred_at":"2026-01-05T15:00:00Z","amount_minor":12000,"base_minor":10000,"currency":"USD","product_ids":["Mug","Tea"]}""",
                """{"action_id":"gid://shopify/Order/820982912","type":"sale","referee_id":"ann@example.com","occurred_at":"2026-01-05T15:00:00Z","amount_minor":2500,"base_minor":2500,"currency":"USD","product_ids":["Mug","Pot"]}""",
                """{"action_id":"gid://shopify/Order/820982912:refund","type":"refund","referee_id":"ann@example.com","amount_minor":2500,"currency":"USD","refund_of":"gid://shopify/Order/820982912"}""",
                """{"action_id":"#1003","type":"sale","referee_id":"ann@example.com","occurred_at":"2026-01-05T15:00:00Z","amount_minor":2500,"base_minor":2500,"currency":"USD","product_ids":["Mug"]}""",
            ],
            ran.Sent);
    }

    [Fact]
    public async Task X1_woocommerce_orders_are_of_the_shop_s_zone_and_earn_nothing_on_tax_and_shipping()
    {
        var ran = await Import("woocommerce-orders",
            ["--time-zone", "Europe/Berlin"],
            "order_id,order_number,order_date,paid_date,status,shipping_total,shipping_tax_total,tax_total,order_total,order_currency,customer_id,customer_email,refunded_total",
            "31,31,2026-07-01 10:00:00,2026-07-01 10:01:00,completed,5.00,0.95,19.95,124.95,EUR,7,ann@example.com,0",
            "32,32,2026-07-02 10:00:00,,refunded,0.00,0.00,0.00,50.00,EUR,8,bob@example.com,",
            "33,33,2026-07-03 10:00:00,,cancelled,0.00,0.00,0.00,50.00,EUR,8,bob@example.com,",
            "34,34,2026-07-04 10:00:00,,completed,5.00,0.95,19.95,20.00,EUR,8,bob@example.com,0", // A gift card paid the rest.
            "35,35,2026-07-05 10:00:00,,completed,-5.00,0.00,0.00,20.00,EUR,8,bob@example.com,0");

        Assert.Equal(
            [
                """{"action_id":"31","type":"sale","referee_id":"ann@example.com","occurred_at":"2026-07-01T08:01:00Z","amount_minor":12495,"base_minor":10000,"currency":"EUR"}""",
                """{"action_id":"32","type":"sale","referee_id":"bob@example.com","occurred_at":"2026-07-02T08:00:00Z","amount_minor":5000,"base_minor":5000,"currency":"EUR"}""",
                """{"action_id":"32:refund","type":"refund","referee_id":"bob@example.com","amount_minor":5000,"currency":"EUR","refund_of":"32"}""",
                """{"action_id":"34","type":"sale","referee_id":"bob@example.com","occurred_at":"2026-07-04T08:00:00Z","amount_minor":2000,"base_minor":0,"currency":"EUR"}""",
                """{"action_id":"35","type":"sale","referee_id":"bob@example.com","occurred_at":"2026-07-05T08:00:00Z","amount_minor":2000,"base_minor":2000,"currency":"EUR"}""",
            ],
            ran.Sent);
    }

    [Fact]
    public async Task Woocommerce_orders_without_a_zone_stop_before_anything_is_sent()
    {
        var ran = await Import("woocommerce-orders",
            "order_id,order_date,status,order_total,order_currency,customer_email", "31,2026-07-01 10:00:00,completed,5.00,EUR,ann@example.com");

        Assert.Empty(ran.Sent);
        Assert.Contains("line 2, column 2 (order_date): '2026-07-01 10:00:00' is not a time such as 2010-12-01T08:26:00Z; if only its offset is missing, say --time-zone", ran.Ran.Line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task X1_stripe_invoices_count_when_they_are_paid_and_earn_nothing_on_tax()
    {
        var ran = await Import("stripe-invoices",
            "id,Amount Due,Amount Paid,Currency,Customer,Date (UTC),Number,Paid,Subscription,Subtotal,Tax,Total,Status",
            "in_1,60.00,60.00,usd,cus_1,2026-01-31 23:59,A-1,true,sub_1,50.00,10.00,60.00,paid",
            "in_2,60.00,0.00,usd,cus_1,2026-02-28 23:59,A-2,false,sub_1,50.00,10.00,60.00,open",
            "in_3,60.00,15.01,usd,cus_1,2026-03-31 23:59,A-3,true,sub_1,50.00,10.00,60.00,paid", // The rest was paid by a balance.
            "in_4,60.00,0.00,usd,cus_1,2026-04-30 23:59,A-4,true,sub_1,50.00,10.00,60.00,paid",
            "in_5,60.00,,usd,cus_1,2026-05-31 23:59,A-5,true,sub_1,50.00,10.00,60.00,paid");

        Assert.Equal(
            [
                """{"action_id":"in_1","type":"sale","referee_id":"cus_1","occurred_at":"2026-01-31T23:59:00Z","amount_minor":6000,"base_minor":5000,"currency":"USD"}""",
                """{"action_id":"in_3","type":"sale","referee_id":"cus_1","occurred_at":"2026-03-31T23:59:00Z","amount_minor":1501,"base_minor":1251,"currency":"USD"}""",
                """{"action_id":"in_4","type":"sale","referee_id":"cus_1","occurred_at":"2026-04-30T23:59:00Z","amount_minor":0,"base_minor":0,"currency":"USD"}""",
                """{"action_id":"in_5","type":"sale","referee_id":"cus_1","occurred_at":"2026-05-31T23:59:00Z","amount_minor":6000,"base_minor":5000,"currency":"USD"}""",
            ],
            ran.Sent);
        Assert.Contains("left out: 1 where Status is 'open'", ran.Ran.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stripe_balance_has_sales_refunds_and_disputes_with_what_undoes_them()
    {
        var ran = await Import("stripe-balance",
            "balance_transaction_id,created_utc,currency,gross,fee,net,reporting_category,source_id,customer_id,charge_id,invoice_id",
            "txn_1,2026-01-01 10:00:00,usd,49.00,1.72,47.28,charge,ch_1,cus_1,ch_1,",
            "txn_2,2026-01-02 10:00:00,jpy,500,20,480,charge,ch_2,cus_2,ch_2,in_2",
            "txn_3,2026-01-03 10:00:00,usd,-9.00,0.00,-9.00,refund,re_1,cus_1,ch_1,",
            "txn_4,2026-01-04 10:00:00,usd,9.00,0.00,9.00,refund_failure,re_1,cus_1,ch_1,",
            "txn_5,2026-01-05 10:00:00,jpy,-500,0,-500,dispute,dp_1,cus_2,ch_2,in_2",
            "txn_6,2026-01-06 10:00:00,jpy,500,0,500,dispute_reversal,dp_1,cus_2,ch_2,in_2",
            "txn_7,2026-01-07 10:00:00,usd,-40.00,0.00,-40.00,payout,po_1,,,");

        Assert.Equal(
            [
                """{"action_id":"ch_1","type":"sale","referee_id":"cus_1","occurred_at":"2026-01-01T10:00:00Z","amount_minor":4900,"currency":"USD"}""",
                """{"action_id":"in_2","type":"sale","referee_id":"cus_2","occurred_at":"2026-01-02T10:00:00Z","amount_minor":500,"currency":"JPY"}""",
                """{"action_id":"re_1","type":"refund","referee_id":"cus_1","occurred_at":"2026-01-03T10:00:00Z","amount_minor":900,"currency":"USD","refund_of":"ch_1"}""",
                """{"action_id":"txn_4","type":"refund_failed","referee_id":"cus_1","occurred_at":"2026-01-04T10:00:00Z","amount_minor":900,"currency":"USD","refund_of":"re_1"}""",
                """{"action_id":"dp_1","type":"chargeback","referee_id":"cus_2","occurred_at":"2026-01-05T10:00:00Z","amount_minor":500,"currency":"JPY","chargeback_of":"in_2"}""",
                """{"action_id":"txn_6","type":"chargeback_won","referee_id":"cus_2","occurred_at":"2026-01-06T10:00:00Z","amount_minor":500,"currency":"JPY","chargeback_of":"dp_1"}""",
            ],
            ran.Sent);
        Assert.Contains("left out: 1 where reporting_category is 'payout'", ran.Ran.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Map_file_names_columns_and_takes_negative_rows_for_refunds()
    {
        using var files = new Files();
        var map = files.Write("map.json", """
            {
              "columns": { "action_id": "Beleg", "referee_id": "Kunde", "occurred_at": "Datum", "amount_minor": "Betrag", "refund_of": "Zu" },
              "decimals": "comma", "negative": "refund", "times": ["dd.MM.yyyy HH:mm"], "time_zone": "Europe/Berlin"
            }
            """);

        var ran = await Import(null, ["--map", map], "Beleg;Kunde;Datum;Betrag;Zu;Lager", "R1;k1;31.01.2026 12:00;49,00;;x", "G1;k1;01.02.2026 12:00;-9,00;R1;x");

        Assert.Equal(
            [
                """{"action_id":"R1","type":"sale","referee_id":"k1","occurred_at":"2026-01-31T11:00:00Z","amount_minor":4900}""",
                """{"action_id":"G1","type":"refund","referee_id":"k1","occurred_at":"2026-02-01T11:00:00Z","amount_minor":900,"refund_of":"R1"}""",
            ],
            ran.Sent);
    }

    [Fact]
    public async Task Word_that_a_map_does_not_know_is_one_slip_and_stops_the_import()
    {
        using var files = new Files();
        var map = files.Write("map.json", """
            {
              "columns": { "action_id": "id", "referee_id": "who", "occurred_at": "when", "amount_minor": "sum" },
              "types": { "column": "kind", "values": { "order": "sale", "note": null } }
            }
            """);

        var ran = await Import(null, ["--map", map], "id,kind,who,when,sum", "1,Order,c,2026-01-01T00:00:00Z,5", "2,note,c,2026-01-01T00:00:00Z,5", "3,gift,c,2026-01-01T00:00:00Z,5");

        Assert.Empty(ran.Sent);
        Assert.EndsWith("line 4, column 2 (kind): the map says nothing about 'gift'", ran.Ran.Line, StringComparison.Ordinal);
        Assert.Contains("refused: invalid_field (kind) 1", ran.Ran.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("missing_field", ran.Ran.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refund_whose_time_nobody_knows_stays_with_its_sale_when_sorted()
    {
        var ran = await Import("shopify-orders", ["--sort"],
            "Name,Email,Financial Status,Paid at,Currency,Subtotal,Total,Lineitem name,Refunded Amount",
            "#2,ann@example.com,refunded,2026-01-06 10:00:00 +0000,USD,10.00,10.00,Mug,10.00",
            "#1,ann@example.com,refunded,2026-01-05 10:00:00 +0000,USD,10.00,10.00,Mug,10.00");

        Assert.Equal(["#1", "#1:refund", "#2", "#2:refund"], ran.Sent.Select(action => JsonDocument.Parse(action).RootElement.GetProperty("action_id").GetString()));
    }

    [Theory]
    [InlineData("""{"columns":{"action_id":"a"},"colour":1}""", "is not a map: ")]
    [InlineData("""{"columns":{"amount":"a"}}""", "there is no field 'amount'; there are action_id, type,")]
    [InlineData("""{"columns":{"action_id":"a"}}""", "the map says no column for referee_id")]
    [InlineData("""{"columns":null}""", "is not a map: ")]
    [InlineData("""{"columns":{"action_id":null}}""", "is not a map: ")]
    [InlineData("""{"columns":{"action_id":["a",null]}}""", "is not a map: null says nothing but in the values of types")]
    [InlineData("""{"columns":{"action_id":"a"},"subtract":[null]}""", "is not a map: null says nothing but in the values of types")]
    [InlineData("""{"columns":{"action_id":"a"},"columns_of":{"refund":null}}""", "is not a map: null says nothing but in the values of types")]
    [InlineData("""{"columns":{"action_id":"a"},"types":{"column":"a"}}""", "is not a map: ")]
    [InlineData("""{"columns":{"action_id":"a"},"decimals":7}""", "is not a map: ")]
    [InlineData("""{"columns":{"action_id":"a"},"columns_of":{"refnd":{"action_id":"b"}}}""", "there is no type 'refnd'; there are sale, refund,")]
    [InlineData("""{"columns":{"action_id":"a"},"types":{"column":"a","values":{"x":"sold","y":null}}}""", "there is no type 'sold'; there are sale, refund,")]
    [InlineData("""{"columns":{"action_id":"a"},"skip_without":["referee"]}""", "there is no field 'referee'; there are action_id, type,")]
    [InlineData("""{"columns":{"action_id":"a","referee_id":"b","occurred_at":"c","amount_minor":["d","e"]}}""", "line 1, column 4 ('d' or 'e'): this column is missing (it is the amount_minor)")]
    public async Task Map_that_does_not_fit_is_one_line(string json, string expected)
    {
        using var files = new Files();

        var ran = await Import(null, ["--map", files.Write("map.json", json)], "a,b,c", "1,2,2026-01-01T00:00:00Z");

        Assert.Empty(ran.Sent);
        Assert.Contains(expected, ran.Ran.Line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--preset", "paypal", "there is no preset 'paypal'; there are shopify-orders, stripe-balance, stripe-invoices, woocommerce-orders")]
    [InlineData("--time-zone", "Mars/Olympus", "there is no time zone 'Mars/Olympus'")]
    public async Task Unknown_word_is_one_line_that_says_what_there_is(string option, string value, string expected)
    {
        var ran = await Import(null, [option, value], "action_id,type,referee_id", "a1,sale,c");

        Assert.Equal("grains: " + expected, ran.Ran.Line[..("grains: " + expected).Length]);
    }

    private static Task<(Ran Ran, IReadOnlyList<string> Sent)> Import(string preset, params string[] lines) => Import(preset, [], lines);

    private static async Task<(Ran Ran, IReadOnlyList<string> Sent)> Import(string? preset, string[] options, params string[] lines)
    {
        await using var server = await StandIn.Start();
        using var files = new Files();
        var ran = await Ran.Command(
            server, ["import", "--program", StandIn.Program, "--actions", files.Write("export.csv", lines), .. preset is null ? [] : (string[])["--preset", preset], .. options]);
        return (ran, [.. server.Received.Select(action => JsonSerializer.Serialize(action, readable).Replace("\"program_id\":\"classic10\",", "", StringComparison.Ordinal))]);
    }
}
