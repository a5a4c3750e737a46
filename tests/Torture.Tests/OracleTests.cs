using System.Text.Json.Nodes;

namespace Torture.Tests;

/// <summary>An oracle that finds nothing proves nothing: each kind of damage is done to the logs of a run in which all went well.</summary>
public sealed class OracleTests
{
    [Fact]
    public void Nothing_is_found_where_nothing_is_wrong() => Judged(new Logs()).Is(lost: 0, doubled: 0, overpaid: 0);

    [Fact]
    public void An_action_that_was_acknowledged_and_is_gone_is_lost()
    {
        var logs = new Logs();
        logs.Again("s2")["answer"] = "new";
        Judged(logs).Is(lost: 1, doubled: 0, overpaid: 0);
    }

    [Fact]
    public void An_action_that_was_never_acknowledged_is_lost()
    {
        var logs = new Logs();
        logs.Client.RemoveAll(static line => Is(line, "answer", "s3"));
        Assert.True(Judged(logs).Count(Wrong.Lost) > 0);
    }

    [Fact]
    public void A_penny_that_is_missing_is_lost()
    {
        var logs = new Logs();
        logs.Balance("plain-r0", -1);
        Judged(logs).Is(lost: 1, doubled: 0, overpaid: 0);
    }

    [Fact]
    public void A_penny_too_much_is_doubled()
    {
        var logs = new Logs();
        logs.Balance("plain-r0", +1);
        Judged(logs).Is(lost: 0, doubled: 1, overpaid: 0);
    }

    [Fact]
    public void An_action_that_was_taken_for_new_twice_is_doubled()
    {
        var logs = new Logs();
        logs.Client.Add(logs.Client.First(static line => Is(line, "answer", "s1")).DeepClone().AsObject());
        Judged(logs).Is(lost: 0, doubled: 1, overpaid: 0);
    }

    [Fact]
    public void A_decision_that_changed_is_found()
    {
        var logs = new Logs();
        logs.Again("s1")["decision"] = "enr_1_1 v2 ok rwd_1 100";
        Judged(logs).Is(lost: 1, doubled: 0, overpaid: 0);
    }

    [Fact]
    public void Other_content_under_an_id_that_was_taken_is_found()
    {
        var logs = new Logs();
        logs.Client.Add(new() { ["k"] = "contradicted", ["id"] = "s1", ["http"] = 200 });
        Judged(logs).Is(lost: 0, doubled: 1, overpaid: 0);
    }

    [Fact]
    public void An_item_with_two_live_transfers_is_overpaid()
    {
        var logs = new Logs();
        logs.Stripe.Add(Transfer("tr_2", "item_1", "acct_1", 700, reversed: 0));
        Assert.True(Judged(logs).Count(Wrong.Overpaid) > 0);
    }

    [Fact]
    public void A_batch_that_does_not_come_to_its_end_is_found()
    {
        var logs = new Logs();
        logs.Client.Add(new() { ["k"] = "batch", ["status"] = "review", ["why"] = "several_transfers" });
        Judged(logs).Is(lost: 1, doubled: 0, overpaid: 0);
    }

    [Fact]
    public void A_transfer_that_was_taken_back_is_none()
    {
        var logs = new Logs();
        logs.Stripe.Add(Transfer("tr_2", "item_1", "acct_1", 700, reversed: 700));
        Judged(logs).Is(lost: 0, doubled: 0, overpaid: 0);
    }

    [Fact]
    public void A_transfer_to_a_stranger_is_overpaid()
    {
        var logs = new Logs();
        logs.Stripe.Add(Transfer("tr_3", "item_9", "acct_9", 1, reversed: 0));
        Judged(logs).Is(lost: 0, doubled: 0, overpaid: 1);
    }

    [Fact]
    public void What_the_books_call_paid_and_was_not_is_lost()
    {
        var logs = new Logs();
        logs.Stripe.Clear();
        Assert.Equal(["pay-r0 got 0 of 700", "pay-r0 has paid_minor 700 and should have 0"], Judged(logs).Complaints.Where(static one => one.Kind == Wrong.Lost).Select(static one => one.What).Take(2));
    }

