using System.IO.Compression;
using System.Text;
using ReferralGrains.Integration.Tests.Faults.World;

namespace ReferralGrains.Integration.Tests.Faults;

/// <summary>Clients of a stream that do what clients should not do.</summary>
[Collection(OneServer.Name)]
public sealed class StreamAbuseTests(LivingServer server)
{
    private const long Megabyte = 1024 * 1024;

    [Fact]
    public async Task What_was_answered_before_the_client_vanished_is_durable()
    {
        var shop = await server.OpenShop(referrers: 2, refereesEach: 10);
        var actions = shop.Trade(Seed.Plant(), 2_000);
        var log = new ClientLog();
        foreach (var action in actions) log.Sends(action);
        await using (var stream = await LineSocket.Open(server.Process.Address))
        {
            await stream.SendLines(actions.Take(1_000).Select(action => action.Json));
            await stream.Send(actions[1_000].Json[..40]);
            await foreach (var answer in stream.Answers())
            {
                log.Take(answer);
                if (log.Acknowledged == 700) break;
            }

            stream.Vanish();
        }

        Assert.Equal(200, (await server.Api.Get("/health/ready")).Status);
        await log.SendAgain(server.Process.Address, actions);
        Assert.Empty(EffectOracle.Complaints(shop, log, await shop.Balances(server.Api)));
    }

    [Fact]
    public async Task A_client_that_sends_all_before_it_reads_costs_little_memory()
    {
        const int lines = 200_000;
        var shop = await server.OpenShop();
        await Warm(shop);
        var before = server.Process.ResidentBytes;
        await using var stream = await LineSocket.Open(server.Process.Address);
        await stream.SendLines(Enumerable.Repeat($$"""{"action_id":"x","nobody":"{{new string('x', 1000)}}"}""", lines));
        await stream.End();
        Assert.InRange(server.Process.ResidentBytes - before, long.MinValue, 100 * Megabyte);

        var answered = 0;
        await foreach (var _ in stream.Answers()) answered++;
        Assert.Equal(lines + 1, answered);
    }

    [Fact]
    public async Task A_long_line_and_garbage_are_error_lines_and_the_rest_goes_on()
    {
        var shop = await server.OpenShop();
        await Warm(shop);
        var before = server.Process.ResidentBytes;
        var (first, last) = (shop.Sale(shop.Referees[0], 1_000), shop.Sale(shop.Referees[0], 2_000));
        await using var stream = await LineSocket.Open(server.Process.Address);
        var sending = Task.Run(async () =>
        {
            await stream.SendLines([first.Json]);
            await stream.Send("""{"action_id":"long","note":" """);
            for (var i = 0; i < 100; i++) await stream.Send(new string('x', 100 * 1024));
            await stream.SendLines(["\"}", "garbage \u0001 {", "", "[1,2", last.Json]);
            await stream.End();
        });

        var answers = new List<System.Text.Json.Nodes.JsonNode>();
        await foreach (var answer in stream.Answers()) answers.Add(answer);
        await sending;
        Assert.Equal(
            ["1 ", "2 413", "3 400", "5 400", "6 "],
            answers.SkipLast(1).Select(answer => $"{answer["line"]} {answer["error"]?["status"]}"));
        Assert.Equal((5, 2, 3), ((int)answers[^1]["summary"]!["lines"]!, (int)answers[^1]["summary"]!["rewarded"]!, (int)answers[^1]["summary"]!["errors"]!));
        Assert.Equal(new Earned(Warmth + 300, 0), (await shop.Balances(server.Api))[shop.Referrers[0]]);
        Assert.InRange(server.Process.ResidentBytes - before, long.MinValue, 50 * Megabyte);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("deflate")]
    public async Task Packed_lines_that_are_cut_have_no_summary(string encoding)
    {
        var shop = await server.OpenShop();
        using var packed = new MemoryStream();
        await using (var packer = Packer(packed))
            foreach (var sale in Enumerable.Range(0, 300).Select(_ => shop.Sale(shop.Referees[0], 100))) await packer.WriteAsync(Encoding.UTF8.GetBytes(sale.Json + "\n"));
        Assert.EndsWith("\"errors\":0}}\n", await Sent(packed.ToArray()), StringComparison.Ordinal);
        foreach (var left in (int[])[(int)packed.Length / 2, (int)packed.Length - 1])
            Assert.DoesNotContain("summary", await Sent(packed.ToArray()[..left]), StringComparison.Ordinal);

        async Task<string> Sent(byte[] body)
        {
            using var content = new ByteArrayContent(body) { Headers = { ContentEncoding = { encoding } } };
            try
            {
                return (await server.Api.Send(HttpMethod.Post, "/v1/actions:stream", content)).Body;
            }
            catch (HttpRequestException)
            {
                return "cut";
            }
        }

        Stream Packer(Stream to) => encoding switch
        {
            "gzip" => new GZipStream(to, CompressionMode.Compress, leaveOpen: true),
            "br" => new BrotliStream(to, CompressionMode.Compress, leaveOpen: true),
            _ => new ZLibStream(to, CompressionMode.Compress, leaveOpen: true),
        };
    }

    private const long Warmth = 10_000;

    // The first stream of a process compiles code and fills pools; what comes after is the stream's own.
    private async Task Warm(Shop shop) =>
        await new ClientLog().SendAgain(server.Process.Address, [.. Enumerable.Range(0, 1_000).Select(_ => shop.Sale(shop.Referees[0], 100))]);
}
