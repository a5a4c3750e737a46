using System.Diagnostics;
using ReferralGrains.Integration.Tests.Gateway.World;

namespace ReferralGrains.Integration.Tests.Gateway;

/// <summary>What others say of the description: Redocly's linter, in the version that the lock file names, by the rules in redocly.yaml.</summary>
public sealed class LintTests
{
    [Fact]
    public async Task The_description_has_no_errors_and_no_warnings()
    {
        await using var host = await GatewayHost.Start();
        var (linter, folder) = (Path.Combine(Checkout.Folder, "tests", "Integration.Tests", "Gateway", "Lint"), Directory.CreateTempSubdirectory("grains-lint-").FullName);
        try
        {
            var document = Path.Combine(folder, "openapi.json");
            await File.WriteAllTextAsync(document, (await host.Ok("GET", "/openapi/v1.json")).GetRawText(), TestContext.Current.CancellationToken);
            await Run(linter, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund");
            var said = await Run(
                linter, Path.Combine(linter, "node_modules", ".bin", "redocly"), "lint", document, "--config", Path.Combine(Checkout.Folder, "redocly.yaml"), "--format", "summary");
            Assert.Contains("Your API description is valid", said, StringComparison.Ordinal);
            Assert.DoesNotMatch("[1-9][0-9]* warning", said);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<string> Run(string folder, string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["REDOCLY_TELEMETRY"] = "off", ["REDOCLY_SUPPRESS_UPDATE_NOTICE"] = "true", ["NO_COLOR"] = "1" },
        })!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromMinutes(5));
        var said = await output + await errors;
        Assert.True(process.ExitCode == 0, said);
        return said;
    }
}
