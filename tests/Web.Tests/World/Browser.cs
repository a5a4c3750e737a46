using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using ReferralGrains.Web.Tests.World;

[assembly: AssemblyFixture(typeof(Browser))]

namespace ReferralGrains.Web.Tests.World;

/// <summary>Debian's Chromium, one for all tests. A machine without it fails, and says what to install.</summary>
public sealed class Browser : IAsyncLifetime
{
    private static readonly string[] Places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

    private IPlaywright playwright = null!;
    private IBrowser browser = null!;

    public async ValueTask InitializeAsync()
    {
        var program = Environment.GetEnvironmentVariable("GRAINS_CHROMIUM") is { Length: > 0 } named ? named : Places.FirstOrDefault(File.Exists);
        Assert.True(program is not null, "The tests of pages need Chromium: apt-get install -y chromium, or name it in GRAINS_CHROMIUM.");
        playwright = await Playwright.CreateAsync();
        browser = await playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = program,
            Args = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"],
        });
    }

    /// <summary>A person with an empty profile.</summary>
    public async Task<Person> Arrive(Uri address, int width = 1280, bool withScript = true)
    {
        var context = await browser.NewContextAsync(new()
        {
            BaseURL = address.ToString(),
            ViewportSize = new() { Width = width, Height = 800 },
            JavaScriptEnabled = withScript,
            ReducedMotion = ReducedMotion.Reduce,
        });
        context.SetDefaultTimeout(15_000);
        return new(context, await context.NewPageAsync(), address);
    }

    public async ValueTask DisposeAsync()
    {
        if (browser is not null) await browser.DisposeAsync();
        playwright?.Dispose();
    }
}

/// <summary>Somebody at a browser, and all that their browser asked for.</summary>
public sealed class Person : IAsyncDisposable
{
    private readonly IBrowserContext context;
    private readonly Uri address;
    private readonly List<string> asked = [];
    private readonly List<string> complaints = [];

    public Person(IBrowserContext context, IPage page, Uri address)
    {
        (this.context, Page, this.address) = (context, page, address);
        context.Request += (_, request) => Note(asked, request.Url);
        page.Console += (_, message) =>
        {
            if (message.Type == "error" && !message.Text.Contains("status of", StringComparison.Ordinal)) Note(complaints, message.Text);
        };
        page.PageError += (_, error) => Note(complaints, error);
    }

    public IPage Page { get; }

    /// <summary>Signs in with a key and waits for a page.</summary>
    public async Task SignIn(string key, string to = "/console")
    {
        await Page.GotoAsync($"/console/sign-in?to={Uri.EscapeDataString(to)}");
        await Page.GetByLabel("API key").FillAsync(key);
        await Page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await Page.Locator("#main h1").WaitForAsync(); // The page for signing in has none of that id.
    }

    public async Task Open(string path, string heading)
    {
        await Page.GotoAsync(path);
        await Heading(heading);
    }

    public Task Heading(string text) => Page.GetByRole(AriaRole.Heading, new() { Name = text, Level = 1 }).WaitForAsync();

    public Task Sees(string text) => Page.GetByText(text).First.WaitForAsync();

    /// <summary>axe finds nothing serious, nothing sticks out to the side, and nothing was asked of another host.</summary>
    public async Task IsWellServed()
    {
        var found = await Page.RunAxe();
        var serious = found.Violations.Where(one => one.Impact is "serious" or "critical")
            .Select(one => $"{one.Id}: {one.Help}: {string.Join(" | ", one.Nodes.Take(3).Select(node => node.Html))}").ToList();
        Assert.True(serious.Count == 0, $"{Page.Url}\n{string.Join('\n', serious)}");
        var stuckOut = await Page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth");
        Assert.True(stuckOut <= 0, $"{Page.Url} is {stuckOut} px wider than the window.");
        Assert.All(Copy(asked), url => Assert.True(IsInside(url) || new Uri(url).Authority == address.Authority, url));
        Assert.Empty(Copy(complaints));
    }

    public async Task ResizeTo(int width) => await Page.SetViewportSizeAsync(width, 800);

    /// <summary>For docs/pictures, where <c>GRAINS_PICTURES</c> names a folder.</summary>
    public async Task Photograph(string name)
    {
        if (Environment.GetEnvironmentVariable("GRAINS_PICTURES") is not { Length: > 0 } folder) return;
        await Page.ScreenshotAsync(new() { Path = Path.Combine(folder, $"{name}.png") });
    }

    public async ValueTask DisposeAsync() => await context.DisposeAsync();

    private static bool IsInside(string url) => url.StartsWith("data:", StringComparison.Ordinal) || url.StartsWith("blob:", StringComparison.Ordinal);

    private static void Note(List<string> notes, string text)
    {
        lock (notes) notes.Add(text);
    }

    private static List<string> Copy(List<string> notes)
    {
        lock (notes) return [.. notes];
    }
}
