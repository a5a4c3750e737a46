using System.Text;
using Microsoft.AspNetCore.Http;
using ReferralGrains.Cli;
using ReferralGrains.Cli.Api;

namespace Cli.Tests;

public sealed class LineExchangeTests
{
    private const int Ahead = 60;

    private static readonly ExchangeLimits limits = new() { LinesAhead = Ahead, FirstWait = TimeSpan.FromMilliseconds(1), Attempts = 4 };

    [Fact]
    public async Task Connection_cut_half_way_resumes_at_the_first_line_without_an_answer()
    {
        await using var server = await StandIn.Start();
        server.Troubles.Enqueue(async context =>
        {
            var body = new StreamReader(context.Request.Body);
            for (var line = 1; line <= 50; line++)
            {
                await StandIn.SkipLines(body, 1);
                await context.Response.WriteAsync($"{{\"line\":{line},\"status\":\"rewarded\"}}\n");
            }

            // The client keeps 60 lines open at most, so the arrival of line 110 proves that it has read all fifty answers.
            await context.Response.Body.FlushAsync();
            await StandIn.SkipLines(body, Ahead);
            context.Abort();
        });

        var (exchange, answered) = await Exchange(server, 500);

        Assert.Equal(Enumerable.Range(1, 500).Select(n => (long)n), answered);
        Assert.Equal(["a51"], server.FirstActions);
        Assert.Equal((1, 60), (exchange.Interruptions, exchange.SentAgain));
    }

    [Fact]
    public async Task Answer_that_ends_early_resumes_as_well()
    {
        await using var server = await StandIn.Start();
        server.Troubles.Enqueue(context => server.AnswerLines(context, 7));

        var (_, answered) = await Exchange(server, 20);

        Assert.Equal(20, answered.Count);
        Assert.Equal(["a1", "a8"], server.FirstActions);
    }

    [Fact]
    public async Task Unavailable_server_is_asked_again_and_its_line_errors_too()
    {
        await using var server = await StandIn.Start();
        server.Troubles.Enqueue(context => Results.Json(new { code = "unavailable" }, statusCode: 503).ExecuteAsync(context));
        server.Troubles.Enqueue(context => context.Response.WriteAsync(
            "{\"line\":1,\"status\":\"rewarded\"}\n{\"line\":2,\"error\":{\"status\":503,\"code\":\"unavailable\",\"detail\":\"later\"}}\n"));

        var (exchange, answered) = await Exchange(server, 20);

        Assert.Equal(20, answered.Count);
        Assert.Equal(["a2"], server.FirstActions);
        Assert.Equal(2, exchange.Interruptions);
    }

    [Fact]
    public async Task Line_that_is_refused_until_something_else_comes_is_a_result_and_the_rest_goes_on()
    {
        await using var server = await StandIn.Start();
        server.Troubles.Enqueue(context => context.Response.WriteAsync(string.Concat(Enumerable.Range(1, 3).Select(line => line == 2
            ? "{\"line\":2,\"error\":{\"status\":429,\"code\":\"too_many_parked\",\"detail\":\"send the referral first\"}}\n"
            : $"{{\"line\":{line},\"status\":\"rewarded\"}}\n"))));

        var (exchange, answered) = await Exchange(server, 3);

        Assert.Equal(3, answered.Count);
        Assert.Equal(0, exchange.Interruptions);
    }

    [Fact]
    public async Task Attempts_are_bounded_and_the_line_is_named()
    {
        await using var server = await StandIn.Start();
        for (var i = 0; i < limits.Attempts; i++) server.Troubles.Enqueue(context => server.AnswerLines(context, i == 0 ? 3 : 0));

        var failed = await Assert.ThrowsAsync<CommandFailed>(() => Exchange(server, 20));

        Assert.StartsWith("gave up at line 1 after 4 attempts", failed.Message, StringComparison.Ordinal);
        Assert.Empty(server.Troubles);
    }

    [Fact]
    public async Task Key_without_a_role_is_not_tried_again()
    {
        await using var server = await StandIn.Start();
        server.Troubles.Enqueue(context => Results.Json(new { code = "forbidden", detail = "needs ingest" }, statusCode: 403).ExecuteAsync(context));

        var failed = await Assert.ThrowsAsync<CommandFailed>(() => Exchange(server, 20));

        Assert.Equal("this key may not POST /v1/actions:stream (403 forbidden): needs ingest", failed.Message);
    }

