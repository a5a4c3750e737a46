using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http.Features;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Gateway.Access;
using ReferralGrains.Gateway.Description;
using ReferralGrains.Gateway.Json;
using ReferralGrains.Gateway.Problems;
using ReferralGrains.Storage.Audit;

namespace ReferralGrains.Gateway.Audit;

/// <summary>
/// Writes down who is about to change something or to see what is personal, and waits until that is durable: what cannot be logged is not
/// done and not shown. What came of it is added before the answer leaves. Refused keys are let in nowhere, and so are in no entry.
/// </summary>
internal sealed partial class Auditing(RequestDelegate next, IAuditLog audit, TimeProvider time, ILogger<Auditing> log)
{
    private const int MaxRequest = 1_000;

    private readonly ConcurrentDictionary<RouteEndpoint, string> operations = new();

    public Task InvokeAsync(HttpContext context) =>
        context.User is Caller caller && context.GetEndpoint() is RouteEndpoint route && IsLogged(context, route, caller) ? Logged(context, route, caller) : next(context);

    private static bool IsLogged(HttpContext context, RouteEndpoint route, Caller caller) => route.Metadata.GetMetadata<Audited>() switch
    {
        Audited.InJournal => false,
        Audited.Personal { To: var to } when to is not { } role || caller.Has(role) => true,
        _ when HttpMethods.IsGet(context.Request.Method) => CsvAnswer.IsAsked(context),
        _ => !context.Flag("dry_run"),
    };

    private async Task Logged(HttpContext context, RouteEndpoint route, Caller caller)
    {
        var operation = operations.GetOrAdd(route, static (one, method) => OperationNames.Of(method, one.RoutePattern.RawText ?? "/"), context.Request.Method);
        var path = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget.Split('?')[0];
        var request = $"{context.Request.Method} {(path.Length <= MaxRequest ? path : path[..MaxRequest])}";
        var entry = new AuditEntry(AuditEntry.NewId(time), caller.Tenant, caller.By, caller.Role, operation, request, Subject(context, caller), context.TraceIdentifier);
        await audit.Begin(entry);
        context.Response.OnStarting(() => End(context, entry));
        await next(context);
    }

    // It is on record that it was asked for; that nobody can say what came of it must not keep the answer back.
    private async Task End(HttpContext context, AuditEntry entry)
    {
        var (status, isDone) = (context.Response.StatusCode, context.Response.StatusCode < StatusCodes.Status400BadRequest);
        var subject = context.NotedSubject() ?? (entry.Subject is null && isDone ? Made(context) : null);
        try
        {
            await audit.End(new(entry.Id, entry.Tenant, status, subject, isDone ? context.NotedReason() : null));
        }
        catch (Exception exception) when (Faults.IsUnavailable(exception))
        {
            LogUnknown(entry.RequestId, exception.GetType().Name);
        }
    }

    // What only looks like an id is in the path all the same.
    private static string? Subject(HttpContext context, Caller caller)
    {
        var values = context.Request.RouteValues;
        var id = values.GetValueOrDefault("id") ?? values.GetValueOrDefault("referee") ?? caller.Referrer?.Value;
        return id is string text && CallerId.IsValid(text) ? text : null;
    }

    private static string? Made(HttpContext context) =>
        context.Response.Headers.Location is [{ } address] && Uri.UnescapeDataString(address.Split('/')[^1]) is var id && CallerId.IsValid(id) ? id : null;

    [LoggerMessage(LogLevel.Warning, "What came of request {RequestId} is not in the audit log: {Failure}.")]
    private partial void LogUnknown(string requestId, string failure);
}
