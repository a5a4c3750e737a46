using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Metadata;
using ReferralGrains.Gateway.Description;
using ReferralGrains.Gateway.Json;
using ReferralGrains.Gateway.Problems;
using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Idempotency;

namespace ReferralGrains.Gateway.Access;

/// <summary>
/// A POST with an <c>Idempotency-Key</c> is done once: sent again, it is answered as it was the first time, by whichever gateway it comes
/// to. Only what succeeded is kept. A process that dies between the effect and the answer does no harm: what is made has an id that the
/// key gives, and what is recorded has its own.
/// </summary>
internal sealed class Idempotency(RequestDelegate next, IIdempotentAnswers answers)
{
    public const string Replayed = "Idempotent-Replayed";
    private const int MaxSaved = 1024 * 1024;

    /// <summary>For an answer that holds a secret or personal data, which are not kept: what is answered to a repeat instead.</summary>
    public static void AnswerRepeatsWith<T>(HttpContext context, T answer, JsonTypeInfo<T> type) =>
        context.Items[typeof(Idempotency)] = JsonSerializer.SerializeToUtf8Bytes(answer, type);

    public async Task InvokeAsync(HttpContext context)
    {
        if (!HttpMethods.IsPost(context.Request.Method) || RequestKey.Of(context) is not { } key || !Applies(context))
        {
            await next(context);
            return;
        }

        var request = new NamedRequest(context.Caller().Tenant, RequestKey.RouteOf(context), key, await Content(context.Request));
        switch (await answers.Begin(request, context.RequestAborted))
        {
            case Beginning.Begun: await Do(context, request); break;
            case Beginning.Answered there: await Replay(context, there.Answer); break;
            case Beginning.UnderWay: await ProblemAnswer.Write(context, Problem.KeyInUse); break;
            case Beginning.Reused: await ProblemAnswer.Write(context, Problem.KeyReused); break;
            default: throw new System.Diagnostics.UnreachableException();
        }
    }

    // Lines have ids of their own and no end; a dry run has no effect to repeat. Answers are kept by tenant: what one referrer is told must not
    // be told to another who chose the same key.
    private static bool Applies(HttpContext context) =>
        context.User is Caller { Referrer: null }
        && context.GetEndpoint() is RouteEndpoint route
        && route.Metadata.GetMetadata<IAcceptsMetadata>()?.ContentTypes.Contains(RouteDescription.Lines) != true
        && !context.Flag("dry_run");

    // All that was sent but its headers; the body is read and not consumed.
    private static async Task<byte[]> Content(HttpRequest request)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{request.HttpContext.Features.Get<IHttpRequestFeature>()!.RawTarget}\n"));
        var body = await Body.ReadWhole(request, request.BodyReader);
        foreach (var part in body) hash.AppendData(part.Span);
        request.BodyReader.AdvanceTo(body.Start);
        return hash.GetHashAndReset();
    }

    private async Task Do(HttpContext context, NamedRequest request)
    {
        var (outside, written) = (context.Features.GetRequiredFeature<IHttpResponseBodyFeature>(), new MemoryStream());
        var saved = false;
        try
        {
            context.Features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(written));
            await next(context);
            await context.Response.BodyWriter.FlushAsync(CancellationToken.None);
            if (context.Response.StatusCode is >= 200 and < 300 && written.Length <= MaxSaved)
            {
                var body = context.Items[typeof(Idempotency)] as byte[] ?? written.ToArray();
                await answers.Save(request, new(context.Response.StatusCode, context.Response.Headers.Location, body), CancellationToken.None);
                saved = true;
            }
        }
        finally
        {
            context.Features.Set(outside);
            if (!saved) await answers.Forget(request, CancellationToken.None);
        }

        await outside.Stream.WriteAsync(written.GetBuffer().AsMemory(0, (int)written.Length), context.RequestAborted);
    }

    private static async Task Replay(HttpContext context, SavedAnswer answer)
    {
        context.Response.StatusCode = answer.Status;
        context.Response.ContentType = "application/json; charset=utf-8";
        context.Response.Headers[Replayed] = "true";
        if (answer.Location is not null) context.Response.Headers.Location = answer.Location;
        await context.Response.Body.WriteAsync(answer.Body, context.RequestAborted);
    }
}

/// <summary>Deletes the answers that are too old to be asked for again.</summary>
internal sealed partial class IdempotencySweep(IIdempotentAnswers answers, TimeProvider time, ILogger<IdempotencySweep> log) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(10);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => LastingWork.Go("Deleting old answers", Run, time, log, stoppingToken);

    private async Task Run(CancellationToken stop)
    {
        using var timer = new PeriodicTimer(Pause, time);
        while (await timer.WaitForNextTickAsync(stop))
        {
            try
            {
                await answers.Sweep(stop);
            }
            catch (Exception exception) when (Faults.IsUnavailable(exception))
            {
                LogLater(exception.GetType().Name);
            }
        }
    }

    [LoggerMessage(LogLevel.Debug, "Old answers are deleted later: {Failure}.")]
    private partial void LogLater(string failure);
}