    [Fact]
    public async Task File_that_cannot_be_read_to_its_end_stops_the_exchange_with_that_reason()
    {
        await using var server = await StandIn.Start();
        var exchange = new LineExchange(new(server.Url, StandIn.Key), limits, TimeProvider.System);
        var lines = Lines(5).Concat(Broken(new CommandFailed("broken")));

        var failed = await Assert.ThrowsAsync<CommandFailed>(
            () => exchange.Run("/v1/actions:stream", lines.ToAsyncEnumerable(), long.MaxValue, (_, _) => { }, TestContext.Current.CancellationToken));

        Assert.Equal("broken", failed.Message);
    }

    // A disk fails by the same exceptions as a connection, and nothing comes of sending again.
    [Fact]
    public async Task Disk_that_fails_on_either_side_is_no_break_of_the_connection()
    {
        await using var server = await StandIn.Start();
        var reading = new LineExchange(new(server.Url, StandIn.Key), limits, TimeProvider.System);
        var writing = new LineExchange(new(server.Url, StandIn.Key), limits, TimeProvider.System);

        var unread = await Assert.ThrowsAsync<IOException>(() => reading.Run(
            "/v1/actions:stream", Lines(5).Concat(Broken(new IOException("run"))).ToAsyncEnumerable(), long.MaxValue, (_, _) => { }, TestContext.Current.CancellationToken));
        var unwritten = await Assert.ThrowsAsync<IOException>(() => writing.Run(
            "/v1/actions:stream", Lines(5).ToAsyncEnumerable(), long.MaxValue, (_, _) => throw new IOException("reject"), TestContext.Current.CancellationToken));

        Assert.Equal(("run", "reject", 0, 0), (unread.Message, unwritten.Message, reading.Interruptions, writing.Interruptions));
    }

    // The line with that code may come after the last one that was sent.
    [Theory]
    [InlineData(3, "a3")]
    [InlineData(21, null)]
    public async Task Lines_that_were_not_taken_because_answers_were_left_unread_are_sent_again(int from, string? again)
    {
        await using var server = await StandIn.Start();
        server.Troubles.Enqueue(async context =>
        {
            await StandIn.SkipLines(new(context.Request.Body), 20);
            await context.Response.WriteAsync(string.Concat(Enumerable.Range(1, from - 1).Select(line => $"{{\"line\":{line},\"status\":\"rewarded\"}}\n")) +
                $"{{\"line\":{from},\"error\":{{\"status\":429,\"code\":\"answers_unread\",\"detail\":\"read\"}}}}\n");
        });

        var (exchange, answered) = await Exchange(server, 20);

        Assert.Equal(Enumerable.Range(1, 20).Select(n => (long)n), answered);
        Assert.Equal(again is null ? [] : [again], server.FirstActions);
        Assert.Equal(1, exchange.Interruptions);
    }

    [Theory]
    [InlineData("SMTP ready\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nno colon\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nmany\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n")]
    public async Task Answer_that_is_not_http_is_a_broken_connection(string answer)
    {
        var reader = new ResponseReader(new MemoryStream(Encoding.ASCII.GetBytes(answer)));

        await Assert.ThrowsAsync<IOException>(async () =>
        {
            await reader.ReadHead(TestContext.Current.CancellationToken);
            await reader.ReadBody(new byte[10], TestContext.Current.CancellationToken);
        });
    }

    [Fact]
    public async Task Requests_end_after_so_many_lines()
    {
        await using var server = await StandIn.Start();

        var (_, answered) = await Exchange(server, 20, perRequest: 10);

        Assert.Equal(20, answered.Count);
        Assert.Equal(["a1", "a11"], server.FirstActions);
    }

    private static async Task<(LineExchange Exchange, List<long> Answered)> Exchange(StandIn server, int count, long perRequest = long.MaxValue)
    {
        var exchange = new LineExchange(new(server.Url, StandIn.Key), limits, TimeProvider.System);
        var answered = new List<long>();
        await exchange.Run(
            "/v1/actions:stream", Lines(count).ToAsyncEnumerable(), perRequest, (line, _) => answered.Add(line.Number), TestContext.Current.CancellationToken);
        return (exchange, answered);
    }

    private static IEnumerable<NumberedLine> Lines(int count) => Enumerable.Range(1, count).Select(
        n => new NumberedLine(n, Encoding.UTF8.GetBytes($$"""{"action_id":"a{{n}}","type":"sale","referee_id":"c"}""")));

    private static IEnumerable<NumberedLine> Broken(Exception with)
    {
        if (Environment.ProcessId > 0) throw with;
        yield break;
    }
}
