using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.Options;
using ReferralGrains.Gateway.Access;
using ReferralGrains.Gateway.Problems;

namespace ReferralGrains.Gateway.Lines;

/// <summary>
/// Lines in, answers out, at the same time: one task reads and hands out, another writes in input order. Between them is a bounded
/// window, so a client that sends faster than the journal writes is slowed down. What a client does not read waits for it on disk.
/// </summary>
internal sealed partial class LineStreams(FairShares shares, StreamPace pace, TimeProvider time, IOptions<GatewayOptions> options, IHostApplicationLifetime lifetime, ILoggerFactory logs)
{
    private readonly ILogger log = logs.CreateLogger("ReferralGrains.Gateway.Lines");
    private readonly SpoolSpace space = new(options.Value.SpoolFolder, options.Value.SpoolBytes);
    private readonly ConcurrentDictionary<int, int> open = new();

    public async Task Run<TItem, TReply>(HttpContext context, LineWork<TItem, TReply> work, bool errorsOnly)
    {
        var tenant = context.Caller().Tenant;
        var next = time.GetTimestamp();
        try
        {
            if (open.AddOrUpdate(tenant, 1, static (_, count) => count + 1) > options.Value.StreamsPerTenant) throw Problem.TooManyStreams.AsException();
            await Stream(context, work, Share, Pause, errorsOnly);
        }
        finally
        {
            open.AddOrUpdate(tenant, 0, static (_, count) => count - 1);
        }

        // A stream that goes on is a call again and again.
        int Share(int whole)
        {
            shares.Called(tenant);
            return shares.Of(tenant, open[tenant], whole);
        }

        // Tenants that stream have equal parts of the pace, and so have the streams of each.
        TimeSpan Pause(int lines)
        {
            var all = pace.Took(lines);
            if (double.IsInfinity(all)) return TimeSpan.Zero;
            var tenants = Math.Max(1, open.Count(static one => one.Value > 0));
            var now = time.GetTimestamp();
            next = Math.Max(next, now) + (long)(lines * tenants * open[tenant] / all * time.TimestampFrequency);
            return time.GetElapsedTime(now, next);
        }
    }

    private async Task Stream<TItem, TReply>(HttpContext context, LineWork<TItem, TReply> work, Func<int, int> share, Func<int, TimeSpan> pause, bool errorsOnly)
    {
        Open(context);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        using var reading = CancellationTokenSource.CreateLinkedTokenSource(stop.Token, lifetime.ApplicationStopping);
        var (window, pulse) = (new Window<TItem, TReply>(share), new Pulse(time));
        await using var spool = new AnswerSpool(context.Response.BodyWriter, space, pulse, time, stop.Token);
        await using var idle = EndWhenIdle(context, pulse);
        var asker = new LineAsker<TItem, TReply>(work, window, time, options.Value.Unavailable, context.TraceIdentifier, log, stop.Token);
        var reader = new LineIntake<TItem, TReply>(context.Request.BodyReader, work, window, asker, spool, pulse, pause, time);
        var writer = new LineOutput<TItem, TReply>(spool, work, window, errorsOnly, () => context.Response.StartAsync(stop.Token));

        await using var gone = stop.Token.Register(window.Abandon);
        var intake = reader.Run(reading.Token);
        try
        {
            await writer.Run(stop.Token);
            var ended = await intake;
            if (ended != Intake.Cut) await writer.Finish(ended == Intake.Full ? reader.Line + 1 : null);
            await spool.Emptied(options.Value.UnreadAnswers);
            if (ended == Intake.Cut) context.Abort();
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

    private ITimer EndWhenIdle(HttpContext context, Pulse pulse)
    {
        var limit = options.Value.IdleStream;
        return time.CreateTimer(
            _ =>
            {
                if (pulse.Age < limit) return;
                LogIdle(context.TraceIdentifier);
                context.Abort();
            },
            null, limit / 4, limit / 4);
    }

    [LoggerMessage(LogLevel.Information, "Request {RequestId} sent and read nothing for long and was ended.")]
    private partial void LogIdle(string requestId);

    [LoggerMessage(LogLevel.Information, "Request {RequestId} left its answers unread and was cut off.")]
    private partial void LogUnread(string requestId);

    /// <summary>Before the body is touched: its lines have a limit, and their number has none.</summary>
    public static void Unbounded(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size) size.MaxRequestBodySize = null;
    }

    private static void Open(HttpContext context)
    {
        if (context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } sends) sends.MinDataRate = null;
        if (context.Features.Get<IHttpMinResponseDataRateFeature>() is { } reads) reads.MinDataRate = null;
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        context.Response.ContentType = "application/x-ndjson";
    }
}
