using System.Diagnostics;

namespace ReferralGrains.Integration.Tests;

/// <summary>The script <c>grains</c>, as a person runs it.</summary>
public static class GrainsScript
{
    public static Task<(int Code, string Error)> Run(params string[] arguments) => RunIn(Checkout.Folder, arguments);

    public static async Task<(int Code, string Error)> RunIn(string folder, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("bash", [Path.Combine(Checkout.Folder, "grains"), .. arguments])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        await output;
        return (process.ExitCode, error);
    }
}
