using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Npgsql;
using ReferralGrains.Cli;
using ReferralGrains.Cli.Api;

namespace Benchmarks;

/// <summary>A server of the benchmark's own: <c>./grains up</c> on a free port and a data directory that goes with it.</summary>
internal sealed class BenchServer : IAsyncDisposable
{
    private const int Terminate = 15;
    private const int Kill = 9;
    private const int Freeze = 19;
    private const int Thaw = 18;

    // SIGINT is what PostgreSQL calls a fast shutdown: it does not wait for its clients.
    private const int FastShutdown = 2;
    private const int LinesKept = 20;

    // A first start may build, and may install PostgreSQL.
    private static readonly TimeSpan patience = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan timeToStop = TimeSpan.FromSeconds(40);
    private static readonly TimeSpan askEvery = TimeSpan.FromMilliseconds(10);

    private readonly string repository;
    private readonly TimeProvider time;
    private readonly ConcurrentQueue<string> output = new();
    private readonly DirectoryInfo data = Directory.CreateTempSubdirectory("grains-bench-");
    private readonly string? join;
    private Process? process;

    private BenchServer(string repository, TimeProvider time, BenchServer? first)
    {
        this.repository = repository;
        this.time = time;
        join = first?.Database;
        // PostgreSQL runs as a user of its own when we are root, and has to get into its folder.
        data.UnixFileMode |= UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;
        Access = new(new($"http://127.0.0.1:{Ports.Next()}/"), first?.Access.Key ?? "rg_test_" + RandomNumberGenerator.GetHexString(40, lowercase: true));
    }

    public Access Access { get; }

    /// <summary>The owner's connection to the PostgreSQL of this server.</summary>
    public string Database { get; private set; } = "";

    public int ProcessId => process!.Id;

    /// <summary>The process that started PostgreSQL's others.</summary>
    public int PostmasterId { get; private set; }

    public static Task<BenchServer> Start(Surroundings around, BenchStripe stripe, CancellationToken stop)
    {
        var server = new BenchServer(FindRepository(around), around.Time, first: null);
        File.WriteAllText(server.StripeKeys, stripe.Keys);
        return server.Started(stop);
    }

    /// <summary>Another silo of the same cluster: the same database, a data directory of its own.</summary>
    public Task<BenchServer> Another(CancellationToken stop) => new BenchServer(repository, time, this).Started(stop);

    /// <summary>Starts the server and waits until it is ready.</summary>
    /// <returns>The seconds that took.</returns>
    public async Task<double> Up(CancellationToken stop)
    {
        var began = Stopwatch.GetTimestamp();
        process = Launch();
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        while (!await IsReady(http, stop))
        {
            if (process.HasExited) throw new CommandFailed($"./grains up ended with {process.ExitCode} before it was ready: {LastOutput()}");
            if (Stopwatch.GetElapsedTime(began) > patience) throw new CommandFailed($"./grains up was not ready after {patience.TotalMinutes} minutes: {LastOutput()}");
            await Task.Delay(askEvery, time, stop);
        }

        var took = Stopwatch.GetElapsedTime(began).TotalSeconds;
        Database = join ?? await ReadDatabase(stop);
        if (join is null) PostmasterId = int.Parse((await File.ReadAllLinesAsync(Path.Combine(data.FullName, "pg", "postmaster.pid"), stop))[0], CultureInfo.InvariantCulture);
        return took;
    }

    /// <summary>Does something while the server does nothing at all: its sealing would share the cores, and yields only to its own commits.</summary>
    public async Task<double> WhileFrozen(Func<Task<double>> measure)
    {
        Signal(-ProcessId, Freeze);
        try
        {
            return await measure();
        }
        finally
        {
            Signal(-ProcessId, Thaw);
        }
    }

    /// <summary>Stops the server as a service manager would.</summary>
    public async Task Down()
    {
        if (process is null) return;
        if (!process.HasExited) Signal(-process.Id, Terminate);
        using var patience = new CancellationTokenSource(timeToStop, time);
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            Signal(-process.Id, Kill);
        }

        process.Dispose();
        process = null;

