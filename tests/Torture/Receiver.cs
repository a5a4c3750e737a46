using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Torture;

/// <summary>Somebody's server that is told of events; it is killed, and slow, at times. It keeps a log of what it took.</summary>
internal sealed class Receiver(LogFile log, TimeProvider time) : IAsyncDisposable
{
    private static readonly TimeSpan slow = TimeSpan.FromMilliseconds(700);
    private readonly int port = Ports.Next();
    private WebApplication? app;
    private volatile bool isSlow;
    private int taken;

    public int Taken => Volatile.Read(ref taken);

    /// <summary>Where one endpoint is told.</summary>
    public string Url(string endpoint) => $"http://127.0.0.1:{port}/{endpoint}";

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
    }

    public void BeSlow(bool yes) => isSlow = yes;

    public async ValueTask DisposeAsync() => await Down();

    private async Task Take(HttpContext context)
    {
        try
        {
            var body = (await JsonNode.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted))!;
            if (isSlow) await Task.Delay(slow, time, context.RequestAborted);

            // Written before it is answered: what was taken is known here, whatever becomes of the answer.
            log.Write(new()
            {
                ["k"] = "taken",
                ["endpoint"] = context.Request.Path.Value![1..],
                ["id"] = context.Request.Headers["webhook-id"].ToString(),
                ["type"] = (string?)body["type"],
                ["reward"] = (string?)body["data"]!["reward_id"],
            });
            Interlocked.Increment(ref taken);
            context.Response.StatusCode = StatusCodes.Status204NoContent;
        }
        catch (Exception gone) when (gone is OperationCanceledException or IOException or BadHttpRequestException)
        {
            context.Abort();
        }
    }
}
