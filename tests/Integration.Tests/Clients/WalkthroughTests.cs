using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using ReferralGrains.Integration.Tests.Faults.World;

namespace ReferralGrains.Integration.Tests.Clients;

/// <summary>The pages of docs/walkthrough as they stand there: every command in one shell, and what it prints.</summary>
[Collection(OneServer.Name)]
public sealed partial class WalkthroughTests(LivingServer server)
{
    private const string Mark = "=-=-= end of a block =-=-=";

    private static readonly string[] pages =
        [.. Directory.EnumerateFiles(Path.Combine(Checkout.Folder, "docs", "walkthrough"), "*.md").Select(path => Path.GetFileName(path)!).Where(page => page != "README.md").Order()];

    // Side by side, each in a sandbox of its own: most of the time they wait for its clock.
    [Fact]
    public async Task Each_page_can_be_pasted_and_prints_what_it_says()
    {
        Assert.True(pages.Length > 5);
        await Task.WhenAll(pages.Select(Paste));
    }

    [Fact]
    public void Every_page_is_listed()
    {
        var list = File.ReadAllText(Path.Combine(Checkout.Folder, "docs", "walkthrough", "README.md"));
        Assert.All(pages, page => Assert.Contains($"({page})", list, StringComparison.Ordinal));
    }

    private async Task Paste(string page)
    {
        var blocks = Block().Matches(await File.ReadAllTextAsync(Path.Combine(Checkout.Folder, "docs", "walkthrough", page), TestContext.Current.CancellationToken))
            .Select(block => (Language: block.Groups[1].Value, Text: block.Groups[2].Value)).ToList();
        var script = new StringBuilder("set -euo pipefail\n");
        foreach (var (language, text) in blocks)
            if (language == "bash") script.Append(text).Append("echo '").Append(Mark).Append("'\n");
        var printed = (await Run(script.ToString())).Split(Mark + "\n");

        var commands = 0;
        for (var i = 0; i < blocks.Count; i++)
        {
            if (blocks[i].Language != "bash") continue;
            var expected = i + 1 < blocks.Count && blocks[i + 1].Language == "text" ? blocks[i + 1].Text : "";
            Assert.Equal($"{page}:\n{expected}", $"{page}:\n{printed[commands++]}");
        }

        Assert.True(commands > 1, page);
    }

    private async Task<string> Run(string script)
    {
        using var process = Process.Start(new ProcessStartInfo("bash", ["-c", script])
        {
            WorkingDirectory = Checkout.Folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["GRAINS_URL"] = server.Process.Address.ToString().TrimEnd('/'), ["GRAINS_KEY"] = ServerProcess.AdminKey },
        })!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromMinutes(10));
        Assert.True(process.ExitCode == 0, $"{await errors}\n{await output}");
        return await output;
    }

    [GeneratedRegex("```(\\w+)\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Block();
}