        // Its PostgreSQL has gone with it: what waits in a pool leads nowhere.
        NpgsqlConnection.ClearAllPools();
    }

    public async ValueTask DisposeAsync()
    {
        await Down();
        await StopDatabase();
        data.Delete(recursive: true);
    }

    private async Task<BenchServer> Started(CancellationToken stop)
    {
        try
        {
            if (new DriveInfo(data.FullName).DriveFormat is "tmpfs" or "ramfs")
                throw new CommandFailed($"{data.FullName} is in memory, where a commit costs nothing: set TMPDIR to a folder on a disk");
            await Up(stop);
            return this;
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }

    private static string FindRepository(Surroundings around)
    {
        if (around.Variable("GRAINS_REPO") is { Length: > 0 } given) return given;
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "grains"))) return folder.FullName;
        }

        throw new CommandFailed("the script ./grains is in no folder above this program; set GRAINS_REPO to where it is");
    }

    private Process Launch()
    {
        // A session of its own: Ctrl-C reaches the benchmark only, which then stops the server in its own order.
        var start = new ProcessStartInfo("setsid") { WorkingDirectory = repository, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var word in (string[])["./grains", "up", "--port", Access.Url.Port.ToString(CultureInfo.InvariantCulture), "--data", data.FullName])
            start.ArgumentList.Add(word);
        if (join is null)
        {
            // The limit is Stripe's, and this is not Stripe.
            foreach (var word in (string[])["--stripe-keys", StripeKeys, "--stripe-rate", "100000", "--stripe-rate-in-all", "100000"]) start.ArgumentList.Add(word);
        }

        if (join is not null) start.ArgumentList.Add($"--database={join}");
        start.Environment["GRAINS_ADMIN_KEY"] = Access.Key;

        var started = new Process { StartInfo = start };
        started.OutputDataReceived += (_, line) => Keep(line.Data);
        started.ErrorDataReceived += (_, line) => Keep(line.Data);
        started.Start();
        started.BeginOutputReadLine();
        started.BeginErrorReadLine();
        return started;
    }

    private void Keep(string? line)
    {
        if (string.IsNullOrWhiteSpace(line)) return;
        output.Enqueue(line);
        while (output.Count > LinesKept) output.TryDequeue(out _);
    }

    private string StripeKeys => Path.Combine(data.FullName, "stripe.json");

    /// <summary>What this server says about itself when a call failed: that it ended and how, or that it still runs.</summary>
    public string Condition => process is { HasExited: true } ? $"{Access.Url} ended with {process.ExitCode}: {LastOutput()}" : $"{Access.Url} runs: {LastOutput()}";

    private string LastOutput() => output.IsEmpty ? "it printed nothing" : string.Join(" | ", output.TakeLast(3));

    private async Task<bool> IsReady(HttpClient http, CancellationToken stop)
    {
        try
        {
            using var answer = await http.GetAsync(new Uri(Access.Url, "/health/ready"), stop);
            return answer.StatusCode == HttpStatusCode.OK;
        }
        catch (Exception notYet) when (notYet is HttpRequestException or SocketException || (notYet is OperationCanceledException && !stop.IsCancellationRequested))
        {
            // Nobody listens yet, or what listens is too busy starting to answer.
            return false;
        }
    }

    private async Task<string> ReadDatabase(CancellationToken stop)
    {
        var file = Path.Combine(data.FullName, "postgres.conn");
        return File.Exists(file)
            ? (await File.ReadAllTextAsync(file, stop)).Trim()
            : throw new CommandFailed($"the server did not write {file}; the baseline needs the same PostgreSQL");
    }

    /// <summary>PostgreSQL has a session of its own and may outlive its server; here nothing will adopt it.</summary>
    private async Task StopDatabase()
    {
        foreach (var file in data.EnumerateFiles("postmaster.pid", SearchOption.AllDirectories).ToList())
        {
            if (!int.TryParse(File.ReadLines(file.FullName).FirstOrDefault(), out var id) || !Directory.Exists($"/proc/{id}")) continue;
            Signal(id, FastShutdown);
            var began = Stopwatch.GetTimestamp();
            while (Directory.Exists($"/proc/{id}") && Stopwatch.GetElapsedTime(began) < timeToStop) await Task.Delay(askEvery, time);
        }
    }

    // What it returns is of no interest: a target that is gone needs no signal.
    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern void Signal(int target, int signal);
}