    [Fact]
    public void Somebody_who_was_owed_and_got_less_is_found()
    {
        var logs = new Logs();
        logs.Stripe[0]["minor"] = 699;
        Assert.Equal("pay-r0 got 699 of 700", Judged(logs).Complaints[0].What);
    }

    [Fact]
    public void What_was_asked_back_and_came_back_once_is_as_it_should_be()
    {
        var logs = new Logs();
        logs.AskedBack("made", 200);
        Judged(logs).Is(lost: 0, doubled: 0, overpaid: 0);
    }

    [Fact]
    public void What_was_taken_back_outside_is_in_the_books()
    {
        var logs = new Logs();
        logs.TakenBack(200, reversal: null);
        logs.Client.Add(new() { ["k"] = "taken_outside", ["referrer"] = "pay-r0", ["minor"] = 200 });
        Judged(logs).Is(lost: 0, doubled: 0, overpaid: 0);
        logs.Paid(700, 0);
        Assert.Equal(2, Judged(logs).Complaints.Count);
    }

    [Fact]
    public void What_came_back_twice_is_found()
    {
        var logs = new Logs();
        logs.AskedBack("made", 200);
        logs.TakenBack(200, "back-1");
        Assert.Contains(Judged(logs).Complaints, static one => one is (Wrong.Overpaid, "back-1, made, of 200 took 400 back in 2 times"));
    }

    [Fact]
    public void What_was_refused_and_came_back_is_found()
    {
        var logs = new Logs();
        logs.AskedBack("rejected", 200);
        Assert.Contains(Judged(logs).Complaints, static one => one is (Wrong.Overpaid, "back-1, rejected, of 200 took 200 back in 1 times"));
    }

    [Fact]
    public void What_nobody_asked_back_is_found()
    {
        var logs = new Logs();
        logs.TakenBack(200, "back-2");
        Assert.Contains(Judged(logs).Complaints, static one => one is (Wrong.Overpaid, "back-2 took money back and nobody had asked for it"));
    }

    [Fact]
    public void A_gate_that_nothing_should_have_shut_is_found()
    {
        var logs = new Logs();
        logs.Client.Add(new() { ["k"] = "gate", ["why"] = "1 break" });
        Judged(logs).Is(lost: 1, doubled: 0, overpaid: 0);
    }

    [Theory]
    [InlineData(true, 200, 0, 0)]
    [InlineData(true, 503, 0, 0)]
    [InlineData(true, 400, 1, 0)]
    [InlineData(false, 400, 0, 0)]
    [InlineData(false, 200, 0, 1)]
    public void What_Stripe_tells_is_believed_and_nothing_else(bool isTrue, int status, int lost, int doubled)
    {
        var logs = new Logs();
        logs.Client.Add(new() { ["k"] = "notice", ["id"] = "evt_1", ["true"] = isTrue, ["http"] = status });
        Judged(logs).Is(lost, doubled, overpaid: 0);
    }

    // Of 150 the first two sales take 100 and 50; half of the first comes back and makes room for half of the third's.
    [Fact]
    public void A_budget_of_ones_own_is_reckoned_with_the_room_that_a_refund_gives()
    {
        var logs = new Logs();
        logs.Own(third: 50);
        Judged(logs).Is(lost: 0, doubled: 0, overpaid: 0);
        logs = new Logs();
        logs.Own(third: 60);
        Assert.Equal(2, Judged(logs).Count(Wrong.Doubled));
    }

    [Fact]
    public void A_budget_that_gave_more_than_it_had_is_overpaid()
    {
        var logs = new Logs();
        logs.Client.First(static line => (string?)line["k"] == "budget")["minor"] = 99;
        Judged(logs).Is(lost: 0, doubled: 0, overpaid: 1);
    }

    [Fact]
    public void A_second_discount_is_overpaid()
    {
        var logs = new Logs();
        logs.Client.Add(Logs.Discount("confirm", "confirmed", 100, "i3"));
        Assert.Equal(1, Judged(logs).Count(Wrong.Overpaid));
    }

    [Fact]
    public void A_webhook_that_never_came_is_lost()
    {
        var logs = new Logs();
        logs.Receiver.RemoveAt(1);
        Assert.True(Judged(logs).Count(Wrong.Lost) > 0);
    }

