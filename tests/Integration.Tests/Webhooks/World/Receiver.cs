using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace ReferralGrains.Integration.Tests.Webhooks.World;

/// <summary>What came to a receiver.</summary>
/// <param name="Status">What it answered; null where it was cut off.</param>
internal sealed record Came(string Id, string Path, string Body, HeaderDictionary Headers, int? Status)
{
    public string Type => (string)JsonNode.Parse(Body)!["type"]!;

    public JsonNode Data => JsonNode.Parse(Body)!["data"]!;
}

/// <summary>Somebody's server, by real HTTP on a port of its own: it can be slow, refuse, die and come back.</summary>
internal sealed class Receiver : IAsyncDisposable
{
    private readonly Lock gate = new();
    private readonly List<Came> all = [];
    private readonly int port = Ports.Next();
    private WebApplication? app;
    private int underWay;

    public string Url => $"http://127.0.0.1:{port}/hooks";

    /// <summary>What is answered to which request, counted from 0.</summary>
    public Func<int, HttpContext, Task<int>> Answer { get; set; } = static (_, _) => Task.FromResult(204);

    /// <summary>How many it has had at the same time.</summary>
    public int MostAtOnce { get; private set; }

    public IReadOnlyList<Came> All
    {
        get
        {
            lock (gate) return [.. all];
        }
    }

    /// <summary>The ids of what it took, in the order in which it did, repeats left out as a receiver does.</summary>
    public IReadOnlyList<string> Taken => [.. All.Where(static one => one.Status is >= 200 and < 300).Select(static one => one.Id).Distinct()];

    public static async Task<Receiver> Start()
    {
        var receiver = new Receiver();
        await receiver.Up();
        return receiver;
    }

    public async Task Up()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().UseUrls($"http://127.0.0.1:{port}").UseShutdownTimeout(TimeSpan.Zero);
        app = builder.Build();
        app.Run(Take);
        await app.StartAsync();
    }

    public async Task Down()
    {
        if (app is not null) await app.DisposeAsync();
        app = null;
        await Eventually.Holds("what was cut off has ended", () =>
        {
            lock (gate) return Task.FromResult(underWay == 0);
        });
    }

    public Task Until(int count) => Eventually.Holds($"{count} events were taken", () => Task.FromResult(Taken.Count >= count));

    public async ValueTask DisposeAsync() => await Down();

    private async Task Take(HttpContext context)
    {
        int number;
        lock (gate)
        {
            number = all.Count;
            MostAtOnce = Math.Max(MostAtOnce, ++underWay);
            all.Add(new("", "", "{}", [], null));
        }

        int? status = null;
        var body = "{}";
        try
        {
            body = await new StreamReader(context.Request.Body, Encoding.UTF8).ReadToEndAsync(context.RequestAborted);
            context.Response.StatusCode = await Answer(number, context);
            status = context.Response.StatusCode;
        }
        catch (Exception gone) when (gone is OperationCanceledException or IOException or BadHttpRequestException)
        {
            context.Abort();
        }
        finally
        {
            lock (gate)
            {
                underWay--;
                all[number] = new(context.Request.Headers["webhook-id"].ToString(), context.Request.Path, body, new(context.Request.Headers.ToDictionary()), status);
            }
        }
    }
}
