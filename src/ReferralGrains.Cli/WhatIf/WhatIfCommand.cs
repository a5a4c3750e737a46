using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using ReferralGrains.Cli.Api;

namespace ReferralGrains.Cli.WhatIf;

/// <summary><c>grains what-if</c>: what a program's history would have cost under a rule that is not saved.</summary>
internal sealed class WhatIfCommand
{
    private readonly Option<string> program = new("--program") { Description = "The program whose history is replayed.", Required = true };

    private readonly Option<string> rule = new("--rule")
    {
        Description = "A JSON file with the rule, as it would be published, or - for standard input. With the id of a rule of the program it stands in for that one, else it runs alone.",
        Required = true,
    };

    private readonly Option<string?> from = new("--from") { Description = "Only sales that occurred from this instant on, such as 2026-01-01T00:00:00Z." };

    private readonly Option<string?> to = new("--to") { Description = "Only sales that occurred before this instant." };

    private readonly Option<int> show = new("--show") { Description = "How many referrers to name, those with the largest differences (1 to 100).", DefaultValueFactory = _ => 20 };

    public static Command Build(AccessOptions access, Surroundings around) => new WhatIfCommand().Command(access, around);

    private Command Command(AccessOptions access, Surroundings around)
    {
        var command = new Command("what-if", "Replay a program's history through a draft rule; nothing is saved.") { program, rule, from, to, show };
        command.SetAction(async (parsed, stop) =>
        {
            var body = new JsonObject { ["program_id"] = parsed.GetValue(program), ["rule"] = await Rule(parsed.GetValue(rule)!, around, stop) };
            if (parsed.GetValue(from) is { } since) body["from"] = since;
            if (parsed.GetValue(to) is { } until) body["to"] = until;
            using var api = new ApiClient(access.Read(parsed));
            JsonElement? result = null;
            await api.PostForLines($"/v1/rules:what_if?limit={parsed.GetValue(show)}", body.ToJsonString(), line => Take(line, around, ref result), stop);
            if (around.IsTerminal) around.Error.WriteLine();
            if (result is not { } found) throw new CommandFailed("the server ended its answer before the result; try again");
            if (parsed.GetValue(access.Json)) around.Out.WriteLine(found.GetRawText());
            else Print(found, around.Out);
            return CommandLine.Succeeded;
        });
        return command;
    }

    private static async Task<JsonNode> Rule(string file, Surroundings around, CancellationToken stop)
    {
        try
        {
            await using var stream = file == "-" ? around.In() : File.OpenRead(file);
            return await JsonNode.ParseAsync(stream, cancellationToken: stop) ?? throw new CommandFailed($"{file} holds no rule");
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new CommandFailed($"the rule in {file} cannot be read: {unreadable.Message.ReplaceLineEndings(" ")}");
        }
    }

    private static void Take(JsonElement line, Surroundings around, ref JsonElement? result)
    {
        if (line.Object("result") is { } found) result = found;
        if (line.Object("error") is { } error) throw new CommandFailed(error.Text("detail") ?? "the replay failed");
        if (around.IsTerminal && line.Object("progress") is { } progress)
            around.Error.Write($"\r{progress.Number("referrers"):N0} of {progress.Number("of_referrers"):N0} referrers, {progress.Number("actions"):N0} actions");
    }

    private static void Print(JsonElement result, TextWriter output)
    {
        var asset = result.Text("asset");
        output.WriteLine($"{result.Number("actions"):N0} actions, in {asset} (minor units); {(result.IsTrue("replaces") ? "the draft stands in for its namesake" : "the draft runs alone")}");
        output.WriteLine($"{"",-8}{"earned",20}{"clawed back",20}{"net",20}");
        foreach (var (name, of) in ((string, string)[])[("as is", "as_is"), ("draft", "draft")])
            if (result.Object(of) is { } sums)
                output.WriteLine($"{name,-8}{sums.Number("earned_minor"),20:N0}{sums.Number("clawed_back_minor"),20:N0}{sums.Number("net_minor"),20:N0}");
        foreach (var referrer in result.Items("referrers"))
        {
            var (asIs, draft) = (referrer.Number("as_is_net_minor") ?? 0, referrer.Number("draft_net_minor") ?? 0);
            output.WriteLine($"  {referrer.Text("referrer_id")}: {asIs:N0} -> {draft:N0} ({(draft < asIs ? "" : "+")}{draft - asIs:N0})");
        }

        if (result.IsTrue("has_more")) output.WriteLine("  and others");
        foreach (var warning in result.Items("warnings")) output.WriteLine($"note: {warning.GetString()}");
    }
}