    [Fact]
    public void Webhooks_in_another_order_are_found()
    {
        var logs = new Logs();
        (logs.Receiver[0], logs.Receiver[1]) = (logs.Receiver[1], logs.Receiver[0]);
        Assert.True(Judged(logs).Count(Wrong.Lost) > 0);
    }

    [Fact]
    public void A_webhook_that_came_again_is_as_it_should_be()
    {
        var logs = new Logs();
        logs.Receiver.Add(logs.Receiver[0].DeepClone().AsObject());
        Judged(logs).Is(lost: 0, doubled: 0, overpaid: 0);
    }

    [Fact]
    public void Events_in_an_order_that_the_client_knows_to_be_wrong_are_found_whatever_the_server_calls_them()
    {
        var logs = new Logs();
        var events = logs.Client.Where(static line => (string?)line["k"] == "event").ToList();
        (logs.Receiver[0], logs.Receiver[1]) = (logs.Receiver[1], logs.Receiver[0]);
        (events[0]["id"], events[1]["id"]) = ((string)events[1]["id"]!, (string)events[0]["id"]!);
        Judged(logs).Is(lost: 1, doubled: 0, overpaid: 0);
    }

    [Fact]
    public void Books_that_do_not_agree_are_off()
    {
        var logs = new Logs();
        logs.Client.Add(new() { ["k"] = "ledger", ["ok"] = false });
        Assert.Equal("0 lost, 0 doubled, 0 overpaid, ledger off, seed 7", Judged(logs).LastLine(7));
    }

    // As it reads them: from text.
    private static Verdict Judged(Logs logs) => Oracle.Judge(Written(logs.Client), Written(logs.Receiver), Written(logs.Stripe));

    private static IEnumerable<JsonObject> Written(IEnumerable<JsonObject> lines) => lines.Select(static line => JsonNode.Parse(line.ToJsonString())!.AsObject());

    private static bool Is(JsonObject line, string kind, string id) => (string?)line["k"] == kind && (string?)line["id"] == id;

    private static JsonObject Transfer(string id, string item, string account, long minor, long reversed) =>
        new() { ["k"] = "transfer", ["id"] = id, ["item"] = item, ["account"] = account, ["minor"] = minor, ["reversed"] = reversed };

    /// <summary>A referrer with two sales of which one is refunded, one with a budget, one who is paid, one checkout.</summary>
    private sealed class Logs
    {
        private const int Lane = Plan.StreamLanes;

        public Logs()
        {
            Client.Add(new() { ["k"] = "budget", ["minor"] = 100, ["own"] = 150 });
            Client.Add(new() { ["k"] = "endpoint", ["endpoint"] = "rewards", ["events"] = new JsonArray("reward.payable") });
            foreach (var program in (string[])["plain", "budget", "own"]) Client.Add(new() { ["k"] = "referral", ["referee"] = $"{program}-c0", ["referrer"] = $"{program}-r0" });
            Client.Add(new() { ["k"] = "owed", ["referrer"] = "pay-r0", ["account"] = "acct_1", ["minor"] = 700 });
            Act("s1", "plain", "sale", 1_000, null, 100);
            Act("f1", "plain", "refund", 333, "s1", 0);
            Act("s2", "plain", "sale", 995, null, 100);
            Act("s3", "budget", "sale", 9_000, null, 100);
            foreach (var (what, payment, state, minor) in ((string, string, string, long)[])
                [("quote", "i1", "quoted", 100), ("quote", "i1", "quoted", 100), ("release", "i1", "released", 100), ("quote", "i2", "quoted", 100), ("confirm", "i2", "confirmed", 100), ("confirm", "i2", "confirmed", 100), ("quote", "i3", "none", 0)])
                Client.Add(Discount(what, state, minor, payment));
            foreach (var (referrer, net, paid) in ((string, long, long)[])[("plain-r0", 167, 0), ("budget-r0", 100, 0), ("own-r0", 0, 0), ("pay-r0", 700, 700)])
                Client.Add(new() { ["k"] = "balance", ["referrer"] = referrer, ["net_minor"] = net, ["pending_minor"] = 0L, ["payable_minor"] = net - paid, ["in_transit_minor"] = 0L, ["paid_minor"] = paid });
            Client.Add(new() { ["k"] = "ledger", ["ok"] = true });
            Stripe.Add(Transfer("tr_1", "item_1", "acct_1", 700, reversed: 0));
        }

