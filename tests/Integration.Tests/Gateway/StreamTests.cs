using System.Collections.Concurrent;
using System.IO.Compression;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using ReferralGrains.Gateway.Lines;
using ReferralGrains.Integration.Tests.Gateway.World;
using ReferralGrains.Turns;
using ReferralGrains.Turns.Referrals;

namespace ReferralGrains.Integration.Tests.Gateway;

public sealed class StreamTests : IAsyncLifetime
{
    private const string Path = "/v1/actions:stream";

    private GatewayHost host = null!;

    public async ValueTask InitializeAsync() => host = await Started();

    public ValueTask DisposeAsync() => host.DisposeAsync();

    [Fact]
    public async Task Every_line_is_answered_once_in_input_order_and_counted_once()
    {
        const int lines = 5_000;
        var answers = await host.Stream(Path, string.Concat(Enumerable.Range(1, lines).Select(i => Sale($"a{i}", i % 20) + "\n")));

        Assert.Equal(lines + 1, answers.Count);
        Assert.All(answers.Take(lines).Index(), line => Assert.Equal((line.Index + 1L, $"a{line.Index + 1}"), (line.Item.GetProperty("line").GetInt64(), Id(line.Item))));
        Assert.Equal((lines, lines, 0, 0, 0, 0, 0), Summary(answers[^1]));
    }

    [Fact]
    public async Task Lines_of_one_referee_take_effect_in_line_order_and_go_together()
    {
        var gate = new TaskCompletionSource();
        host.Grains.Before = (_, command) => command is RecordActions ? gate.Task : Task.CompletedTask;
        var before = host.Grains.Commands;
        var stream = host.Stream(Path, string.Concat(Enumerable.Range(1, 200).Select(i => Sale($"a{i}", 0) + "\n")));
        gate.SetResult();

        var answers = await stream;
        Assert.Equal(Enumerable.Range(3, 200), answers.Take(200).Select(line => int.Parse(RewardOf(line).Split('_')[2])));
        Assert.InRange(host.Grains.Commands - before, 1, 20);
    }

    [Fact]
    public async Task It_takes_its_time_while_single_actions_are_answered_late_and_goes_on_when_they_are_not()
    {
        var clock = new Stopped();
        await using var shared = await Started(time: clock);
        var pace = shared.Services.GetRequiredService<StreamPace>();
        foreach (var late in (int[])[1, 1, 100, 100])
        {
            clock.Ticks += StreamPace.Look.Ticks;
            pace.Answered(pace.Now - late * TimeSpan.TicksPerMillisecond);
        }

        const int lines = 600;
        var answers = await shared.Stream(Path, string.Concat(Enumerable.Range(1, lines).Select(i => Sale($"a{i}", i % 20) + "\n")));
        Assert.Equal((lines, lines, 0, 0, 0, 0, 0), Summary(answers[^1]));
        Assert.Contains(clock.Waits, static wait => wait == TimeSpan.FromSeconds(lines / StreamPace.Least));

        clock.Waits.Clear();
        clock.Ticks += StreamPace.Remembered.Ticks;
        await shared.Stream(Path, Sale("b1", 1));
        Assert.DoesNotContain(clock.Waits, static wait => wait > TimeSpan.Zero && wait < StreamPace.Remembered);
    }

    [Fact]
    public async Task It_hears_of_how_long_a_single_action_was_decided_and_not_of_how_slowly_it_was_sent()
    {
        var clock = new Stopped();
        await using var shared = await Started(time: clock);
        var pace = shared.Services.GetRequiredService<StreamPace>();
        var late = 10 * StreamPace.Quick;
        await Act("quick");

        // Told to go on, a client knows that its action is waited for.
        var slow = Sale("slow", 1);
        using var raw = await Connect(shared, $"Content-Length: {slow.Length}\r\nExpect: 100-continue", "/v1/actions");
        await ReadUntil(raw, "100 Continue");
        clock.Ticks += late.Ticks;
        await raw.WriteAsync(Encoding.UTF8.GetBytes(slow));
        Assert.Contains("\"rewarded\"", await ReadUntil(raw, "\"rewarded\""), StringComparison.Ordinal);
        Assert.Equal(double.PositiveInfinity, pace.Took(0));

        shared.Grains.Before = (_, _) =>
        {
            clock.Ticks += late.Ticks;
            return Task.CompletedTask;
        };
        await Act("late");
        Assert.Equal(StreamPace.Least, pace.Took(0));

        Task<JsonElement> Act(string id) => shared.Ok("POST", "/v1/actions", Sale(id, 1));
    }

