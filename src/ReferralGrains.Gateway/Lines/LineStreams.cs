using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.Options;

namespace ReferralGrains.Gateway.Lines;

/// <summary>
/// Lines in, answers out, at the same time: one task reads and hands out, another writes in input order. Between them is a bounded
/// window, so a client that sends faster than the journal writes is slowed down, and so is one that does not read its answers.
/// </summary>
internal sealed partial class LineStreams(TimeProvider time, IOptions<GatewayOptions> options, IHostApplicationLifetime lifetime, ILoggerFactory logs)
{
    private readonly ILogger log = logs.CreateLogger("ReferralGrains.Gateway.Lines");

    public async Task Run<TItem, TReply>(HttpContext context, LineWork<TItem, TReply> work, bool errorsOnly)
    {
        Open(context);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        using var reading = CancellationTokenSource.CreateLinkedTokenSource(stop.Token, lifetime.ApplicationStopping);
        var window = new Window<TItem, TReply>();
        var asker = new LineAsker<TItem, TReply>(work, window, time, options.Value.Unavailable, context.TraceIdentifier, log, stop.Token);
        var reader = new LineIntake<TItem, TReply>(context.Request.BodyReader, work, window, asker);
        var writer = new LineOutput<TItem, TReply>(context, work, window, errorsOnly, time, options.Value.UnreadAnswers);

        await using var gone = stop.Token.Register(window.Abandon);
        var intake = reader.Run(reading.Token);
        try
        {
            await writer.Run(stop.Token);
            if (await intake == Intake.Whole) await writer.Finish(stop.Token);
            else context.Abort();
        }
        catch (TimeoutException)
        {
            LogUnread(context.TraceIdentifier);
            context.Abort();
        }
        finally
        {
            // Whatever ended it, no line is read any more and no Ask is waited for.
            await stop.CancelAsync();
            await intake;
        }
    }

    [LoggerMessage(LogLevel.Information, "Request {RequestId} left its answers unread and was cut off.")]
    private partial void LogUnread(string requestId);

    private static void Open(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size) size.MaxRequestBodySize = null;
        if (context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } sends) sends.MinDataRate = null;
        if (context.Features.Get<IHttpMinResponseDataRateFeature>() is { } reads) reads.MinDataRate = null;
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        context.Response.ContentType = "application/x-ndjson";
    }
}
