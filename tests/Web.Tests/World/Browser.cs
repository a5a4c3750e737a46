using System.Text.RegularExpressions;
using Microsoft.Playwright;
using ReferralGrains.Web.Tests.World;

[assembly: AssemblyFixture(typeof(Browser))]

namespace ReferralGrains.Web.Tests.World;

/// <summary>Debian's Chromium, one for all tests, without the window if it is there. A machine without either fails, and says what to install.</summary>
public sealed class Browser : IAsyncLifetime
{
    private static readonly string[] Places = ["/usr/bin/chromium-headless-shell", "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

    // Longer than a loaded machine takes for anything; only what does not come at all waits for as long.
    private const int Patience = 120_000;

    private IPlaywright playwright = null!;
    private IBrowser browser = null!;

    public async ValueTask InitializeAsync()
    {
        var program = Environment.GetEnvironmentVariable("GRAINS_CHROMIUM") is { Length: > 0 } named ? named : Places.FirstOrDefault(File.Exists);
        Assert.True(program is not null, "The tests of pages need Chromium: apt-get install -y chromium-headless-shell, or name it in GRAINS_CHROMIUM.");
        playwright = await Playwright.CreateAsync();
        Assertions.SetDefaultExpectTimeout(Patience);
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
        context.SetDefaultTimeout(Patience);
        return new(context, await context.NewPageAsync(), address);
    }

    public async ValueTask DisposeAsync()
    {
        if (browser is not null) await browser.DisposeAsync();
        playwright?.Dispose();
    }
}

/// <summary>Somebody at a browser, and all that their browser asked for.</summary>
public sealed partial class Person : IAsyncDisposable
{
    private readonly IBrowserContext context;
    private readonly Uri address;
    private readonly List<string> asked = [];
    private readonly List<string> complaints = [];
    private bool resized;

    private static readonly string axe = Axe();

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

    /// <summary>Signs in with a key and waits for a page. The form is sent as the browser would, which SessionTests do with the page itself.</summary>
    public async Task SignIn(string key, string to = "/console")
    {
        const string address = "/console/sign-in";
        var token = Token().Match(await (await context.APIRequest.GetAsync(address)).TextAsync()).Groups[1].Value;
        var form = context.APIRequest.CreateFormData();
        foreach (var (name, value) in ((string, string)[])[("_handler", "sign-in"), ("__RequestVerificationToken", token), ("Key", key)]) form.Append(name, value);
        var answer = await context.APIRequest.PostAsync(address, new() { Form = form, MaxRedirects = 0 });
        Assert.True(answer.Status is >= 300 and < 400, $"Signing in was answered {answer.Status}.");
        await Page.GotoAsync(to);
        await Page.Locator("#main h1[tabindex]").WaitForAsync(); // Which has the focus: what is done by keyboard from now on goes where it is meant.
    }

    public async Task Open(string path, string heading)
    {
        await Page.GotoAsync(path);
        await Heading(heading);
    }

    public Task Heading(string text) => Shows(Page.GetByRole(AriaRole.Heading, new() { Name = text, Level = 1 }));

    public Task Sees(string text) => Shows(Page.GetByText(text).First);

    /// <summary>None of it is left, however many there were: a page may show a thing in more than one place until it is gone.</summary>
    public static Task SeesNo(ILocator gone) => Assertions.Expect(gone).ToHaveCountAsync(0);

    /// <summary>What was asked for is refused, in words that name this.</summary>
    public Task IsRefused(string text) => Shows(Page.GetByRole(AriaRole.Alert).GetByText(text).First);

    /// <summary>axe finds nothing serious, nothing sticks out to the side, and nothing was asked of another host.</summary>
    public async Task IsWellServed()
    {
        if (!await Page.EvaluateAsync<bool>("typeof axe === 'object'")) await Page.EvaluateAsync(axe);
        var serious = await Page.EvaluateAsync<string[]>(Serious, resized);
        resized = false;
        Assert.True(serious.Length == 0, $"{Page.Url}\n{string.Join('\n', serious)}");
        var stuckOut = await Page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth");
        Assert.True(stuckOut <= 0, $"{Page.Url} is {stuckOut} px wider than the window.");
        Assert.All(Copy(asked), url => Assert.True(IsInside(url) || new Uri(url).Authority == address.Authority, url));
        Assert.Empty(Copy(complaints));
    }

    public async Task ResizeTo(int width)
    {
        await Page.SetViewportSizeAsync(width, 800);
        resized = true;
    }

    /// <summary>For docs/pictures, where <c>GRAINS_PICTURES</c> names a folder.</summary>
    public async Task Photograph(string name)
    {
        if (Environment.GetEnvironmentVariable("GRAINS_PICTURES") is not { Length: > 0 } folder) return;
        await Page.ScreenshotAsync(new() { Path = Path.Combine(folder, $"{name}.png") });
    }

    public async ValueTask DisposeAsync() => await context.DisposeAsync();

    private async Task Shows(ILocator awaited)
    {
        try
        {
            await awaited.WaitForAsync();
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"{Page.Url} shows instead:\n{await Page.Locator("body").InnerTextAsync()}", e);
        }
    }

    [GeneratedRegex("name=\"__RequestVerificationToken\" value=\"([^\"]+)\"")]
    private static partial Regex Token();

    // All rules, in the page itself; the one that would read each stylesheet again for it is off by default. The package's own way opens another page each time, for frames of others, and takes three times as long.
    // Where the window has only become narrower, and shows nothing that it did not show before, the rules are run that look at where things are.
    private const string Serious =
        """
        async isResized => {
            const shown = [...document.querySelectorAll('*')].filter(one => one.checkVisibility());
            const isSeen = isResized && window.seen && shown.every(one => window.seen.has(one));
            window.seen = new WeakSet(shown);
            const only = isSeen ? { runOnly: ['color-contrast', 'target-size', 'scrollable-region-focusable', 'link-in-text-block'] } : {};
            return (await axe.run({ resultTypes: ['violations'], preload: false, ...only })).violations.filter(one => one.impact === 'serious' || one.impact === 'critical')
                .map(one => `${one.id}: ${one.help}: ${one.nodes.slice(0, 3).map(node => node.html).join(' | ')}`);
        }
        """;

    private static string Axe()
    {
        using var script = new StreamReader(typeof(Deque.AxeCore.Commons.AxeRunOptions).Assembly.GetManifestResourceStream("Deque.AxeCore.Commons.Resources.axe.min.js")!);
        return script.ReadToEnd();
    }

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
