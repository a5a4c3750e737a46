using System.Collections.Immutable;
using System.Text.Json.Serialization;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Gateway.Access;
using ReferralGrains.Gateway.Description;
using ReferralGrains.Gateway.Json;
using ReferralGrains.Gateway.Problems;
using ReferralGrains.Storage.Sources;
using ReferralGrains.Storage.Tenants;

namespace ReferralGrains.Gateway.Sources;

/// <summary>What sources sent that is no action: it waits for its sale, or was refused. What became one is listed among the actions.</summary>
internal sealed class SourceEventEndpoints(ISources sources, SourceIntake intake) : IEndpoints
{
    private static readonly QueryParameter of = new("source_id", "string", "Only of this source.");
    private static readonly QueryParameter state = new("state", "string", "waiting, the oldest first, when it is left out; or refused, the newest first.", new OneOfAttribute("waiting", "refused"));

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.Get("/v1/source_events", List).Needs(KeyRole.Read)
            .WithSummary("Events of sources that wait for the sale which they name, or that moved money and were refused").Pages<PageAnswer<SourceEventAnswer>>(of, state);
        routes.Post("/v1/source_events/{id}/retry", Retry).Needs(KeyRole.Admin)
            .WithSummary("Look once more for the sale of an event that waits: one that came another way after it is found").Answers<SourceEventAnswer>();
        routes.Post("/v1/source_events/{id}/dismiss", Dismiss).Needs(KeyRole.Admin)
            .WithSummary("Let an event wait no more: it never takes effect, and stands among the refused with the reason").Takes<ReasonBody>().Answers<SourceEventAnswer>();
    }

    private async Task<IResult> List(HttpContext context)
    {
        var (tenant, stop) = (context.Caller().Tenant, context.RequestAborted);
        var paging = Paging.Of(context, static id => EventName.Parse(id) is not null);
        var source = context.Single(of.Name) is not { } text ? (CallerId?)null : CallerId.IsValid(text) ? new(text) : throw Problem.InvalidId(of.Name, CallerIdAtDoor.Fault(text)).AsException();
        var after = paging.After is { } last ? EventName.Parse(last) : null;
        if (after is { } there && !await sources.Knows(tenant, there.Source, there.Event, stop)) throw Problem.InvalidField("starting_after", "The id of an entry of this list is expected.").AsException();
        var page = context.Single(state.Name) switch
        {
            null or "waiting" => await sources.ListWaiting(tenant, source, after, paging.Limit, stop),
            "refused" => await sources.ListRefused(tenant, source, after, paging.Limit, stop),
            { } other => throw Problem.InvalidField(state.Name, $"Expected is waiting or refused, not {Text.Shown(other)}.").AsException(),
        };
        return Answers.Ok(new([.. page.Items.Select(SourceEventAnswer.Of)], page.HasMore), GatewayJson.Default.PageAnswerSourceEventAnswer);
    }

    private async Task<IResult> Retry(HttpContext context, string id)
    {
        var waiting = await Find(context, id);
        var source = await sources.Find(waiting.Source.Value, context.RequestAborted) ?? throw Missing();
        var (outcome, why) = await intake.Retry(source, waiting, context.RequestAborted);
        return Answers.Ok(SourceEventAnswer.Of(waiting) with { State = outcome == SourceOutcome.Ignored ? "refused" : outcome.ToString().ToLowerInvariant(), Why = why }, GatewayJson.Default.SourceEventAnswer);
    }

    private async Task<IResult> Dismiss(HttpContext context, string id)
    {
        var reason = await ReasonBody.Read(context);
        var waiting = await Find(context, id);
        if (reason is null) throw Problem.MissingField("reason").AsException();
        var why = $"dismissed: {reason}";

        // Its sale may have come this moment: then it has taken effect.
        if (!await sources.Dismiss(context.Caller().Tenant, waiting.Source.Value, waiting.Event, why, context.RequestAborted)) throw Missing();
        return Answers.Ok(SourceEventAnswer.Of(waiting) with { State = "refused", Why = why }, GatewayJson.Default.SourceEventAnswer);
    }

    private async Task<OpenEvent> Find(HttpContext context, string id) =>
        EventName.Parse(id) is var (source, e) && await sources.FindWaiting(context.Caller().Tenant, source, e, context.RequestAborted) is { } waiting ? waiting : throw Missing();

    private static ProblemException Missing() => Problem.NotFound("source_event", "id").AsException();
}

/// <summary>An event as the outside names it: its source's id and its own there, which may hold anything.</summary>
internal static class EventName
{
    public static string Of(OpenEvent e) => $"{e.Source}:{e.Event}";

    public static (string Source, string Event)? Parse(string text) =>
        text.Split(':', 2) is [{ Length: > 0 } source, { Length: > 0 } e] && CallerId.IsValid(source) && !e.Contains('\0', StringComparison.Ordinal) ? (source, e) : null;
}

/// <param name="Id">The source's, a colon, and its own in the other system.</param>
/// <param name="Type">Of one that waits what it would be: refund, refund_failed, chargeback, chargeback_won, or names of what only names a sale once more. Of one that was refused what its system calls it.</param>
/// <param name="ActionId">Which it would be.</param>
/// <param name="Names">The objects of which nothing is known.</param>
/// <param name="Why">It was refused: a code of ours, what it lacks, or dismissed and the reason.</param>
internal sealed record SourceEventAnswer(
    string Id,
    CallerId SourceId,
    string EventId,
    string Type,
    [property: OneOf("waiting", "recorded", "refused")] string State,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? ActionId,
    DateTimeOffset ReceivedAt,
    ImmutableArray<string> Names,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Why)
{
    public static SourceEventAnswer Of(OpenEvent e) =>
        new(EventName.Of(e), e.Source, e.Event, e.Type, e.Why is null ? "waiting" : "refused", e.About, e.At, [.. e.Objects], e.Why);
}
