using System.Globalization;
using System.Text.Json.Nodes;

namespace Torture;

/// <summary>A batch of payouts, from what is owed to the last penny that came back, and the person who looks after it.</summary>
internal sealed class Payouts(Plan plan, Caller admin, Caller finance, StripeStandin stripe, LogFile log, TimeProvider time)
{
    private const string Batch = "torture";
    private const string Path = "/v1/payout_batches/" + Batch;
    private const int AtOnce = 8;
    private const int Page = 100;
    private static readonly TimeSpan pause = TimeSpan.FromMilliseconds(500);

    // Nothing is paid for as long as a silo that sends is stopped; nothing lasts as long as this.
    private static readonly TimeSpan patience = TimeSpan.FromMinutes(10);

    private long movedAt = time.GetTimestamp();

    /// <summary>Where the batch stands, for who watches.</summary>
    public string Status { get; private set; } = "";

    /// <summary>Referrers with an account each, and something owed to them.</summary>
    public Task Prepare(CancellationToken stop) => Each(Enumerable.Range(0, plan.PayoutItems), async (i, token) =>
    {
        var (referrer, minor) = (string.Create(CultureInfo.InvariantCulture, $"pay-r{i}"), 1_000 + (i % 977));
        var account = stripe.AddAccount();
        await admin.Ok("/v1/referrers", new JsonObject { ["id"] = referrer, ["cash_opt_in"] = true }, token, i);
        await finance.Ok($"/v1/referrers/{referrer}/payout_account", new JsonObject { ["stripe_account_id"] = account }, token, i, HttpMethod.Put);
        log.Write(new() { ["k"] = "owed", ["referrer"] = referrer, ["account"] = account, ["minor"] = minor });
        await admin.Ok($"/v1/referrers/{referrer}/entries", new JsonObject { ["entry_id"] = referrer, ["asset"] = "GBP", ["amount_minor"] = minor, ["reason"] = "torture" }, token, i);
    }, stop);

    /// <summary>Draws a batch up, approves it and waits until all of it is paid; then asks some of it back.</summary>
    public async Task Run(CancellationToken stop)
    {
        await finance.Ok("/v1/payout_batches", new JsonObject { ["id"] = Batch }, stop);
        if (!await Pay(stop)) return;
        var items = await Items(stop);
        await AskBack([.. items.Take(plan.AskedBack)], stop);
        foreach (var item in items.Skip(plan.AskedBack).Take(plan.TakenBackOutside)) await TakeBack(item, stop);
        Status = "done";
    }

    private async Task<bool> Pay(CancellationToken stop)
    {
        var before = "";
        while (true)
        {
            var batch = await finance.Ok($"{Path}?limit=1", null, stop);
            var total = batch["totals"]!.AsArray().FirstOrDefault();
            Status = string.Create(CultureInfo.InvariantCulture, $"{(string)batch["status"]!} {(int?)total?["paid_items"] ?? 0}");
            if (Status != before) (before, movedAt) = (Status, time.GetTimestamp());
            await OpenGate(stop);
            switch ((string)batch["status"]!)
            {
                case "frozen":
                    await Step("approve", new() { ["hash"] = (string)batch["hash"]! }, stop);
                    break;
                case "awaiting_funds":
                    await Step("retry", [], stop);
                    break;
                case "settled" when (int)total!["paid_items"]! == (int)total["items"]!:
                    Ended("settled", null);
                    return true;
                case "settled":
                    if ((int)total["failed"]! > 0) await Step("retry", [], stop);
                    if ((int)total["in_review"]! > 0) await SendAgain(stop);
                    break;
                case "review" or "cancelled":
                    Ended((string)batch["status"]!, (string?)batch["why"]);
                    return false;
            }

            if (IsStuck("paying", Status)) return false;
            await Task.Delay(pause, time, stop);
        }
    }

    // Somebody else's step came first: it is looked at again.
    private async Task Step(string step, JsonObject body, CancellationToken stop)
    {
        var answer = await finance.Send(HttpMethod.Post, $"{Path}/{step}", body.ToJsonString(), 1, stop);
        if (!answer.IsOk && answer.Status != 409) throw new TortureException($"{step} -> {answer.Status} {answer.Body}");
    }

