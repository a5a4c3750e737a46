using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Cli.Tests;

/// <summary>Speaks as much of the API as the command line uses, and remembers what it was told.</summary>
internal sealed class StandIn : IAsyncDisposable
{
    public const string Key = "rg_test_key";
    public const string Program = "classic10";
    private readonly WebApplication app;
    private readonly ConcurrentDictionary<string, bool> actions = new();

    private StandIn(WebApplication app) => this.app = app;

    public ConcurrentDictionary<string, bool> Referrers { get; } = new();

    public ConcurrentDictionary<string, StubbedAnswer> Answers { get; } = new();

    /// <summary>The first action of each stream request, in the order of the requests.</summary>
    public ConcurrentQueue<string> FirstActions { get; } = new();

    /// <summary>What is done to the stream requests before they are answered as usual, one after the other.</summary>
    public ConcurrentQueue<Func<HttpContext, Task>> Troubles { get; } = new();

    /// <summary>Done once, when the first referrer is made, which is between the two readings of the files.</summary>
    public Action? BetweenReadings { get; set; }

    /// <summary>The program as it is shown.</summary>
    public string ProgramBody { get; set; } = """{"id":"classic10","currency":"GBP","rules":[]}""";

    /// <summary>Every action that came, in the order in which it came.</summary>
    public ConcurrentQueue<JsonElement> Received { get; } = new();

    /// <summary>The bodies of rules that were published.</summary>
    public ConcurrentQueue<JsonElement> Rules { get; } = new();

    /// <summary>What was booked by hand, by its id.</summary>
    public ConcurrentDictionary<string, (string Referrer, JsonElement Body)> Entries { get; } = new();

    /// <summary>The referrer of each referee.</summary>
    public ConcurrentDictionary<string, string> Attributed { get; } = new();

    public int Actions => actions.Count;

    public int Referees => Attributed.Count;

    public Uri Url => new(app.Services.GetRequiredService<Microsoft.AspNetCore.Hosting.Server.IServer>()
        .Features.Get<IServerAddressesFeature>()!.Addresses.First());

