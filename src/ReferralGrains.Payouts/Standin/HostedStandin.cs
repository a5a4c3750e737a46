using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using ReferralGrains.Storage.Payouts;

namespace ReferralGrains.Payouts.Standin;

/// <summary>
/// The stand-in as sandboxes without a Stripe key have it: in every process, on an address of its own that only this machine reaches. What
/// changes it is kept in the database, in one order for all, and run again wherever it was not run yet; so all processes speak to one
/// stand-in, and it is there again after a restart. It starts when somebody first asks for it.
/// </summary>
/// <param name="most">Changes of one tenant: each is kept and is run again at every start, so a sandbox that needs more takes a test key of Stripe's.</param>
public sealed class HostedStandin(IStandinCalls calls, ISenderTurn installation, StandinAddress address, TimeProvider time, int most = HostedStandin.MostChanges) : IAsyncDisposable
{
    public const int MostChanges = 100_000;

    // A sandbox never wants for money; awaiting funds is for tests.
    private const long Opening = 1_000_000_000_000;

    private static readonly string[] KeptHeaders = ["Authorization", "Idempotency-Key", "Stripe-Version", "Content-Type"];
    private static readonly string[] ShownHeaders = ["Content-Type", "Location", "Request-Id", "Idempotent-Replayed", "Original-Request", "Stripe-Version", "Idempotency-Key"];

    private readonly SemaphoreSlim gate = new(1);
    private WebApplication? door;
    private Running? running;

    /// <summary>A tenant's own platform there.</summary>
    internal static string KeyOf(int tenant) => string.Create(CultureInfo.InvariantCulture, $"sk_test_standin_{tenant}");

    /// <summary>Where it answers as Stripe does.</summary>
    public async ValueTask<Uri> Address()
    {
        await gate.WaitAsync();
        try
        {
            door ??= await Listen(app => app.Map("{*path}", Serve));
            return new(door.Urls.First());
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>Answers one request to the stand-in.</summary>
    internal async Task Serve(HttpContext context)
    {
        var call = await Read(context);
        await gate.WaitAsync(context.RequestAborted);
        Answer answer;
        try
        {
            answer = HttpMethods.IsGet(call.Method) ? await (await CaughtUp()).Run(call) : await Change(call);
        }
        finally
        {
            gate.Release();
        }

        context.Response.StatusCode = answer.Status;
        foreach (var (name, value) in answer.Headers) context.Response.Headers[name] = value;
        if (answer.Body.Length > 0) await context.Response.Body.WriteAsync(answer.Body);
    }

    public async ValueTask DisposeAsync()
    {
        if (door is not null) await door.DisposeAsync();
        if (running is not null) await running.DisposeAsync();
        gate.Dispose();
    }

    // What was run and could not be kept must not have been: it is begun anew from what was.
    private async Task<Answer> Change(StandinCall call)
    {
        try
        {
            return await calls.Alone(async add =>
            {
                var now = await CaughtUp();
                if (now.ChangesOf(call) >= most) return Full;
                var answer = await now.Run(call);
                now.Seen = await add(call);
                return answer;
            }, CancellationToken.None);
        }
        catch
        {
            if (running is not null) await running.DisposeAsync();
            running = null;
            throw;
        }
    }

    private async Task<Running> CaughtUp()
    {
        running ??= await Begin();
        while (await calls.After(running.Seen, CancellationToken.None) is { Count: > 0 } more)
            foreach (var (id, call) in more)
            {
                await running.Run(call);
                running.Seen = id;
            }

        return running;
    }

    private async Task<Running> Begin()
    {
        var (name, clock) = (await installation.Installation(CancellationToken.None), new CallTime());
        var stripe = new FakeStripe(new() { Time = clock, OpeningBalance = Opening, Run = name[..8], Secret = name });
        return new(await Listen(stripe.Map), clock, address.PublicUrl);
    }

    private static async Task<WebApplication> Listen(Action<IEndpointRouteBuilder> map)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        map(app);
        await app.StartAsync();
        return app;
    }

    // In whole seconds, as Stripe counts them, so that it is the same when it is run again.
    private async Task<StandinCall> Read(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        var headers = ImmutableDictionary.CreateBuilder<string, string>();
        foreach (var name in KeptHeaders)
            if (context.Request.Headers[name] is [{ } value]) headers[name] = value;
        return new(
            DateTimeOffset.FromUnixTimeSeconds(time.GetUtcNow().ToUnixTimeSeconds()), context.Request.Method,
            context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget, headers.ToImmutable(), body.ToArray());
    }

    // A definite refusal in Stripe's words, so that an item is released and says why.
    private static readonly Answer Full = new(
        400, ImmutableDictionary<string, string>.Empty.Add("Content-Type", "application/json"),
        Encoding.UTF8.GetBytes("""{"error":{"code":"standin_full","message":"This sandbox has asked its stand-in for as much as it keeps.","type":"invalid_request_error"}}"""));

    private sealed record Answer(int Status, ImmutableDictionary<string, string> Headers, byte[] Body);

    /// <summary>The time of the call that is being run.</summary>
    private sealed class CallTime : TimeProvider
    {
        public DateTimeOffset At { get; set; }

        public override DateTimeOffset GetUtcNow() => At;
    }

    /// <summary>A stand-in in this process, and how far it has come.</summary>
    private sealed class Running(WebApplication app, CallTime clock, Uri? publicUrl) : IAsyncDisposable
    {
        private readonly HttpClient http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false }) { BaseAddress = new(app.Urls.First()) };