    // Three keys of one item can all meet an error that is saved, or want of money; then a person says to go on, when it is quiet.
    private async Task SendAgain(CancellationToken stop)
    {
        foreach (var item in (await Items(stop)).Where(static one => (string?)one["state"] == "review"))
            await Step($"items/{item["id"]}/resolve", new() { ["decision"] = "send_again", ["reason"] = "torture" }, stop);
    }

    // Nothing of what is done to it here may shut it.
    private async Task OpenGate(CancellationToken stop)
    {
        var gate = (await finance.Ok("/v1/reconciliation", null, stop))["send_gate"]!;
        if ((bool)gate["open"]!) return;
        log.Write(new() { ["k"] = "gate", ["why"] = (string?)gate["shut_because"] });
        await finance.Ok("/v1/send_gate/open", new JsonObject { ["reason"] = "torture" }, stop);
    }

    private async Task AskBack(IReadOnlyList<JsonNode> items, CancellationToken stop)
    {
        Status = "asking back";
        await Each(items, async (item, token) =>
        {
            var (reversal, minor) = ($"back-{item["id"]}", ((long)item["amount_minor"]! / 3) + 1);
            log.Write(new() { ["k"] = "asked_back", ["reversal"] = reversal, ["referrer"] = (string?)item["referrer_id"], ["minor"] = minor });
            var body = new JsonObject { ["reversal_id"] = reversal, ["amount_minor"] = minor, ["reason"] = "torture" };
            for (var i = 0; i < 2; i++) await finance.Ok($"{Path}/items/{item["id"]}/reverse", body.DeepClone(), token, i);
        }, stop);
        movedAt = time.GetTimestamp();
        var open = items.ToList();
        while (open.Count > 0 && !IsStuck("asking back", $"{open.Count} reversals"))
        {
            foreach (var item in open.ToList())
            {
                var reversal = (await finance.Ok($"{Path}/items/{item["id"]}/reversals", null, stop))["data"]!.AsArray().Single()!;
                if ((string)reversal["state"]! is not ("made" or "rejected")) continue;
                log.Write(new() { ["k"] = "came_back", ["reversal"] = (string?)reversal["reversal_id"], ["state"] = (string?)reversal["state"] });
                open.Remove(item);
                movedAt = time.GetTimestamp();
            }

            Status = string.Create(CultureInfo.InvariantCulture, $"asking {open.Count} back");
            await Task.Delay(pause, time, stop);
        }
    }

    private async Task TakeBack(JsonNode item, CancellationToken stop)
    {
        var minor = ((long)item["amount_minor"]! / 4) + 1;
        log.Write(new() { ["k"] = "taken_outside", ["referrer"] = (string?)item["referrer_id"], ["minor"] = minor });
        await stripe.TakeBack((string)item["transfer"]!, minor, stop);
    }

    private async Task<List<JsonNode>> Items(CancellationToken stop)
    {
        var all = new List<JsonNode>();
        for (var after = ""; ;)
        {
            var page = (await finance.Ok($"{Path}?limit={Page}{after}", null, stop))["items"]!;
            all.AddRange(page["data"]!.AsArray().Select(static one => one!));
            if (page["has_more"] is null || !(bool)page["has_more"]!) return all;
            after = $"&starting_after={Uri.EscapeDataString((string)all[^1]["id"]!)}";
        }
    }

    private bool IsStuck(string what, string where)
    {
        if (time.GetElapsedTime(movedAt) < patience) return false;
        Ended($"stuck {what}", $"{where} for {patience.TotalMinutes} minutes");
        return true;
    }

    private void Ended(string status, string? why) => log.Write(new() { ["k"] = "batch", ["status"] = status, ["why"] = why });

    private static Task Each<T>(IEnumerable<T> all, Func<T, CancellationToken, ValueTask> act, CancellationToken stop) =>
        Parallel.ForEachAsync(all, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = stop }, act);
}