    public static async Task<StandIn> Start()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        var standIn = new StandIn(app);
        app.Urls.Add("http://127.0.0.1:0");
        app.Use(standIn.Authenticate);
        app.MapGet("/v1/programs/{id}", (string id) => id == Program ? Results.Text(standIn.ProgramBody, "application/json") : NotFound("program_id"));
        app.MapPost("/v1/programs/{id}/rules", standIn.Publish);
        app.MapPost("/v1/referrers", standIn.CreateReferrer);
        app.MapPost("/v1/referrers/{id}/entries", standIn.BookEntry);
        app.MapPost("/v1/referrals:batch", context => standIn.AnswerLines(context, referral: true, int.MaxValue));
        app.MapPost("/v1/actions:stream", standIn.StreamActions);
        app.MapPost("/v1/actions", (JsonElement action) => standIn.Answer(0, action));
        app.MapFallback(standIn.Stubbed);
        await app.StartAsync();
        return standIn;
    }

    public Task AnswerLines(HttpContext context, int most) => AnswerLines(context, referral: false, most);

    /// <summary>Reads the action ids of so many lines without answering them.</summary>
    public static async Task<string> SkipLines(StreamReader body, int count)
    {
        var last = "";
        for (var i = 0; i < count; i++) last = await body.ReadLineAsync() ?? throw new InvalidOperationException("fewer lines than expected");
        return last;
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

    private async Task Authenticate(HttpContext context, RequestDelegate next)
    {
        if (context.Request.Headers.Authorization == "Bearer " + Key) await next(context);
        else await Refused(401, "unauthenticated", "no").ExecuteAsync(context);
    }

    private static IResult NotFound(string parameter) => Refused(404, "not_found", "not there", parameter);

    private static IResult Refused(int status, string code, string detail, string? param = null) =>
        Results.Json(new { type = $"/docs/errors#{code}", title = code, status, code, param, detail, request_id = "req_1" }, statusCode: status);

    private IResult BookEntry(string id, JsonElement body)
    {
        var key = body.GetProperty("entry_id").GetString()!;
        var isNew = Entries.TryAdd(key, (id, body));
        return isNew || (Entries[key].Referrer == id && Entries[key].Body.GetRawText() == body.GetRawText())
            ? Results.Ok(new { duplicate = !isNew })
            : Refused(409, "conflict", "another amount");
    }

    private IResult Publish(JsonElement body)
    {
        Rules.Enqueue(body);
        return Results.Ok(new { id = body.GetProperty("id").GetString(), version = Rules.Count + 1 });
    }

    private IResult CreateReferrer(JsonElement body)
    {
        lock (Referrers)
        {
            BetweenReadings?.Invoke();
            BetweenReadings = null;
        }

        var id = body.GetProperty("id").GetString()!;
        return Results.Ok(new { id, duplicate = !Referrers.TryAdd(id, true) });
    }

    private async Task StreamActions(HttpContext context)
    {
        if (Troubles.TryDequeue(out var trouble)) await trouble(context);
        else await AnswerLines(context, int.MaxValue);
    }

    private async Task AnswerLines(HttpContext context, bool referral, int most)
    {
        var body = new StreamReader(context.Request.Body);
        var (lines, rewarded) = (0, 0);
        while (lines < most && await body.ReadLineAsync() is { } text)
        {
            using var document = JsonDocument.Parse(text);
            lines++;
            var answer = JsonSerializer.Serialize(referral ? AnswerReferral(lines, document.RootElement) : Answer(lines, document.RootElement));
            if (answer.Contains("\"rewarded\"", StringComparison.Ordinal)) rewarded++;
            await context.Response.WriteAsync(answer + "\n");
            await context.Response.Body.FlushAsync();
        }

        if (most == int.MaxValue) await context.Response.WriteAsync(JsonSerializer.Serialize(new { summary = new { lines, rewarded } }) + "\n");
    }

    private object AnswerReferral(int number, JsonElement line)
    {
        var (referee, referrer) = (line.GetProperty("referee_id").GetString()!, line.GetProperty("referrer_id").GetString()!);
        var duplicate = !Attributed.TryAdd(referee, referrer);
        return Attributed[referee] == referrer
            ? new { line = number, referee_id = referee, referrer_id = referrer, duplicate }
            : new { line = number, referee_id = referee, error = new { status = 409, code = "already_attributed", param = "referrer_id", detail = "another referrer" } };
    }

    private object Answer(int number, JsonElement line)
    {
        var id = line.GetProperty("action_id").GetString()!;
        if (number == 1) FirstActions.Enqueue(id);
        Received.Enqueue(line.Clone());
        if (id.StartsWith("bad", StringComparison.Ordinal))
            return new { line = number, action_id = id, error = new { status = 400, code = "invalid", detail = "not like this" } };
        if (id.StartsWith("odd", StringComparison.Ordinal))
            return new { line = number, action_id = id, error = new { status = 400, code = "invalid", param = "note", detail = $"'{id}' is odd" } };
        var duplicate = !actions.TryAdd(id, true);
        if (id.StartsWith("early", StringComparison.Ordinal) && !duplicate)
            return new { line = number, action_id = id, status = "parked", code = "sale_missing", duplicate, decisions = Array.Empty<object>() };
        var isSale = line.GetProperty("type").GetString() == "sale";
        var amount = line.TryGetProperty("amount_minor", out var minor) ? minor.GetInt64() / 10 : 0;
        var decision = new { code = isSale ? "rewarded" : "taken_back", reward = new { asset = "GBP", amount_minor = isSale ? amount : -amount } };
        return new { line = number, action_id = id, status = isSale ? "rewarded" : "reversed", duplicate, decisions = new[] { decision } };
    }

    private Task Stubbed(HttpContext context) =>
        Answers.TryGetValue($"{context.Request.Method} {context.Request.Path}", out var answer)
            ? Results.Text(answer.Body, "application/json", statusCode: answer.Status).ExecuteAsync(context)
            : NotFound("id").ExecuteAsync(context);
}

internal sealed record StubbedAnswer(int Status, string Body);
