using System.Globalization;
using System.Text.Json.Nodes;

namespace Torture;

/// <summary>A batch of payouts, from what is owed to the last item that was paid.</summary>
internal sealed class Payouts(Plan plan, Caller admin, Caller finance, StripeStandin stripe, LogFile log, TimeProvider time)
{
    private const string Batch = "torture";
    private const int AtOnce = 8;
    private static readonly TimeSpan pause = TimeSpan.FromMilliseconds(500);

    /// <summary>Where the batch stands, for who watches.</summary>
    public string Status { get; private set; } = "";

    /// <summary>Referrers with an account each, and something owed to them.</summary>
    public Task Prepare(CancellationToken stop) => Parallel.ForEachAsync(
        Enumerable.Range(0, plan.PayoutItems), new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = stop }, async (i, token) =>
        {
            var (referrer, minor) = (string.Create(CultureInfo.InvariantCulture, $"pay-r{i}"), 1_000 + (i % 977));
            var account = stripe.AddAccount();
            await admin.Ok("/v1/referrers", new JsonObject { ["id"] = referrer, ["cash_opt_in"] = true }, token, i);
            await finance.Ok($"/v1/referrers/{referrer}/payout_account", new JsonObject { ["stripe_account_id"] = account }, token, i, HttpMethod.Put);
            log.Write(new() { ["k"] = "owed", ["referrer"] = referrer, ["account"] = account, ["minor"] = minor });
            await admin.Ok($"/v1/referrers/{referrer}/entries", new JsonObject { ["entry_id"] = referrer, ["asset"] = "GBP", ["amount_minor"] = minor, ["reason"] = "torture" }, token, i);
        });

    /// <summary>Draws a batch up, approves it and waits until no item is open.</summary>
    public async Task Run(CancellationToken stop)
    {
        await finance.Ok("/v1/payout_batches", new JsonObject { ["id"] = Batch }, stop);
        while (true)
        {
            var batch = await finance.Ok($"/v1/payout_batches/{Batch}?limit=1", null, stop);
            Status = (string)batch["status"]!;
            if (Status is "settled" or "cancelled" or "review" or "awaiting_funds")
            {
                log.Write(new() { ["k"] = "batch", ["status"] = Status, ["why"] = (string?)batch["why"] });
                return;
            }

            if (Status == "frozen")
            {
                var approval = await finance.Send(HttpMethod.Post, $"/v1/payout_batches/{Batch}/approve", new JsonObject { ["hash"] = (string)batch["hash"]! }.ToJsonString(), 1, stop);
                if (!approval.IsOk && approval.Status != 409) throw new TortureException($"approving the batch -> {approval.Status} {approval.Body}");
            }

            await Task.Delay(pause, time, stop);
        }
    }
}
