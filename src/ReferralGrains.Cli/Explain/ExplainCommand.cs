using System.CommandLine;
using System.Text.Json;
using ReferralGrains.Cli.Api;

namespace ReferralGrains.Cli.Explain;

/// <summary><c>grains explain</c>: why an action was rewarded or was not.</summary>
internal static class ExplainCommand
{
    public static Command Build(AccessOptions access, Surroundings around)
    {
        var action = new Argument<string>("ACTION_ID") { Description = "The id under which the action was sent." };
        var command = new Command("explain", "Explain the decisions that came of an action.") { action };
        command.SetAction(async (parsed, stop) =>
        {
            using var api = new ApiClient(access.Read(parsed));
            var id = parsed.GetValue(action)!;
            var answer = await api.Get($"/v1/actions/{Uri.EscapeDataString(id)}", stop);
            if (answer.IsNotThere) throw new CommandFailed($"there is no action '{id}'");

            var body = answer.Json();
            if (parsed.GetValue(access.Json)) around.Out.WriteLine(answer.Body);
            else Print(body, id, around.Out);
            return CommandLine.Succeeded;
        });
        return command;
    }

    private static void Print(JsonElement action, string id, TextWriter output)
    {
        var waits = action.Text("code") is { } code ? $" ({code})" : "";
        output.WriteLine($"{action.Text("action_id") ?? id}: {action.Text("status")}{waits}");
        var facts = string.Join(", ", Facts(action));
        if (facts.Length > 0) output.WriteLine($"  {facts}");
        PrintReasons(action, "  ", output);
        foreach (var decision in action.Items("decisions")) PrintDecision(decision, output);
        foreach (var conflict in action.Items("conflicts")) output.WriteLine($"  also sent with other content, and refused: {conflict.GetRawText()}");
    }

    private static IEnumerable<string> Facts(JsonElement action)
    {
        if (action.Text("type") is { } type) yield return type;
        if (action.Number("amount_minor") is { } amount) yield return $"{amount} {action.Text("currency")} (minor units)";
        if (action.Text("referee_id") is { } referee) yield return $"of {referee}";
        if (action.Text("program_id") is { } program) yield return $"in {program}";
        if (action.Text("occurred_at") is { } time) yield return $"at {time}";
        if (action.Text("refund_of") is { } sale) yield return $"takes back {sale}";
        if (action.Text("chargeback_of") is { } charged) yield return $"charges back {charged}";
    }

    private static void PrintDecision(JsonElement decision, TextWriter output)
    {
        var tier = decision.TryGetProperty("tier", out var value) && value.ValueKind != JsonValueKind.Null ? $", tier {value.GetRawText()}" : "";
        output.WriteLine($"  rule {decision.Text("rule_id")} version {decision.Number("rule_version")}{tier}: {decision.Text("code")}");
        if (decision.Object("reward") is { } reward)
            output.WriteLine($"    reward {reward.Text("id")}: {reward.Number("amount_minor")} {reward.Text("asset")} (minor units), {reward.Text("state")}");
        PrintReasons(decision, "    ", output);
    }

    private static void PrintReasons(JsonElement decided, string indent, TextWriter output)
    {
        foreach (var reason in decided.Items("because"))
            output.WriteLine($"{indent}- {(reason.ValueKind == JsonValueKind.String ? reason.GetString() : reason.GetRawText())}");
    }
}
