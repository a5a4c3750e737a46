using System.Diagnostics;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ReferralGrains.Integration.Tests.Faults.World;

namespace ReferralGrains.Integration.Tests.Clients;

/// <summary>The examples of docs/clients.md, as they stand there.</summary>
[Collection(OneServer.Name)]
public sealed partial class ClientPageTests(LivingServer server)
{
    // Far more than connections hold: whoever sends all before it reads would stand still.
    private const int Lines = 20_000;

    [Fact]
    public Task The_page_shows_clients_that_work() => Task.WhenAll(
        Works("bash", "run.sh", "bash run.sh"), Works("python", "run.py", "python3 run.py"), Works("javascript", "run.cjs", "node run.cjs"), Works("csharp", "run.cs", "dotnet run run.cs"));

    private async Task Works(string language, string file, string command)
    {
        var shop = await server.OpenShop(refereesEach: 20);
        var folder = Directory.CreateTempSubdirectory("grains-clients-").FullName;
        try
        {
            await File.WriteAllTextAsync(Path.Combine(folder, file), Example(language));
            await File.WriteAllLinesAsync(Path.Combine(folder, "actions.ndjson"), Enumerable.Range(0, Lines).Select(i => shop.Sale(shop.Referees[i % 20], 100).Json));
            var last = (await Run(folder, command)).TrimEnd('\n').Split('\n')[^1];
            Assert.Equal((language, Lines, Lines), (language, (int)JsonNode.Parse(last)!["summary"]!["lines"]!, (int)JsonNode.Parse(last)!["summary"]!["rewarded"]!));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string Example(string language) =>
        Block().Matches(File.ReadAllText(Path.Combine(Checkout.Folder, "docs", "clients.md"))).Single(block => block.Groups[1].Value == language).Groups[2].Value;

    private async Task<string> Run(string folder, string command)
    {
        using var process = Process.Start(new ProcessStartInfo("bash", ["-c", command])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["GRAINS_URL"] = server.Process.Address.ToString().TrimEnd('/'), ["GRAINS_KEY"] = ServerProcess.AdminKey, ["DOTNET_CLI_HOME"] = folder },
        })!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromMinutes(10));
        Assert.True(process.ExitCode == 0, $"{command}: {await errors} {await output}");
        return await output;
    }

    [GeneratedRegex("```(\\w+)\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Block();
}
