using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;

namespace Torture;

/// <summary>A silo with its gateway: a real process, which is started again whenever it ends.</summary>
internal sealed class Silo : IAsyncDisposable
{
    private const int LinesKept = 30;
    private static readonly TimeSpan timeToStop = TimeSpan.FromSeconds(20);

    private readonly string[] words;
    private readonly (string, string)[] environment;
    private readonly ConcurrentQueue<string> output = new();
    private readonly CancellationTokenSource ending = new();
    private readonly HttpClient http = new() { Timeout = TimeSpan.FromSeconds(2) };
    private readonly TimeProvider time;
    private Process? process;
    private Task life = Task.CompletedTask;

    public Silo(int number, Plan plan, string folder, string database, string key, string stripeKeys, TimeProvider time)
    {
        this.time = time;
        Program = Processes.Server(plan.From);
        Number = number;
        var port = Ports.Next();
        Address = new($"http://127.0.0.1:{port}");
        Folder = Directory.CreateDirectory(Path.Combine(folder, $"silo{number}")).FullName;
        words =
        [
            "--port", port.ToString(CultureInfo.InvariantCulture), "--data", Folder, "--database", database, "--stripe-keys", stripeKeys,
            // The limits are Stripe's, and this is not Stripe.
            "--stripe-rate", "1000", "--stripe-rate-in-all", "2000", "--webhook-networks", "127.0.0.0/8", "--attributions-per-hour", "0",
        ];

        // An older version may not know it.
        if (plan.Haste > 1) words = [.. words, "--stripe-haste", plan.Haste.ToString(CultureInfo.InvariantCulture)];
        environment = [("GRAINS_ADMIN_KEY", key)];
    }

    public int Number { get; }

    public Uri Address { get; }

    public string Folder { get; }

    /// <summary>What is started the next time.</summary>
    public string Program { get; set; }

    public int? ProcessId
    {
        get
        {
            try
            {
                return process is { HasExited: false } living ? living.Id : null;
            }
            catch (InvalidOperationException)
            {
                return null;
            }
        }
    }

    public int Starts { get; private set; }

    /// <summary>Times that it ended and nobody had killed it.</summary>
    public int EndedByItself { get; private set; }

    public string LastOutput => string.Join(" | ", output.TakeLast(5));

    /// <summary>Set before a kill, which is none of its own doing.</summary>
    public bool IsBeingKilled { get; set; }

    public void Start() => life = Task.Run(Live);

    public async Task<bool> IsReady()
    {
        try
        {
            using var answer = await http.GetAsync(new Uri(Address, "/health/ready"), ending.Token);
            return answer.IsSuccessStatusCode;
        }
        catch (Exception notYet) when (notYet is HttpRequestException or SocketException or OperationCanceledException)
        {
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync();
        if (ProcessId is { } id) Processes.Signal(id, Processes.Terminate);
        try
        {
            await life.WaitAsync(timeToStop, time);
        }
        catch (TimeoutException)
        {
            if (ProcessId is { } still) Processes.Signal(still, Processes.Kill);
            await life;
        }

        process?.Dispose();
        http.Dispose();
        ending.Dispose();
    }

    private async Task Live()
    {
        while (!ending.IsCancellationRequested)
        {
            process?.Dispose();
            IsBeingKilled = false;
            Starts++;
            process = Processes.Dotnet(Program, words, environment);
            process.OutputDataReceived += (_, line) => Keep(line.Data);
            process.ErrorDataReceived += (_, line) => Keep(line.Data);
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            await process.WaitForExitAsync(CancellationToken.None);
            if (!IsBeingKilled && !ending.IsCancellationRequested) EndedByItself++;
        }
    }

    private void Keep(string? line)
    {
        if (string.IsNullOrWhiteSpace(line)) return;
        output.Enqueue(line);
        while (output.Count > LinesKept) output.TryDequeue(out _);
    }
}