        private readonly Dictionary<string, int> changes = new(StringComparer.Ordinal);

        public long Seen { get; set; }

        /// <summary>How often the caller of this one has changed something.</summary>
        public int ChangesOf(StandinCall call) => changes.GetValueOrDefault(Caller(call));

        public async Task<Answer> Run(StandinCall call)
        {
            if (!HttpMethods.IsGet(call.Method)) changes[Caller(call)] = ChangesOf(call) + 1;
            clock.At = call.At;
            using var request = new HttpRequestMessage(new(call.Method), call.Target);
            if (publicUrl is not null) request.Headers.Host = publicUrl.Authority;
            if (!HttpMethods.IsGet(call.Method)) request.Content = new ByteArrayContent(call.Body);
            foreach (var (name, value) in call.Headers)
                if (!request.Headers.TryAddWithoutValidation(name, value)) request.Content?.Headers.TryAddWithoutValidation(name, value);
            using var answer = await http.SendAsync(request);
            var headers = ImmutableDictionary.CreateBuilder<string, string>();
            foreach (var name in ShownHeaders)
                if (answer.Headers.TryGetValues(name, out var values) || answer.Content.Headers.TryGetValues(name, out values)) headers[name] = string.Join(',', values);
            return new((int)answer.StatusCode, headers.ToImmutable(), await answer.Content.ReadAsByteArrayAsync());
        }

        private static string Caller(StandinCall call) => call.Headers.GetValueOrDefault("Authorization", "");

        public async ValueTask DisposeAsync()
        {
            http.Dispose();
            await app.DisposeAsync();
        }
    }
}

/// <param name="PublicUrl">Where a browser finds this process, and with it the stand-in's pages.</param>
public sealed record StandinAddress(Uri? PublicUrl);

public static class StandinPages
{
    /// <summary>The page by which the owner of a sandbox's account is taken on.</summary>
    public static IEndpointConventionBuilder MapStandinPages(this IEndpointRouteBuilder routes) => routes.MapMethods(
        "/standin/onboarding/{token}", [HttpMethods.Get, HttpMethods.Post],
        (RequestDelegate)(static context => context.RequestServices.GetRequiredService<HostedStandin>().Serve(context)));
}