    [Fact]
    public async Task A_line_waits_while_another_of_its_referee_is_asked_about()
    {
        var (gate, asked, other) = (new TaskCompletionSource(), new TaskCompletionSource(), new TaskCompletionSource());
        var asks = 0;
        host.Grains.Before = (to, command) =>
        {
            if (command is not RecordActions) return Task.CompletedTask;
            if (to.Second!.Value.Value != "cus_1") other.TrySetResult();
            else if (Interlocked.Increment(ref asks) == 1) asked.TrySetResult();
            return gate.Task;
        };
        using var raw = await Connect(host, "Transfer-Encoding: chunked");
        await Chunk(raw, Sale("a1", 0) + "\n");
        await asked.Task;

        // Lines are taken in their order: when the other referee's line has been, so has the one before it.
        await Chunk(raw, Sale("a2", 0) + "\n" + Sale("a3", 1) + "\n");
        await other.Task;
        Assert.Equal(1, Volatile.Read(ref asks));
        gate.SetResult();
        await raw.WriteAsync("0\r\n\r\n"u8.ToArray());
        Assert.Contains("\"rewarded\":3", await ReadUntil(raw, "summary"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bad_line_is_an_error_line_and_the_rest_goes_on()
    {
        var answers = await host.Stream(Path, $$"""
            {{Sale("a1", 0)}}

            {"action_id":"a2","program_id":"p","type":"sale","referee_id":"cus_1","amount_minor":"1"}
            not json
               {{Sale("a3", 1)}}
            {"program_id":"p","amount_minor":1,"action_id":"a4","typ":1}
            {{Sale("a1", 0)}}
            {"action_id":"a1","program_id":"p","type":"sale","referee_id":"cus_1","amount_minor":5}
            {"action_id":"a5","program_id":"none","type":"sale","referee_id":"cus_1","amount_minor":5}
            {{Sale("a6", 99)}}
            {"action_id":"a7","program_id":"p","type":"refund","referee_id":"cus_2","refund_of":"a3"}
            {"action_id":"a8","program_id":"p","type":"sale","referee_id":"cus_1","amount_minor":0
            """);

        Assert.Equal([1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], answers.Take(11).Select(line => line.GetProperty("line").GetInt32()));
        Assert.Equal((400, "invalid_field", "amount_minor", "a2"), Error(answers[1]));
        Assert.Equal((400, "invalid_json", null, null), Error(answers[2]));
        Assert.Equal((400, "unknown_field", "typ", "a4"), Error(answers[4]));
        Assert.True(answers[5].GetProperty("duplicate").GetBoolean());
        Assert.Equal((409, "action_conflict", "action_id", "a1"), Error(answers[6]));
        Assert.Equal((404, "program_not_found", "program_id", "a5"), Error(answers[7]));
        Assert.Equal(("parked", "referral_missing"), (answers[8].GetProperty("status").GetString(), answers[8].GetProperty("code").GetString()));
        Assert.Equal("reversed", answers[9].GetProperty("status").GetString());
        Assert.Equal((400, "invalid_json", "amount_minor", "a8"), Error(answers[10]));
        Assert.Equal((11, 2, 0, 1, 1, 1, 6), Summary(answers[^1]));
    }

    [Fact]
    public async Task E_what_is_sent_for_a_program_that_nobody_has_wakes_no_grain()
    {
        var before = host.Grains.Commands;
        const string sale = """{"action_id":"a","program_id":"none","type":"sale","referee_id":"c","amount_minor":1}""";
        const string referral = """{"program_id":"none","referee_id":"c","referrer_id":"rita"}""";
        Assert.Equal((404, "program_not_found", "program_id", "a"), Error((await host.Stream(Path, sale))[0]));
        Assert.Equal("program_not_found", (await host.Stream("/v1/referrals:batch", referral))[0].GetProperty("error").GetProperty("code").GetString());
        foreach (var (path, body) in new[] { ("/v1/actions", sale), ("/v1/actions?dry_run=true", sale), ("/v1/referrals", referral) })
            Assert.Equal(404, (await host.Send("POST", path, body)).Status);
        Assert.Equal(before, host.Grains.Commands);

        // It is looked for again each time: made a moment later, it is there.
        await host.Ok("POST", "/v1/programs", """{"id":"none","name":"N","currency":"GBP","time_zone":"UTC"}""");
        await host.Ok("POST", "/v1/actions", sale);
    }

    [Fact]
    public async Task A_line_that_is_too_long_is_an_error_line()
    {
        var answers = await host.Stream(Path, $"{Sale("a1", 0)}\n{{\"note\":\"{new string('x', 10_000_000)}\"}}\n{Sale("a2", 0)}\n{new string(' ', 2_000_000)}");

        Assert.Equal(["a1", "a2"], answers.Where(line => line.TryGetProperty("status", out _)).Select(Id));
        Assert.Equal((413, "line_too_long", null, null), Error(answers[1]));
        Assert.Equal((413, "line_too_long", null, null), Error(answers[3]));
    }

    [Fact]
    public async Task The_last_line_needs_no_end_and_the_body_no_lines()
    {
        Assert.Equal((1, 1, 0, 0, 0, 0, 0), Summary((await host.Stream(Path, Sale("a1", 0)))[^1]));
        Assert.Equal((0, 0, 0, 0, 0, 0, 0), Summary((await host.Stream(Path, "\n\r\n  \n"))[^1]));
        Assert.Equal((0, 0, 0, 0, 0, 0, 0), Summary(Assert.Single(await host.Stream(Path, ""))));
    }

    [Fact]
    public async Task Only_what_went_wrong_is_answered_on_request()
    {
        var answers = await host.Stream(Path + "?answers=errors", Sale("a1", 0) + "\nx\n" + Sale("a2", 0) + "\n");
        Assert.Equal(2, answers.Count);
        Assert.Equal(2, answers[0].GetProperty("line").GetInt32());
        Assert.Equal((3, 2, 0, 0, 0, 0, 1), Summary(answers[1]));
    }

    [Fact]
    public async Task Inside_a_stream_a_full_mailbox_means_wait()
    {
        var refusals = 3;
        host.Grains.Before = (_, command) => command is RecordActions && Interlocked.Decrement(ref refusals) >= 0
            ? Task.FromException(new GrainBusyException("full", TimeSpan.FromMilliseconds(5)))
            : Task.CompletedTask;
        Assert.Equal((2, 2, 0, 0, 0, 0, 0), Summary((await host.Stream(Path, Sale("a1", 0) + "\n" + Sale("a2", 1) + "\n"))[^1]));
        Assert.True(refusals < 0);
    }

    [Fact]
    public async Task A_journal_that_comes_back_in_time_is_waited_for()
    {
        var failures = 2;
        host.Grains.Before = (_, command) => command is RecordActions && Interlocked.Decrement(ref failures) >= 0
            ? Task.FromException(new GrainUnavailableException("gone"))
            : Task.CompletedTask;
        Assert.Equal((1, 1, 0, 0, 0, 0, 0), Summary((await host.Stream(Path, Sale("a1", 0) + "\n"))[^1]));
    }

    [Fact]
    public async Task A_journal_that_stays_away_is_an_error_line_with_503()
    {
        await using var impatient = await Started(options => options.Unavailable = TimeSpan.FromMilliseconds(50));
        impatient.Grains.Before = (to, command) => command is RecordActions && to.Second!.Value.Value == "cus_1"
            ? Task.FromException(new GrainUnavailableException("gone"))
            : Task.CompletedTask;
        var answers = await impatient.Stream(Path, Sale("a1", 0) + "\n" + Sale("a2", 1) + "\n");
        Assert.Equal((503, "unavailable", null, "a1"), Error(answers[0]));
        Assert.Equal((2, 1, 0, 0, 0, 0, 1), Summary(answers[^1]));
    }

    [Fact]
    public async Task Our_own_bug_fails_its_lines_and_says_nothing_of_itself()
    {
        host.Grains.Before = (to, command) => command is RecordActions && to.Second!.Value.Value == "cus_1"
            ? Task.FromException(new InvalidOperationException("secret"))
            : Task.CompletedTask;
        var answers = await host.Stream(Path, Sale("a1", 0) + "\n" + Sale("a2", 1) + "\n");
        Assert.Equal((500, "internal_error", null, "a1"), Error(answers[0]));
        Assert.DoesNotContain("secret", answers[0].ToString(), StringComparison.Ordinal);
        Assert.Equal("a2", Id(answers[1]));
    }

    [Fact]
    public async Task Answers_flow_while_the_request_is_still_being_sent()
    {
        using var raw = await Connect(host, "Transfer-Encoding: chunked");
        for (var i = 1; i <= 3; i++)
        {
            await Chunk(raw, Sale($"a{i}", 0) + "\n");
            Assert.Contains($"\"a{i}\"", await ReadUntil(raw, $"\"a{i}\""), StringComparison.Ordinal);
        }

        await raw.WriteAsync("0\r\n\r\n"u8.ToArray());
        Assert.Contains("\"lines\":3", await ReadUntil(raw, "summary"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_vanishes_stops_the_reading_and_what_was_taken_in_stands()
    {
        var raw = await Connect(host, "Content-Length: 100000000");
        await raw.WriteAsync(Encoding.UTF8.GetBytes(Sale("a1", 0) + "\n" + Sale("a2", 0)[..20]));
        Assert.Contains("\"a1\"", await ReadUntil(raw, "\"a1\""), StringComparison.Ordinal);
        raw.Close();

        Assert.Equal(200, (await host.Send("GET", "/v1/actions/a1")).Status);
        Assert.Equal(404, (await host.Send("GET", "/v1/actions/a2")).Status);
        await Ended(host);
    }

    [Fact]
    public async Task A_stream_that_a_stop_cuts_short_ends_without_a_summary()
    {
        using var raw = await Connect(host, "Transfer-Encoding: chunked");
        await Chunk(raw, Sale("a1", 0) + "\n");
        Assert.Contains("\"a1\"", await ReadUntil(raw, "\"a1\""), StringComparison.Ordinal);
        host.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();

        // A summary would say that these were all the lines.
        Assert.DoesNotContain("summary", await ReadToEnd(raw), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_sends_all_before_it_reads_gets_all_its_answers()
    {
        const int lines = 60_000;
        using var raw = await Connect(host, "Transfer-Encoding: chunked");
        await SendAll(raw, lines);
        var answers = await Answers(raw);
        Assert.Equal(Enumerable.Range(1, lines).Select(i => $"a{i}"), answers.SkipLast(1).Select(Id));
        Assert.Equal((lines, lines, 0, 0, 0, 0, 0), Summary(answers[^1]));
    }

    [Fact]
    public async Task When_no_more_answers_can_be_kept_a_line_says_which_lines_were_not_taken()
    {
        await using var small = await Started(options => options.SpoolBytes = 100_000);
        using var raw = await Connect(small, "Transfer-Encoding: chunked");
        await SendAll(raw, 60_000);
        var answers = await Answers(raw);
        var taken = answers.Count - 2;
        Assert.InRange(taken, 1, 59_999);
        Assert.Equal(Enumerable.Range(1, taken).Select(i => $"a{i}"), answers.Take(taken).Select(Id));
        Assert.Equal((429, "answers_unread", null, null), Error(answers[^2]));
        Assert.Equal((taken + 1L, taken + 1), (answers[^2].GetProperty("line").GetInt64(), Summary(answers[^1]).Item1));

        // The disk is free again, for this client and for others.
        Assert.Equal(201, (await small.Stream(Path, string.Concat(Enumerable.Range(1, 200).Select(i => Sale($"b{i}", i % 20) + "\n")))).Count);
    }

    [Fact]
    public async Task A_client_that_leaves_its_answers_unread_after_it_has_sent_all_is_cut_off()
    {
        await using var brisk = await Started(options => options.UnreadAnswers = TimeSpan.FromSeconds(1));
        using var raw = await Connect(brisk, "Transfer-Encoding: chunked");
        await SendAll(raw, 60_000);
        await Ended(brisk);
    }

    [Fact]
    public async Task A_body_may_be_compressed()
    {
        using var packed = new MemoryStream();
        await using (var gzip = new GZipStream(packed, CompressionMode.Compress, leaveOpen: true))
            await gzip.WriteAsync(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(1, 500_000).Select(i => $"{{\"action_id\":\"a{i}\",\"nobody\":\"{new string('x', 100)}\"}}\n"))));
        using var request = new HttpRequestMessage(HttpMethod.Post, Path + "?answers=errors") { Content = new ByteArrayContent(packed.ToArray()) };
        request.Headers.Authorization = new("Bearer", GatewayHost.AdminKey);
        request.Content.Headers.ContentEncoding.Add("gzip");
        request.Headers.ExpectContinue = true;
        using var answer = await host.Client.SendAsync(request);
        Assert.EndsWith("\"errors\":500000}}\n", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gzip", 400, "bad_request")]
    [InlineData("GZIP", 400, "bad_request")]
    [InlineData("compress", 415, "encoding_not_supported")]
    public async Task A_body_that_cannot_be_unpacked_is_refused(string encoding, int expected, string code)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/actions") { Content = new StringContent(Sale("a1", 0)) };
        request.Headers.Authorization = new("Bearer", GatewayHost.AdminKey);
        request.Content.Headers.ContentEncoding.Add(encoding);
        using var answer = await host.Client.SendAsync(request);
        Assert.Equal(expected, (int)answer.StatusCode);
        Assert.Contains($"\"{code}\"", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stream_over_which_nothing_goes_is_ended()
    {
        await using var brisk = await Started(options => options.IdleStream = TimeSpan.FromSeconds(5));
        using var raw = await Connect(brisk, "Transfer-Encoding: chunked");
        await Chunk(raw, Sale("a1", 0) + "\n");
        Assert.DoesNotContain("summary", await ReadToEnd(raw), StringComparison.Ordinal);
        await Ended(brisk);
    }

    [Fact]
    public async Task A_tenant_has_so_many_streams_at_a_time()
    {
        await using var few = await Started(options => options.StreamsPerTenant = 1);
        Task ended;
        using (var raw = await Connect(few, "Transfer-Encoding: chunked"))
        {
            await Chunk(raw, Sale("a1", 0) + "\n");
            await ReadUntil(raw, "a1");
            ended = Ended(few);
            var (status, problem) = await few.Send("POST", Path, Sale("a2", 0));
            Assert.Equal((429, "too_many_streams"), (status, problem.GetProperty("code").GetString()));
            await raw.WriteAsync("0\r\n\r\n"u8.ToArray());
            await ReadUntil(raw, "summary");
        }

        await ended;
        Assert.Equal(2, (await few.Stream(Path, Sale("a2", 0))).Count);
    }

    [Fact]
    public async Task A_batch_of_referrals_is_answered_line_by_line()
    {
        var code = (await host.Ok("GET", "/v1/referrers/rita")).GetProperty("code").GetString();
        var answers = await host.Stream("/v1/referrals:batch", $$"""
            {"program_id":"p","referee_id":"n1","referrer_id":"rita"}
            {"program_id":"p","referee_id":"n1","referrer_id":"rita"}
            {"program_id":"p","referee_id":"n2","code":"{{code}}","status":"pending"}
            {"program_id":"p","referee_id":"n3","code":"NOBODY"}
            {"program_id":"p","referee_id":"n4","referrer_id":"nobody"}
            {"program_id":"p","referee_id":"n5"}
            """);

        Assert.Equal(6, answers.Count);
        Assert.Equal(("approved", "rita"), (answers[0].GetProperty("status").GetString(), answers[0].GetProperty("referrer_id").GetString()));
        Assert.True(answers[1].GetProperty("duplicate").GetBoolean());
        Assert.Equal(("pending", "rita"), (answers[2].GetProperty("status").GetString(), answers[2].GetProperty("referrer_id").GetString()));
        Assert.Equal((404, "code_not_found"), (answers[3].GetProperty("error").GetProperty("status").GetInt32(), answers[3].GetProperty("error").GetProperty("code").GetString()));
        Assert.Equal((404, "referrer_not_found"), (answers[4].GetProperty("error").GetProperty("status").GetInt32(), answers[4].GetProperty("error").GetProperty("code").GetString()));
        Assert.Equal((400, "missing_field"), (answers[5].GetProperty("error").GetProperty("status").GetInt32(), answers[5].GetProperty("error").GetProperty("code").GetString()));
    }

    // The audit log is waited for as the response begins, while more answers come than the buffer holds.
    [Fact]
    public async Task Answers_are_whole_when_the_response_begins_late()
    {
        const int lines = 1_000;
        var slow = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        host.Audit.Slow = slow.Task;
        var streamed = host.Stream("/v1/referrals:batch", string.Concat(Enumerable.Range(0, lines).Select(i => $$"""{"program_id":"p","referee_id":"late{{i}}","referrer_id":"rita"}""" + "\n")));
        await Eventually.Holds("more is answered than is written at once", () => Task.FromResult(host.Grains.Referrals.Count >= 500));
        slow.SetResult();
        Assert.Equal(Enumerable.Range(0, lines).Select(i => $"late{i}"), (await streamed).Select(answer => answer.GetProperty("referee_id").GetString()));
    }

    private static async Task SendAll(NetworkStream raw, int lines)
    {
        foreach (var some in Enumerable.Range(1, lines).Chunk(500)) await Chunk(raw, string.Concat(some.Select(i => Sale($"a{i}", i % 20) + "\n")));
        await raw.WriteAsync("0\r\n\r\n"u8.ToArray());
    }

    private static async Task<List<JsonElement>> Answers(NetworkStream raw)
    {
        var (seen, buffer) = (new StringBuilder(), new byte[1024 * 1024]);
        do
        {
            var read = await raw.ReadAsync(buffer);
            Assert.NotEqual(0, read);
            seen.Append(Encoding.UTF8.GetString(buffer, 0, read));
        }
        while (seen.Length < 7 || seen.ToString(seen.Length - 7, 7) != "\r\n0\r\n\r\n");

        // Chunks end anywhere, and between two of them stands the length of the next.
        var whole = Regex.Replace(seen.ToString(), "\r\n[0-9a-f]+\r\n", "");
        return [.. whole.Split('\n').Where(line => line.StartsWith('{')).Select(line => JsonDocument.Parse(line).RootElement)];
    }

    private static async Task<GatewayHost> Started(Action<ReferralGrains.Gateway.GatewayOptions>? configure = null, TimeProvider? time = null) =>
        await (await (await GatewayHost.Start(time, configure)).WithProgram()).WithReferees(20);

    private static string Sale(string id, int referee) =>
        $$"""{"action_id":"{{id}}","program_id":"p","type":"sale","referee_id":"cus_{{referee + 1}}","amount_minor":1000,"occurred_at":"2026-01-05T00:00:00Z"}""";

    private static string? Id(JsonElement line) => line.TryGetProperty("action_id", out var id) ? id.GetString() : null;

    private static string RewardOf(JsonElement line) => line.GetProperty("decisions")[0].GetProperty("reward").GetProperty("id").GetString()!;

    private static (int, string?, string?, string?) Error(JsonElement line)
    {
        var error = line.GetProperty("error");
        return (error.GetProperty("status").GetInt32(), error.GetProperty("code").GetString(), error.TryGetProperty("param", out var param) ? param.GetString() : null, Id(line));
    }

    private static (long, long, long, long, long, long, long) Summary(JsonElement line)
    {
        var summary = line.GetProperty("summary");
        long Of(string name) => summary.GetProperty(name).GetInt64();
        return (Of("lines"), Of("rewarded"), Of("not_rewarded"), Of("reversed"), Of("parked"), Of("duplicates"), Of("errors"));
    }

    private static async Task<NetworkStream> Connect(GatewayHost host, string length, string path = Path)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(host.Address.Host, host.Address.Port);
        var stream = new NetworkStream(socket, ownsSocket: true);
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {GatewayHost.AdminKey}\r\n{length}\r\n\r\n"));
        return stream;
    }

    private static ValueTask Chunk(NetworkStream raw, string text) => raw.WriteAsync(Encoding.ASCII.GetBytes($"{text.Length:x}\r\n{text}\r\n"));

    private static async Task<string> ReadUntil(NetworkStream raw, string text)
    {
        var seen = new StringBuilder();
        var buffer = new byte[65536];
        while (!seen.ToString().Contains(text, StringComparison.Ordinal))
        {
            var read = await raw.ReadAsync(buffer);
            Assert.NotEqual(0, read);
            seen.Append(Encoding.UTF8.GetString(buffer, 0, read));
        }

        return seen.ToString();
    }

    private static async Task<string> ReadToEnd(NetworkStream raw)
    {
        var seen = new MemoryStream();
        try
        {
            await raw.CopyToAsync(seen);
        }
        catch (IOException)
        {
            // It was cut off, which is an end too.
        }

        return Encoding.UTF8.GetString(seen.ToArray());
    }

    private static Task Ended(GatewayHost host) => host.EndOf(Path).WaitAsync(Eventually.Patience);

    /// <summary>Its stopwatch stands still; what waits does so for as long as it should, and is remembered.</summary>
    private sealed class Stopped : TimeProvider
    {
        public long Ticks { get; set; }

        public ConcurrentQueue<TimeSpan> Waits { get; } = [];

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Ticks;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Waits.Enqueue(dueTime);
            return base.CreateTimer(callback, state, dueTime, period);
        }
    }
}
