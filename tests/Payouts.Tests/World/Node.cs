using System.Diagnostics;

namespace Payouts.Tests.World;

/// <summary>Runs Stripe's own library for Node, which is independent of ours and of Stripe.net.</summary>
internal static class Node
{
    private static readonly string folder = Path.Combine(Checkout.Folder, "tests", "Payouts.Tests", "Node");
    private static readonly Lazy<Task<string?>> missing = new(Install);

    /// <summary>Runs one scenario of <c>contract.mjs</c>. What it asserts, and what it prints, is its own.</summary>
    public static Task<string> Run(string scenario, string address, string account) => Run([scenario, address, account], "");

    /// <summary>Runs one scenario that needs no stand-in, and reads its question.</summary>
    public static Task<string> Ask(string scenario, string question) => Run([scenario], question);

    private static async Task<string> Run(string[] arguments, string input)
    {
        if (await missing.Value is { } why)
        {
            Assert.False(Environment.GetEnvironmentVariable("CI") == "true", why);
            Assert.Skip(why);
        }

        var (status, output) = await Start("node", ["contract.mjs", .. arguments], input);
        Assert.True(status == 0, output);
        return output;
    }

    // A copy of what the lock file names, once for each checkout.
    private static async Task<string?> Install()
    {
        try
        {
            await Start("node", ["--version"], "");
            var installed = Path.Combine(folder, "node_modules", ".package-lock.json");
            if (File.Exists(installed) && File.GetLastWriteTimeUtc(installed) >= File.GetLastWriteTimeUtc(Path.Combine(folder, "package-lock.json"))) return null;
            var (status, output) = await Start("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], "");
            return status == 0 ? null : output;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return "Node is not installed: apt-get install nodejs npm";
        }
    }

    private static async Task<(int Status, string Output)> Start(string program, string[] arguments, string input)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output + await errors);
    }
}
