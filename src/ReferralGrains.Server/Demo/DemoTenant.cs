using System.Text.Json;
using ReferralGrains.Client;
using ReferralGrains.Server.Options;

namespace ReferralGrains.Server.Demo;

/// <summary>
/// What <c>--demo</c> does: a sandbox tenant of its own, its keys, and the story told to it over the HTTP API, as any other client would.
/// Here and not in the command line, so that a bare clone builds one program before there is something to see, and a container has it too.
/// </summary>
internal sealed class DemoTenant
{
    private const string Name = "demo";
    private static readonly JsonSerializerOptions json = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    private readonly HttpClient http;
    private readonly ServerOptions options;
    private readonly ReferralGrainsClient installation;

    private DemoTenant(HttpClient http, ServerOptions options, string adminKey)
    {
        (this.http, this.options) = (http, options);
        installation = new(http, adminKey);
    }

    private string Url => options.OwnUrl.GetLeftPart(UriPartial.Authority);

    private string KeysFile => Path.Combine(options.DataDirectory, "demo.keys.json");

    /// <summary>Prints where to look, and loads what is missing: whoever looks sees it grow. What goes wrong is a line: the server serves all the same.</summary>
    public static async Task Open(ServerOptions options, CancellationToken stop)
    {
        using var handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false };
        using var http = new HttpClient(handler) { BaseAddress = options.OwnUrl, Timeout = Timeout.InfiniteTimeSpan };
        try
        {
            await new DemoTenant(http, options, options.AdminKey ?? AdminKey.Find(options)).Open(stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The next start goes on.
        }
        catch (Exception failed)
        {
            await Console.Error.WriteLineAsync($"grains: the demo is not loaded ({failed.Message}); the next start with --demo goes on");
        }
    }

    private async Task Open(CancellationToken stop)
    {
        var there = await Find(stop);
        if (there is { Sandbox: false }) throw new InvalidOperationException($"a tenant '{Name}' exists, and is no sandbox");
        there ??= await installation.CreateTenantAsync(new() { Id = Name, Sandbox = true, ClockAt = DemoStory.Begin }, stop);
        var (keys, isNew) = await Keys(stop);
        var isWhole = there.ClockAt >= DemoStory.End;
        if (!isWhole) await Story(keys, static _ => { }).Introduce(stop);
        // Good for a day: the next start makes another.
        var portal = await new ReferralGrainsClient(http, keys.Admin).CreatePortalLinkAsync(new() { ReferrerId = DemoCast.First, ExpiresIn = 86_400 }, stop);
        Console.WriteLine(Links(keys, isNew, portal.Url!));
        if (!isWhole) await Load(keys, there.ClockAt!.Value, stop);
        Console.WriteLine($"the demo is loaded: a payout waits to be approved at {Url}/console/payouts/{DemoStory.Waiting}");
    }

    private async Task<TenantAnswer?> Find(CancellationToken stop)
    {
        await foreach (var tenant in installation.ListTenantsAsync(q: Name, stop: stop))
            if (tenant.Id == Name) return tenant;
        return null;
    }

    private async Task Load(DemoKeys keys, DateTimeOffset now, CancellationToken stop)
    {
        using var progress = new ProgressLine("loading the demo", DemoStory.Lines, Console.Error, isTerminal: !Console.IsErrorRedirected, TimeProvider.System);
        await Story(keys, progress.Add).Tell(now, stop);
    }

    private DemoStory Story(DemoKeys keys, Action<int> told) => new(new(http, keys.Admin), new(http, keys.Finance), new(http, keys.SecondFinance), http, told);

    // Those of a database that is gone open nothing any more.
    private async Task<(DemoKeys Keys, bool IsNew)> Keys(CancellationToken stop)
    {
        if (File.Exists(KeysFile) && JsonSerializer.Deserialize<DemoKeys>(await File.ReadAllTextAsync(KeysFile, stop), json) is { } kept && await Opens(kept.Admin, stop)) return (kept, false);
        var made = new DemoKeys(
            await Make(NewKeyRole.Admin, stop), await Make(NewKeyRole.Finance, stop), await Make(NewKeyRole.Finance, stop), await Make(NewKeyRole.Read, stop), await Make(NewKeyRole.KeyAdmin, stop));
        AdminKey.WritePrivate(KeysFile, JsonSerializer.Serialize(made, json) + "\n");
        return (made, true);
    }

    private async Task<bool> Opens(string key, CancellationToken stop)
    {
        try
        {
            await foreach (var _ in new ReferralGrainsClient(http, key).ListProgramsAsync(limit: 1, stop: stop)) break;
            return true;
        }
        catch (ReferralGrainsException refused) when (refused.Problem.Status == 401)
        {
            return false;
        }
    }

    private async Task<string> Make(NewKeyRole role, CancellationToken stop) => (await installation.CreateApiKeyAsync(new() { Role = role, Tenant = Name }, stop)).Key!;

    // The keys open a sandbox and nothing else. They are shown once, like the first key of the installation.
    private string Links(DemoKeys keys, bool isNew, string portal)
    {
        string[] signIn = isNew
            ? [$"sign in    {keys.SecondFinance}   finance: approve the payout that waits", $"           {keys.Admin}   admin: programs, referrers, rewards, why"]
            : [$"sign in    with a key of {KeysFile}"];
        return string.Join(
            "\n  ",
            ["\nThe demo: a shop's referral programs, December 2010 to July 2011, in the sandbox 'demo'. No money moves.", $"console    {Url}/console", .. signIn, $"portal     {portal}", $"API        {Url}/docs", $"keys       {KeysFile}"]);
    }
}

/// <summary>Keys of the sandbox, by what they are for.</summary>
internal sealed record DemoKeys(string Admin, string Finance, string SecondFinance, string Read, string KeyAdmin);
