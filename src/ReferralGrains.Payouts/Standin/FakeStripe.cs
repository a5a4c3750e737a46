using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace ReferralGrains.Payouts.Standin;

/// <summary>How a stand-in behaves.</summary>
public sealed record FakeStripeOptions
{
    public TimeProvider Time { get; init; } = TimeProvider.System;

    public FaultScript Faults { get; init; } = FaultScript.None;

    /// <summary>How long an idempotency key is remembered. Stripe says at least 24 hours.</summary>
    public TimeSpan KeyLife { get; init; } = TimeSpan.FromHours(24);

    /// <summary>How late <see cref="Fault.Slow"/> answers.</summary>
    public TimeSpan SlowBy { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Requests to one endpoint in one second, above which it answers 429; without a limit when it is left out.</summary>
    public int? MostPerSecond { get; init; }

    /// <summary>What is available in a currency that has not been paid in yet.</summary>
    public long OpeningBalance { get; init; }

    /// <summary>Called on receipt of each POST, before anything is done with it: whoever sent it must have written down by now that it would.</summary>
    public Func<StandinRequest, ValueTask>? OnPost { get; init; }

    /// <summary>Apart in every run, so that what a former run made is not found in this one.</summary>
    public string Run { get; init; } = Guid.NewGuid().ToString("N")[..8];

    /// <summary>What the links to its pages are made of: the same where the same is run again, and unknown to everybody else.</summary>
    public string Secret { get; init; } = RandomNumberGenerator.GetHexString(32);
}

/// <summary>
/// A stand-in for Stripe that keeps state, for sandboxes and tests: it never moves money. Each secret test key is a platform of its own.
/// What it does beyond the happy path is what a sender has to survive: saved answers, replays, faults on either side of the commit.
/// </summary>
public sealed class FakeStripe(FakeStripeOptions options)
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, StandinPlatform> platforms = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Endpoint, long Second), int> calls = [];
    private readonly Onboarding onboarding = new(options.Secret);
    private long lastId;
    private long lastRequest;

    internal delegate StandinAnswer Handler(StandinPlatform platform, StandinRequest request);

    public FakeStripeOptions Options => options;

    /// <summary>What belongs to a secret key.</summary>
    public StandinPlatform Platform(string key)
    {
        lock (gate)
        {
            if (!platforms.TryGetValue(key, out var platform)) platforms[key] = platform = new(options, NextId, gate, onboarding);
            return platform;
        }
    }

    public void Map(IEndpointRouteBuilder routes)
    {
        var router = new Router(this, routes);
        TransferCalls.Map(router);
        BalanceCalls.Map(router);
        AccountCalls.Map(router);
        CoreAccountCalls.Map(router);
        CustomerCalls.Map(router);
        SubscriptionCalls.Map(router);
        EventCalls.Map(router);
        onboarding.Map(routes);
        router.Add("{*path}", null, static (_, request) => throw StandinProblem.Invalid(null, $"Unrecognized request URL ({request.Method}: {request.Path}).", null));
    }

    private string NextId(string kind) => string.Create(CultureInfo.InvariantCulture, $"{kind}_{options.Run}{Interlocked.Increment(ref lastId):D8}");

    private async Task Serve(HttpContext context, string endpoint, Handler run)
    {
        // Apart from the ids of what is made, which do not depend on what was only read.
        var id = string.Create(CultureInfo.InvariantCulture, $"req_{options.Run}{Interlocked.Increment(ref lastRequest):D8}");
        context.Response.Headers["Request-Id"] = id;
        StandinRequest request;
        try
        {
            request = await StandinRequest.Read(context);
        }
        catch (StandinProblem problem)
        {
            await Write(context, StandinAnswer.Of(problem, id));
            return;
        }

        if (request.IsPost && options.OnPost is { } taken) await taken(request);
        context.Response.Headers["Stripe-Version"] = request.ApiVersion;
        if (request.IdempotencyKey is { } key) context.Response.Headers["Idempotency-Key"] = key;
        await Answer(context, request, endpoint, run, id);
    }

    private async Task Answer(HttpContext context, StandinRequest request, string endpoint, Handler run, string id)
    {
        var fault = options.Faults.Next(request);
        if (fault is Fault.TimeOut or Fault.Drop or Fault.HtmlError)
        {
            await Fail(context, fault);
            return;
        }

        StandinAnswer answer;
        try
        {
            answer = await Run(context, request, endpoint, fault, run, id);
        }
        catch (StandinProblem problem)
        {
            answer = StandinAnswer.Of(problem, id);
        }

        if (fault is Fault.CommitThenTimeOut or Fault.CommitThenDrop or Fault.CommitThenHtmlError) await Fail(context, fault);
        else if (fault is Fault.Truncated) await Write(context, new(200, answer.Body[..(answer.Body.Length / 2)], IsSaved: false));
        else await Write(context, answer);
    }

    // A key is in use from its taking until its answer is kept; what is slow holds it meanwhile.
    private async Task<StandinAnswer> Run(HttpContext context, StandinRequest request, string endpoint, Fault fault, Handler run, string id)
    {
        StandinPlatform platform;
        lock (gate)
        {
            platform = Admit(request, endpoint, fault);
            if (request.IsPost && platform.Keys.Begin(request) is { } saved)
            {
                context.Response.Headers["Idempotent-Replayed"] = "true";
                context.Response.Headers["Original-Request"] = saved.RequestId;
                return saved.Answer;
            }
        }

        if (fault is Fault.Slow) await Task.Delay(options.SlowBy, options.Time, CancellationToken.None);
        lock (gate)
        {
            StandinAnswer? answer = null;
            try
            {
                return answer = Ran(platform, request, fault, run, id);
            }
            finally
            {
                if (request.IsPost) platform.Keys.End(request, answer, id);
            }
        }
    }

    private static StandinAnswer Ran(StandinPlatform platform, StandinRequest request, Fault fault, Handler run, string id)
    {
        try
        {
            if (fault is Fault.FundsShort) throw StandinProblem.FundsShort();
            if (fault is Fault.SavedError) throw StandinProblem.Broken();
            var answer = run(platform, request);
            return fault is Fault.CommitThenSavedError ? throw StandinProblem.Broken() : answer;
        }
        catch (StandinProblem problem)
        {
            return StandinAnswer.Of(problem, id);
        }
    }

    private StandinPlatform Admit(StandinRequest request, string endpoint, Fault fault)
    {
        if (fault is Fault.Unauthorized || request.ApiKey is null || !IsTestKey(request.ApiKey)) throw StandinProblem.Unauthorized();
        if (fault is Fault.Forbidden) throw StandinProblem.Forbidden();
        if (fault is Fault.RateLimited || IsTooOften($"{request.ApiKey} {request.Method} {endpoint}")) throw StandinProblem.TooMany();
        if (fault is Fault.KeyInUse) throw StandinProblem.KeyInUse();
        return Platform(request.ApiKey);
    }

    private static bool IsTestKey(string key) =>
        key.StartsWith("sk_test_", StringComparison.Ordinal) || key.StartsWith("rk_test_", StringComparison.Ordinal);

    private bool IsTooOften(string endpoint)
    {
        if (options.MostPerSecond is not { } most) return false;
        var second = options.Time.GetUtcNow().ToUnixTimeSeconds();
        foreach (var old in calls.Keys.Where(call => call.Second < second).ToList()) calls.Remove(old);
        return (calls[(endpoint, second)] = calls.GetValueOrDefault((endpoint, second)) + 1) > most;
    }

    private static async Task Fail(HttpContext context, Fault fault)
    {
        if (fault is Fault.Drop or Fault.CommitThenDrop)
        {
            context.Abort();
        }
        else if (fault is Fault.HtmlError or Fault.CommitThenHtmlError)
        {
            context.Response.StatusCode = 500;
            context.Response.ContentType = "text/html";
            await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes("<html><body><h1>500 Server Error</h1></body></html>"));
        }
        else
        {
            var gone = new TaskCompletionSource();
            await using var registered = context.RequestAborted.Register(gone.SetResult);
            await gone.Task;
        }
    }

    private static Task Write(HttpContext context, StandinAnswer answer)
    {
        context.Response.StatusCode = answer.Status;
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = answer.Body.Length;
        return context.Response.Body.WriteAsync(answer.Body).AsTask();
    }

    internal sealed class Router(FakeStripe stripe, IEndpointRouteBuilder routes)
    {
        public void Get(string pattern, Handler run) => Add(pattern, HttpMethods.Get, run);

        public void Post(string pattern, Handler run) => Add(pattern, HttpMethods.Post, run);

        public void Delete(string pattern, Handler run) => Add(pattern, HttpMethods.Delete, run);

        public void Add(string pattern, string? method, Handler run)
        {
            RequestDelegate serve = context => stripe.Serve(context, pattern, run);
            if (method is null) routes.Map(pattern, serve);
            else routes.MapMethods(pattern, [method], serve);
        }
    }
}
