using System.Collections.Frozen;
using System.ComponentModel;
using System.Diagnostics;

namespace ReferralGrains.LocalPostgres;

/// <summary>How a program ended, and everything that it printed.</summary>
internal sealed record ProgramOutcome(int ExitCode, string Output)
{
    public bool Succeeded => ExitCode == 0;

    /// <summary>The last lines that it printed, joined to one: what an error message can carry.</summary>
    public string Tail => string.Join("; ", Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).TakeLast(3));
}

/// <summary>Runs one program to its end.</summary>
internal static class PostgresProgram
{
    private const int CannotBeStarted = 127;

    private static readonly FrozenSet<string> Inherited = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase, "PATH", "HOME", "LD_LIBRARY_PATH", "http_proxy", "https_proxy", "no_proxy");

    public static async Task<ProgramOutcome> Run(string file, IEnumerable<string> arguments, CancellationToken stop)
    {
        var start = new ProcessStartInfo(file, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            // initdb and pg_ctl complain about a current folder that their user cannot enter.
            WorkingDirectory = "/",
        };
        Cleanse(start.Environment);

        using var process = new Process { StartInfo = start };
        try
        {
            process.Start();
        }
        catch (Win32Exception missing)
        {
            return new(CannotBeStarted, $"{file}: {missing.Message}");
        }

        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(stop);
        var errors = process.StandardError.ReadToEndAsync(stop);
        try
        {
            await process.WaitForExitAsync(stop);
            return new(process.ExitCode, await output + await errors);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw;
        }
    }

    /// <summary>
    /// A caller's PGPORT, PGOPTIONS or locale must not change what our own server does or says, and our keys are none
    /// of its business. What stays finds programs and, for apt, the way out.
    /// </summary>
    private static void Cleanse(IDictionary<string, string?> environment)
    {
        foreach (var name in environment.Keys.Where(name => !Inherited.Contains(name)).ToArray())
            environment.Remove(name);
        environment["LC_ALL"] = "C";
        environment["DEBIAN_FRONTEND"] = "noninteractive";
    }
}
