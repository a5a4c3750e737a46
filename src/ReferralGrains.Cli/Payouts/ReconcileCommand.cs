using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using ReferralGrains.Cli.Api;

namespace ReferralGrains.Cli.Payouts;

/// <summary><c>grains reconcile</c>: does Stripe show what the books say, and nothing else?</summary>
internal static class ReconcileCommand
{
    private static readonly TimeSpan glance = TimeSpan.FromSeconds(1);

    public static Command Build(AccessOptions access, Surroundings around)
    {
        var full = new Option<bool>("--full") { Description = "From the beginning; else the last days." };
        var command = new Command("reconcile", "Compare Stripe with the books; fails on any break that nobody has accepted.") { full };
        command.SetAction(async (parsed, stop) =>
        {
            using var api = new ApiClient(access.Read(parsed));
            var run = (await api.Post("/v1/reconciliation/run", new { full = parsed.GetValue(full) }, stop)).Json();
            var id = run.Text("id") ?? throw new CommandFailed("the server named no run");
            var answer = await Ended(api, id, around, stop);
            var result = answer.Json();
            if (parsed.GetValue(access.Json)) around.Out.WriteLine(answer.Body);
            else Print(result, around.Out);
            return result.Object("run")?.Text("state") switch
            {
                "clean" => CommandLine.Succeeded,
                "failed" => throw new CommandFailed($"Stripe was not asked to the end: {result.Object("run")?.Text("failure")}"),
                _ => throw new CommandFailed(string.Create(CultureInfo.InvariantCulture, $"Stripe and the books differ in {result.Object("run")?.Number("breaks") ?? 0:N0} places")),
            };
        });
        return command;
    }

    private static async Task<ApiAnswer> Ended(ApiClient api, string id, Surroundings around, CancellationToken stop)
    {
        for (var last = ""; ; await Task.Delay(glance, around.Time, stop))
        {
            var answer = await api.Get("/v1/reconciliation?run_id=" + id, stop);
            if (answer.Json().Object("run") is not { } run || run.Text("state") is not ("waiting" or "running")) return answer;
            var now = Progress(run);
            if (around.IsTerminal && now != last) around.Error.WriteLine(now);
            last = now;
        }
    }

    private static string Progress(JsonElement run) => run.Text("state") == "waiting"
        ? $"{run.Text("id")} waits for the process that sends payouts"
        : string.Create(CultureInfo.InvariantCulture, $"{run.Text("id")}: {run.Number("transfers") ?? 0:N0} transfers, back to {run.Text("reached_at") ?? "now"} of {run.Text("covers_from")}");

    private static void Print(JsonElement result, TextWriter output)
    {
        if (result.Object("run") is { } run)
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{run.Text("id")}: {run.Text("state")}, {run.Number("transfers") ?? 0:N0} transfers and {run.Number("items") ?? 0:N0} items{(run.Text("covers_from") is { } from ? $" since {from}" : "")}"));
        foreach (var one in result.Items("breaks"))
            output.WriteLine($"  {one.Text("kind")}: {one.Text("item_id") ?? "-"} {one.Text("transfer_id") ?? "-"} {one.Text("detail")}{(one.Text("accepted_by") is { } by ? $" (accepted by {by})" : "")}");
        if (result.Object("send_gate") is not { } gate) return;
        output.WriteLine(gate.IsTrue("open") ? "Payouts may be sent." : $"Nothing is sent: {gate.Text("shut_because")} ({gate.Text("shut_by")}, {gate.Text("shut_at")}).");
    }
}
