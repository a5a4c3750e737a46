using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace ReferralGrains.Integration.Tests.Faults.World;

/// <summary>The real server as a child process, and all that can happen to a process.</summary>
public sealed class ServerProcess : IAsyncDisposable
{
    public const string AdminKey = "rg_test_canarykeycanarykeycanarykeycanarykey0";

    // Where a dozen start at once on two cores, each takes minutes.
    private static readonly TimeSpan toStart = TimeSpan.FromMinutes(4);

    private readonly StringBuilder log = new();
    private readonly Process process;

    private ServerProcess(Process process, int port)
    {
        (this.process, Address) = (process, new($"http://127.0.0.1:{port}"));
        process.OutputDataReceived += (_, line) => Note(line.Data);
        process.ErrorDataReceived += (_, line) => Note(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public Uri Address { get; }

    public int Id => process.Id;

    public bool HasExited => process.HasExited;

    /// <summary>All that it has written so far, to both outputs.</summary>
    public string Log
    {
        get
        {
            lock (log) return log.ToString();
        }
    }

    /// <summary>What it holds of the machine's memory now.</summary>
    public long ResidentBytes
    {
        get
        {
            var line = File.ReadLines($"/proc/{process.Id}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
            return long.Parse(line.AsSpan(6).Trim().TrimEnd("kB").Trim(), CultureInfo.InvariantCulture) * 1024;
        }
    }

    /// <param name="database">Null for a PostgreSQL of its own in <paramref name="folder"/>.</param>
    /// <param name="failpoint">Where it is to die, as <c>commit.before:3</c>.</param>
    /// <param name="role">Null for both.</param>
    /// <param name="demo">Whether it loads the demo.</param>
    /// <param name="settings">Others, as the environment names them.</param>
    public static ServerProcess Launch(
        int port, string folder, string? database, string? failpoint, string? role = null, int? http2Port = null, bool demo = false, IReadOnlyDictionary<string, string>? settings = null)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])[Assembly(), "--port", $"{port}", "--data", folder]) start.ArgumentList.Add(argument);
        if (database is not null)
        {
            start.ArgumentList.Add("--database");
            start.ArgumentList.Add(database);
        }

        if (demo) start.ArgumentList.Add("--demo");
        start.Environment["GRAINS_ROLE"] = role;
        start.Environment["GRAINS_ADMIN_KEY"] = AdminKey;
        start.Environment["GRAINS_POSTGRES_SMALL"] = "1";
        start.Environment["GRAINS_SOURCE_SECRETS"] = SecretsOfSources();
        start.Environment["GRAINS_FAILPOINT"] = failpoint;
        start.Environment["DOTNET_GCgen0size"] = null; // What it may take of the memory is its own.
        start.Environment["GRAINS_HTTP2_PORT"] = http2Port?.ToString(CultureInfo.InvariantCulture);
        foreach (var (name, value) in settings ?? new Dictionary<string, string>()) start.Environment[name] = value;
        return new(Process.Start(start)!, port);
    }

    /// <summary>With what sources of the tests' tenants sign.</summary>
    public const string SourceSecret = "whsec_c291cmNlcyBvZiB0aGUgdGVzdHM=";

    /// <summary>What they sign with after a change.</summary>
    public const string NextSourceSecret = "whsec_dGhlIG5leHQgb2YgdGhlIHRlc3Rz";

    private static string SecretsOfSources()
    {
        var file = Path.Combine(Path.GetTempPath(), "grains-source-secrets.json");
        var tenants = ((string[])["default", "src-stripe", "src-shopify", "src-events", "src-changed", "src-waiting", "src-waiting-not", "src-paged", "src-paged-not", "src-nul", "src-imported", "src-known", "src-known-shop", "src-known-events", "src-plans", "src-shown", "src-again", "src-late", "src-last", "src-first", "src-between", "sourced", "ours", "theirs", "seen", "unnamed"])
            .ToDictionary(tenant => tenant, _ => new Dictionary<string, string[]> { ["shop"] = ["the one before it", SourceSecret], ["shop-next"] = [NextSourceSecret] });

        // Another server may be reading it just now.
        var whole = Path.GetTempFileName();
        File.WriteAllText(whole, System.Text.Json.JsonSerializer.Serialize(tenants));
        File.Move(whole, file, overwrite: true);
        return file;
    }

    /// <summary>Waits until work may be sent.</summary>
    public async Task Ready()
    {
        using var api = new Api(Address);
        await Eventually.Holds("the server is ready", async () =>
        {
            Assert.False(HasExited, $"The server ended while it was waited for:\n{Log}");

            // To be asked is work for a process that has enough to do.
            return Log.Contains($"ready on {Address.GetLeftPart(UriPartial.Authority)}", StringComparison.Ordinal) && await api.Try("/health/ready") is { Status: 200 };
        }, toStart);
    }

    /// <summary>Waits until it has ended.</summary>
    /// <returns>Its exit code; 137 after <see cref="Kill9"/>.</returns>
    public async Task<int> Exit(TimeSpan? within = null)
    {
        using var limit = new CancellationTokenSource(within ?? Eventually.Patience);
        try
        {
            await process.WaitForExitAsync(limit.Token);
            return process.ExitCode;
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"The server has not ended in time:\n{Log}");
        }
    }

    /// <summary>As a power cut does it: nothing is finished.</summary>
    public async Task Kill9()
    {
        process.Kill();
        await process.WaitForExitAsync();
    }

    /// <summary>Asks it to end cleanly.</summary>
    public void Term() => Signal("TERM");

    public void Signal(string name) => Signal(name, process.Id);

    /// <summary>Freezes it, as a sleeping virtual machine does.</summary>
    public void Stop() => Signal("STOP", process.Id);

    /// <summary>Wakes it from <see cref="Stop"/>; it does not know how long it slept.</summary>
    public void Continue() => Signal("CONT", process.Id);

    public static void Signal(string name, int id)
    {
        using var kill = Process.Start("kill", [$"-{name}", $"{id}"]);
        kill.WaitForExit();
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited) await Kill9();
        process.Dispose();
    }

    private void Note(string? line)
    {
        lock (log) log.AppendLine(line);
    }

    // This project's own path names the configuration that was built: tests/Integration.Tests/bin/Release/net10.0.
    private static string Assembly()
    {
        var output = new DirectoryInfo(AppContext.BaseDirectory);
        return Path.Combine(Checkout.Folder, "src/ReferralGrains.Server/bin", output.Parent!.Name, output.Name, "ReferralGrains.Server.dll");
    }
}