        public List<JsonObject> Client { get; } = [];

        public List<JsonObject> Receiver { get; } = [];

        public List<JsonObject> Stripe { get; } = [];

        public JsonObject Again(string id) => Client.First(line => Is(line, "again", id));

        public void Balance(string referrer, long by)
        {
            var line = Client.First(line => (string?)line["referrer"] == referrer && (string?)line["k"] == "balance");
            foreach (var name in (string[])["net_minor", "payable_minor"]) line[name] = line[name]!.GetValue<long>() + by;
        }

        public void Paid(long paid, long payable)
        {
            var line = Client.First(static line => (string?)line["referrer"] == "pay-r0" && (string?)line["k"] == "balance");
            (line["paid_minor"], line["payable_minor"]) = (paid, payable);
        }

        public void AskedBack(string state, long minor)
        {
            Client.Add(new() { ["k"] = "asked_back", ["reversal"] = "back-1", ["referrer"] = "pay-r0", ["minor"] = minor });
            Client.Add(new() { ["k"] = "came_back", ["reversal"] = "back-1", ["state"] = state });
            TakenBack(minor, "back-1");
        }

        public void TakenBack(long minor, string? reversal)
        {
            var back = Stripe[0]["back"]?.AsArray() ?? [];
            back.Add((JsonNode)new JsonObject { ["reversal"] = reversal, ["minor"] = minor });
            Stripe[0]["back"] = back.DeepClone();
            Stripe[0]["reversed"] = (long)Stripe[0]["reversed"]! + minor;
            Paid(700 - (long)Stripe[0]["reversed"]!, (long)Stripe[0]["reversed"]!);
        }

        /// <summary>Three sales of 1,000 and a refund of half of the first before the third.</summary>
        public void Own(long third)
        {
            Act("o1", "own", "sale", 1_000, null, 100);
            Act("o2", "own", "sale", 1_000, null, 50);
            Act("o3", "own", "refund", 500, "o1", 0);
            Act("o4", "own", "sale", 1_000, null, third);
            var line = Client.First(static line => (string?)line["referrer"] == "own-r0" && (string?)line["k"] == "balance");
            (line["net_minor"], line["payable_minor"]) = (100 + third, 100 + third);
        }

        public static JsonObject Discount(string what, string state, long minor, string payment) => new()
        {
            ["k"] = "discount",
            ["payment"] = payment,
            ["referee"] = "first-c0",
            ["amount"] = 1_000,
            ["what"] = what,
            ["ok"] = true,
            ["state"] = state,
            ["minor"] = minor,
        };

        private void Act(string id, string program, string type, long minor, string? of, long reward)
        {
            Client.Add(new() { ["k"] = "send", ["id"] = id, ["lane"] = Lane, ["program"] = program, ["type"] = type, ["referee"] = $"{program}-c0", ["minor"] = minor, ["of"] = of });
            foreach (var kind in (string[])["answer", "again"])
            {
                Client.Add(new()
                {
                    ["k"] = kind,
                    ["id"] = id,
                    ["lane"] = Lane,
                    ["status"] = type == "sale" ? "rewarded" : "reversed",
                    ["decision"] = $"enr_1_1 v1 ok rwd_{id} {reward}",
                    ["rewards"] = reward > 0 ? new JsonArray($"rwd_{id}") : [],
                    ["minor"] = reward,
                    ["answer"] = kind == "again" ? "known" : "new",
                });
            }

            if (reward == 0) return;
            Client.Add(new() { ["k"] = "event", ["id"] = $"evt_{id}", ["type"] = "reward.payable" });
            Receiver.Add(new() { ["k"] = "taken", ["endpoint"] = "rewards", ["id"] = $"evt_{id}", ["type"] = "reward.payable", ["reward"] = $"rwd_{id}" });
        }
    }
}

internal static class VerdictChecks
{
    public static void Is(this Verdict verdict, int lost, int doubled, int overpaid) =>
        Assert.Equal((lost, doubled, overpaid, ""), (verdict.Count(Wrong.Lost), verdict.Count(Wrong.Doubled), verdict.Count(Wrong.Overpaid),
            string.Join('\n', verdict.Complaints.Skip(lost + doubled + overpaid).Select(static one => one.What))));
}
