namespace Cli.Tests;

public sealed class PayoutsTests
{
    private const string Frozen = """
        {"id":"b","status":"frozen","delivery":"stripe","drawn_by":"key_1","scheduled":false,"second_person":true,"drawn_at":"2026-11-28T00:00:00Z","hash":"abc",
         "totals":[{"currency":"GBP","items":3,"amount_minor":12345,"paid_items":0,"paid_minor":0,"open":3,"failed":0,"in_review":0}],"items":{"data":[],"has_more":false}}
        """;

    private const string Sending = """
        {"id":"b","status":"sending","delivery":"stripe","drawn_by":"key_1","approved_by":"key_2","seconds_left":80,
         "totals":[{"currency":"GBP","items":3,"amount_minor":12345,"paid_items":1,"paid_minor":4115,"open":1,"failed":1,"in_review":0}]}
        """;

    [Fact]
    public async Task Preview_says_what_would_be_paid_who_is_left_out_and_what_is_new()
    {
        await using var server = await StandIn.Start();
        server.Answers["POST /v1/payout_batches"] = new(200, """
            {"status":"draft","totals":[],"preview":{"last_batch":"a","items":[],"left_out":[],"currencies":[
             {"currency":"GBP","items":2,"amount_minor":1500,"left_out":{"below_minimum":3,"no_account":1},"left_out_minor":700,"rolls_over_minor":0,
              "since_last":{"items":-1,"amount_minor":500,"new_referrers":1,"gone_referrers":2}}]}}
            """);

        var ran = await Ran.Command(server, "payouts", "preview");

        Assert.Equal(
            """
            GBP: 2 referrers, 1,500 (minor units)
              left out, below minimum: 3
              left out, no account: 1
              they have 700, which rolls over
              since a: -1 items, +500; 1 new, 2 gone

            """,
            ran.Out);
        Assert.Equal((0, ""), (ran.ExitCode, ran.Error));
    }

    [Fact]
    public async Task Create_waits_until_the_batch_can_be_approved_and_says_how()
    {
        await using var server = await StandIn.Start();
        server.Answers["POST /v1/payout_batches"] = new(201, """{"id":"b","status":"draft"}""");
        server.Answers["GET /v1/payout_batches/b"] = new(200, Frozen);

        var ran = await Ran.Command(server, "payouts", "create", "--id", "b", "--delivery", "stripe");

        Assert.Equal(
            """
            b: frozen, stripe, drawn up by key_1
              GBP: 3 items, 12,345 (minor units); paid 0, 0; 3 in transit
              to approve it: grains payouts approve b --hash abc

            """,
            ran.Out);
    }

    [Fact]
    public async Task Status_of_a_batch_that_is_being_sent_says_how_long_is_left()
    {
        await using var server = await StandIn.Start();
        server.Answers["GET /v1/payout_batches/b"] = new(200, Sending);

        var ran = await Ran.Command(server, "payouts", "status", "b");

        Assert.Equal(
            """
            b: sending, stripe, drawn up by key_1, approved by key_2
              GBP: 3 items, 12,345 (minor units); paid 1, 4,115; 1 in transit; 1 failed
              0:01:20 left at the rate that Stripe allows

            """,
            ran.Out);
    }

    [Theory]
    [InlineData("""{"id":"b","status":"sending","delivery":"outside","drawn_by":"key_1","totals":[]}""", "  each of its items is paid by hand: confirm it with a reference, or release it\n", "status", "b", "--watch")]
    [InlineData("""{"id":"b","status":"frozen","delivery":"stripe","drawn_by":"key_1","hash":"abc","totals":[]}""", "  it pays nobody: grains payouts preview says who is left out, and why\n", "create", "--id", "b")]
    public async Task What_waits_for_a_person_or_pays_nobody_is_not_waited_for(string batch, string said, params string[] command)
    {
        await using var server = await StandIn.Start();
        server.Answers["POST /v1/payout_batches"] = new(201, """{"id":"b","status":"draft"}""");
        server.Answers["GET /v1/payout_batches/b"] = new(200, batch);

        Assert.Contains(said, (await Ran.Command(server, ["payouts", .. command])).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_is_approved_without_the_hash_of_what_was_looked_at()
    {
        await using var server = await StandIn.Start();
        server.Answers["POST /v1/payout_batches/b/approve"] = new(409, """{"type":"/docs/errors#payout_hash_differs","title":"differs","status":409,"code":"payout_hash_differs","request_id":"req_1","detail":"What is approved is not what the batch pays by now: look at it again."}""");

        Assert.Equal(2, (await Ran.Command(server, "payouts", "approve", "b")).ExitCode);
        var ran = await Ran.Command(server, "payouts", "approve", "b", "--hash", "old");
        Assert.Equal(1, ran.ExitCode);
        Assert.Contains("409 payout_hash_differs", ran.Line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Export_writes_the_table_as_it_came()
    {
        await using var server = await StandIn.Start();
        server.Answers["GET /v1/payout_batches/b"] = new(200, "item_id,referrer_id\r\nitem_1,ann\r\n");

        Assert.Equal("item_id,referrer_id\r\nitem_1,ann\r\n", (await Ran.Command(server, "payouts", "export", "b")).Out);

        var file = Path.Combine(Directory.CreateTempSubdirectory("rg-payouts-").FullName, "b.csv");
        Assert.Equal($$"""{"written":"{{file}}"}""" + "\n", (await Ran.Command(server, "payouts", "export", "b", "--out", file, "--json")).Out);
    }

    [Fact]
    public async Task Reverse_asks_for_an_amount_back_and_says_how_far_it_is()
    {
        await using var server = await StandIn.Start();
        server.Answers["POST /v1/payout_batches/b/items/item_1/reverse"] = new(
            201, """{"reversal_id":"back","item_id":"item_1","currency":"GBP","amount_minor":1500,"state":"rejected","code":"balance_insufficient"}""");

        Assert.Equal(2, (await Ran.Command(server, "payouts", "reverse", "b", "item_1", "--id", "back", "--amount", "1500")).ExitCode);
        var ran = await Ran.Command(server, "payouts", "reverse", "b", "item_1", "--id", "back", "--amount", "1500", "--reason", "a test order");
        Assert.Equal((0, "back: 1,500 GBP (minor units) of item_1, rejected: balance_insufficient\n"), (ran.ExitCode, ran.Out));
    }

    [Fact]
    public async Task Programs_get_the_body_and_nothing_else()
    {
        await using var server = await StandIn.Start();
        server.Answers["POST /v1/payout_batches/b/retry"] = new(200, Sending);

        Assert.Equal(Sending + "\n", (await Ran.Command(server, "payouts", "retry", "b", "--json")).Out);
    }
}
