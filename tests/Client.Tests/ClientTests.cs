using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ReferralGrains.Client.Tests;

/// <summary>How the client behaves when the way to the server is bad: against a server that fails as the test says.</summary>
public sealed class ClientTests : IAsyncLifetime
{
    private static readonly ReferralGrainsClientOptions quick = new() { FirstPause = TimeSpan.FromMilliseconds(1), LinesARequest = 4 };
    private readonly List<(string Target, string? Name, string Body)> asked = [];
    private readonly Queue<Func<HttpContext, string, Task>> answers = new();
    private WebApplication server = null!;
    private HttpClient http = null!;

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        server = builder.Build();
        server.Run(async context =>
        {
            var body = await new StreamReader(context.Request.Body).ReadToEndAsync();
            var target = context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpRequestFeature>()!.RawTarget;
            asked.Add(($"{context.Request.Method} {target}", context.Request.Headers["Idempotency-Key"], body));
            await answers.Dequeue()(context, body);
        });
        await server.StartAsync();
        http = new() { BaseAddress = new(server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single() + "/") };
    }

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        await server.DisposeAsync();
    }

    // The server is for Linux. Were the client said to be so as well, each call would be a warning to whoever builds for anything else.
    [Fact]
    public void It_is_for_every_platform() =>
        Assert.Empty(typeof(ReferralGrainsClient).Assembly.GetCustomAttributes(typeof(System.Runtime.Versioning.SupportedOSPlatformAttribute), false));

    [Fact]
    public async Task A_request_is_tried_again_under_the_same_name_and_content()
    {
        answers.Enqueue((context, _) => Abort(context));
        answers.Enqueue((context, _) => Refuse(context, 503, "unavailable"));
        answers.Enqueue((context, _) => Refuse(context, 429, "busy"));
        answers.Enqueue((context, _) => Answer(context, """{"id":"classic10","name":"C","currency":"USD","time_zone":"UTC","enabled":true,"rules":[],"duplicate":false,"what_comes":1}"""));
        var program = await Client().CreateProgramAsync(new() { Id = "classic10", Name = "C", Currency = "USD", TimeZone = "UTC" }, Stop);
        Assert.Equal("classic10", program.Id);
        Assert.Equal(4, asked.Count);
        Assert.NotNull(Assert.Single(asked.Distinct()).Name);
        Assert.Equal("""{"name":"C","currency":"USD","time_zone":"UTC","id":"classic10"}""", asked[0].Body);
    }

    [Fact]
    public async Task A_connection_that_breaks_as_soon_as_it_stands_is_tried_again()
    {
        answers.Enqueue((context, _) => Answer(context, """{ "what" : "comes" }"""));
        using var cut = new HttpClient(new CutOnce()) { BaseAddress = http.BaseAddress };
        Assert.Equal("""{ "what" : "comes" }""", await new ReferralGrainsClient(cut, "rg_test_key", quick).SendAsync(HttpMethod.Get, "/v1/new", stop: Stop));
        using var once = new HttpClient(new CutOnce()) { BaseAddress = http.BaseAddress };
        await Assert.ThrowsAsync<HttpRequestException>(() => new ReferralGrainsClient(once, "rg_test_key", quick with { Retries = 0 }).SendAsync(HttpMethod.Get, "/v1/new", stop: Stop));
    }

    [Fact]
    public async Task A_table_is_all_pages_with_one_line_of_names_and_a_page_that_breaks_is_asked_for_again()
    {
        answers.Enqueue((context, _) =>
        {
            context.Response.Headers.Link = "</v1/audit_entries?by=key_1&starting_after=b>; rel=\"next\"";
            return context.Response.WriteAsync("id,why\r\na,\"one\r\ntwo\"\r\nb,\r\n");
        });
        answers.Enqueue((context, _) => Abort(context));
        answers.Enqueue((context, _) => context.Response.WriteAsync("id,why\r\nc,\r\n"));
        using var table = new MemoryStream();
        await Client().WriteTableAsync("/v1/audit_entries?by=key_1", table, Stop);
        Assert.Equal("id,why\r\na,\"one\r\ntwo\"\r\nb,\r\nc,\r\n", System.Text.Encoding.UTF8.GetString(table.ToArray()));
        Assert.Equal(["GET /v1/audit_entries?by=key_1", "GET /v1/audit_entries?by=key_1&starting_after=b", "GET /v1/audit_entries?by=key_1&starting_after=b"], asked.Select(static one => one.Target));
    }

    [Fact]
    public async Task Two_requests_with_the_same_content_have_two_names()
    {
        for (var i = 0; i < 2; i++) answers.Enqueue((context, _) => Refuse(context, 422, "unknown_time_zone"));
        for (var i = 0; i < 2; i++) await Assert.ThrowsAsync<ReferralGrainsException>(() => Client().CreateProgramAsync(new() { Name = "C", Currency = "USD", TimeZone = "?" }, Stop));
        Assert.Equal(2, asked.Select(one => one.Name).Distinct().Count());
    }

    [Fact]
    public async Task What_is_wrong_is_said_at_once_with_its_field()
    {
        answers.Enqueue((context, _) => Refuse(context, 404, "referrer_not_found", "referrer_id"));
        var refused = await Assert.ThrowsAsync<ReferralGrainsException>(() => Client().GetReferrerAsync("auth0|a/b", Stop));
        Assert.Equal((404, "referrer_not_found", "referrer_id"), (refused.Problem.Status, refused.Problem.Code, refused.Problem.Param));
        Assert.Equal("GET /v1/referrers/auth0%7Ca%2Fb", Assert.Single(asked).Target);
        Assert.Null(asked[0].Name);
    }

    [Fact]
    public async Task A_call_by_its_path_passes_body_and_answer_on_as_they_are_and_is_tried_again()
    {
        for (var i = 0; i < 2; i++)
        {
            answers.Enqueue((context, _) => Refuse(context, 503, "unavailable"));
            answers.Enqueue((context, _) => Answer(context, """{ "what" : "comes" }"""));
        }

        Assert.Equal("""{ "what" : "comes" }""", await Client().SendAsync(HttpMethod.Post, "/v1/new?of=a%2Fb", """{ "a" : 1 }""", stop: Stop));
        var first = Assert.Single(asked.Distinct());
        Assert.Equal(("POST /v1/new?of=a%2Fb", """{ "a" : 1 }"""), (first.Target, first.Body));
        Assert.NotNull(first.Name);
        await new ReferralGrainsClient(http, "rg_test_key", quick with { NameRequests = false }).SendAsync(HttpMethod.Post, "/v1/new", "{}", stop: Stop);
        Assert.Equal((4, null), (asked.Count, asked[^1].Name));
    }

    [Fact]
    public async Task Patience_has_an_end()
    {
        for (var i = 0; i <= quick.Retries; i++) answers.Enqueue((context, _) => Refuse(context, 503, "unavailable"));
        await Assert.ThrowsAsync<ReferralGrainsException>(() => Client().GetReferrerAsync("rita", Stop));
        Assert.Equal(1 + quick.Retries, asked.Count);
    }

    [Fact]
    public async Task A_proxy_that_answers_in_html_is_a_refusal_as_well()
    {
        answers.Enqueue(async (context, _) =>
        {
            context.Response.StatusCode = 403;
            await context.Response.WriteAsync("<html>");
        });
        Assert.Equal("not_from_referralgrains", (await Assert.ThrowsAsync<ReferralGrainsException>(() => Client().GetReferrerAsync("rita", Stop))).Problem.Code);
    }

    [Fact]
    public async Task A_list_is_read_page_by_page_and_no_further_than_it_is_asked_for()
    {
        answers.Enqueue((context, _) => Answer(context, $$"""{"data":[{{Reward("rw_1")}},{{Reward("rw_2")}}],"has_more":true}"""));
        answers.Enqueue((context, _) => Answer(context, $$"""{"data":[{{Reward("rw_3")}}],"has_more":true}"""));
        var seen = new List<RewardAnswer>();
        await foreach (var reward in Client().ListRewardsAsync(state: ListRewardsState.Pending, limit: 2, startingAfter: "rw_0", stop: Stop))
        {
            seen.Add(reward);
            if (seen.Count == 3) break;
        }

        Assert.Equal(["rw_1", "rw_2", "rw_3"], seen.Select(reward => reward.Id));
        Assert.Equal(["GET /v1/rewards?state=pending&limit=2&starting_after=rw_0", "GET /v1/rewards?state=pending&limit=2&starting_after=rw_2"], asked.Select(one => one.Target));
        Assert.All(seen, reward => Assert.Equal(RewardAnswerState.Unknown, reward.State)); // A word of a newer server.
    }

    [Fact]
    public async Task A_stream_that_breaks_goes_on_at_its_first_line_without_an_answer()
    {
        answers.Enqueue((context, _) => Abort(context));
        answers.Enqueue((context, body) => Lines(context, body, only: 3));
        answers.Enqueue((context, _) => Refuse(context, 503, "unavailable"));
        answers.Enqueue((context, body) => Lines(context, body));
        answers.Enqueue((context, body) => Lines(context, body));
        var seen = new List<OutcomeLineBody>();
        await foreach (var answer in Client().StreamActionsAsync(Actions(6), Stop)) seen.Add(answer);
        Assert.Equal(Enumerable.Range(1, 6).Select(i => ((long?)i, (string?)$"a{i}", (OutcomeLineBodyStatus?)OutcomeLineBodyStatus.Rewarded)), seen.Select(one => (one.Line, one.ActionId, one.Status)));
        Assert.Equal([4, 4, 1, 1, 2], asked.Select(one => one.Body.Count(c => c == '\n')));
    }

    [Theory]
    [InlineData(429, "answers_unread")]
    [InlineData(503, "unavailable")]
    [InlineData(429, "busy")]
    public async Task A_line_that_was_not_taken_for_a_reason_that_passes_is_sent_again(int status, string code)
    {
        answers.Enqueue(async (context, body) =>
        {
            await Lines(context, body, only: 2);
            await context.Response.WriteAsync($$"""{"line":3,"error":{"status":{{status}},"code":"{{code}}","detail":"Later."} }""" + "\n");
        });
        answers.Enqueue((context, body) => Lines(context, body));
        var seen = new List<OutcomeLineBody>();
        await foreach (var answer in Client().StreamActionsAsync(Actions(4), Stop)) seen.Add(answer);
        Assert.Equal(["a1", "a2", "a3", "a4"], seen.Select(one => one.Status is null ? one.Error?.Code : one.ActionId));
        Assert.Equal([4, 2], asked.Select(one => one.Body.Count(c => c == '\n')));
    }

    [Fact]
    public async Task A_word_that_is_none_is_not_sent() =>
        await Assert.ThrowsAsync<ArgumentException>(() => Client().CreateActionAsync(new() { ActionId = "a", ProgramId = "p", RefereeId = "r", Type = ActionBodyType.Unknown }, stop: Stop));

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private ReferralGrainsClient Client() => new(http, "rg_test_key", quick);

    private static async IAsyncEnumerable<ActionBody> Actions(int count)
    {
        for (var i = 1; i <= count; i++) yield return new() { ActionId = $"a{i}", ProgramId = "p", RefereeId = "r", Type = ActionBodyType.Sale, AmountMinor = 100 };
        await Task.CompletedTask;
    }

    private static string Reward(string id) => $$"""
        {"id":"{{id}}","asset":"USD","amount_minor":1,"left_minor":1,"state":"levitating","program_id":"p","referee_id":"r","referrer_id":"j","action_id":null,
        "enrollment_id":"en_1","rule_id":"ten","rule_version":1,"created_at":"2026-01-01T00:00:00Z"}
        """;

    private static Task Abort(HttpContext context)
    {
        context.Abort();
        return Task.CompletedTask;
    }

    private static async Task Answer(HttpContext context, string json)
    {
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(json);
    }

    private static async Task Refuse(HttpContext context, int status, string code, string? param = null)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/problem+json";
        if (status == 429) context.Response.Headers.RetryAfter = "0";
        var problem = new JsonObject { ["type"] = "/docs/errors", ["title"] = "No", ["status"] = status, ["code"] = code, ["param"] = param, ["detail"] = "No.", ["request_id"] = "1" };
        await context.Response.WriteAsync(problem.ToJsonString());
    }

    private static async Task Lines(HttpContext context, string body, int only = int.MaxValue)
    {
        context.Response.ContentType = "application/x-ndjson";
        var lines = body.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        for (var i = 0; i < Math.Min(lines.Length, only); i++)
            await context.Response.WriteAsync(string.Create(CultureInfo.InvariantCulture, $"{{\"line\":{i + 1},\"action_id\":\"{JsonNode.Parse(lines[i])!["action_id"]}\",\"status\":\"rewarded\"}}\n"));
        if (only < lines.Length) return;
        await context.Response.WriteAsync("""{"summary":{"lines":0,"rewarded":0,"not_rewarded":0,"reversed":0,"parked":0,"duplicates":0,"errors":0}}""" + "\n");
    }

    // As HttpClient lets it through where the other side is gone before it has looked.
    private sealed class CutOnce() : DelegatingHandler(new SocketsHttpHandler())
    {
        private bool isCut;

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (isCut) return base.SendAsync(request, cancellationToken);
            isCut = true;
            throw new System.Net.Sockets.SocketException((int)System.Net.Sockets.SocketError.NotConnected);
        }
    }
}
