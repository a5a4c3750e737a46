using System.CommandLine;
using System.Text.Json;
using ReferralGrains.Cli.Api;

namespace ReferralGrains.Cli.Ledger;

/// <summary><c>grains ledger check</c>: does every balance equal what the journal says?</summary>
internal static class LedgerCommand
{
    public static Command Build(AccessOptions access, Surroundings around)
    {
        var check = new Command("check", "Recompute every balance from the journal and compare; fails on any difference.");
        check.SetAction(async (parsed, stop) =>
        {
            using var api = new ApiClient(access.Read(parsed));
            var answer = await api.Post("/v1/ledger/check", null, stop);
            var result = answer.Json();
            if (parsed.GetValue(access.Json)) around.Out.WriteLine(answer.Body);
            else Print(result, around.Out);

            var differences = result.Items("differences").Count();
            return result.IsTrue("ok") && differences == 0
                ? CommandLine.Succeeded
                : throw new CommandFailed($"the ledger differs from the journal in {differences:N0} places");
        });
        return new Command("ledger", "Questions about the ledger as a whole.") { check };
    }

    private static void Print(JsonElement result, TextWriter output)
    {
        output.WriteLine(result.IsTrue("ok") ? "The ledger agrees with the journal." : "The ledger DIFFERS from the journal.");
        if (result.Object("checked") is { } counts)
        {
            foreach (var count in counts.EnumerateObject()) output.WriteLine($"  {count.Name.Replace('_', ' ')}: {count.Value.GetRawText()}");
        }

        foreach (var difference in result.Items("differences")) output.WriteLine($"  {difference.Text("what")}: {difference.Text("detail")}");
    }
}
