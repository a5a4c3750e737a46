using System.Globalization;
using System.Text.Json.Serialization;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Gateway.Access;
using ReferralGrains.Gateway.Description;
using ReferralGrains.Gateway.Json;
using ReferralGrains.Gateway.Problems;
using ReferralGrains.Storage.Audit;
using ReferralGrains.Storage.Tenants;

namespace ReferralGrains.Gateway.Audit;

/// <summary>The audit log: who changed what, and who looked at what is personal.</summary>
internal sealed class AuditEndpoints(IAuditLog audit) : IEndpoints
{
    private static readonly QueryParameter by = new("by", "string", "Only of this key, as key_id of a session has it.");
    private static readonly QueryParameter operation = new("operation", "string", "Only of this operation, as this description names it.");
    private static readonly QueryParameter subject = new("subject_id", "string", "Only what is about this id: a referrer, a batch, a key.");

    private static readonly Listing<AuditEntryAnswer> entries = new(
        GatewayJson.Default.PageAnswerAuditEntryAnswer, static text => AuditNames.Parse(text) is not null, [], Filters.Period);

    public void Map(IEndpointRouteBuilder routes) => routes.Get("/v1/audit_entries", List).Needs(KeyRole.Admin).OrKeyAdmin()
        .WithSummary("Who changed what and who looked at what is personal, newest first; to an operator what was done with keys of operators")
        .Pages<PageAnswer<AuditEntryAnswer>>([by, operation, subject, .. entries.Parameters]).WithMetadata(new AnswersCsv());

    private async Task<IResult> List(HttpContext context)
    {
        var (filter, _) = entries.Read(context);
        var of = Id(context, operation) is { } named ? OperationNames.Current(named) : null;
        var page = await audit.List(
            new(filter.Tenant, filter.Limit, filter.After is { } after ? AuditNames.Parse(after) : null)
            {
                By = Id(context, by),
                Operation = of,
                FormerOperation = of is null ? null : OperationNames.Former(of),
                Subject = Id(context, subject),
                From = filter.From,
                To = filter.To,
            },
            context.RequestAborted);
        return entries.Answer(context, page.Items.Select(AuditNames.Answer), page.HasMore, static entry => entry.Id);
    }

    private static string? Id(HttpContext context, QueryParameter parameter) =>
        context.Single(parameter.Name) is not { } text ? null
        : CallerId.IsValid(text) ? text
        : throw Problem.InvalidId(parameter.Name, CallerIdAtDoor.Fault(text)).AsException();
}

/// <summary>A request that changed something, or that showed what is personal.</summary>
/// <param name="By">Whose key: key_ and a number, admin_key for the first key, plk_ and a number for a link to the portal.</param>
/// <param name="Role">all for the first key, portal for a link.</param>
/// <param name="Operation">As this description names it.</param>
/// <param name="Request">The method and the path, as they were sent; ids are in it.</param>
/// <param name="SubjectId">What it is about, where there is one such id.</param>
/// <param name="Status">What was answered. Absent where nobody was: then the request may have been done or not.</param>
/// <param name="Reason">As whoever asked gave it.</param>
/// <param name="RequestId">As the answer had it in Request-Id.</param>
internal sealed record AuditEntryAnswer(
    string Id,
    DateTimeOffset At,
    string By,
    [property: OneOf("ingest", "read", "admin", "finance", "key_admin", "operator", "all", "portal")] string Role,
    string Operation,
    string Request,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? SubjectId,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? Status,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Reason,
    string RequestId);

internal static class AuditNames
{
    private const string Prefix = "aud_";

    public static Guid? Parse(string text) =>
        text.StartsWith(Prefix, StringComparison.Ordinal) && Guid.TryParseExact(text[Prefix.Length..], "N", out var id) ? id : null;

    public static AuditEntryAnswer Answer(AuditedRequest one) => new(
        string.Create(CultureInfo.InvariantCulture, $"{Prefix}{one.Entry.Id:N}"),
        one.Entry.At,
        one.Entry.By,
        one.Entry.Role == KeyRole.All ? "all" : Roles.Needed.Of(one.Entry.Role),
        OperationNames.Current(one.Entry.Operation),
        one.Entry.Request,
        one.Entry.Subject ?? one.Outcome?.Subject,
        one.Outcome?.Status,
        one.Outcome?.Reason,
        one.Entry.RequestId);
}
