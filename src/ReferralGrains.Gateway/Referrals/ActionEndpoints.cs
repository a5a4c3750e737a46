using System.Buffers;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Gateway.Access;
using ReferralGrains.Gateway.Description;
using ReferralGrains.Gateway.Json;
using ReferralGrains.Gateway.Lines;
using ReferralGrains.Gateway.Metrics;
using ReferralGrains.Gateway.Problems;
using ReferralGrains.Gateway.Programs;
using ReferralGrains.Storage.Facts;
using ReferralGrains.Storage.Referrals;
using ReferralGrains.Storage.Reports;
using ReferralGrains.Storage.Tenants;
using ReferralGrains.Turns;
using ReferralGrains.Turns.Referrals;

namespace ReferralGrains.Gateway.Referrals;

/// <summary>Actions, one by one and as a stream. This is where an action is answered.</summary>
internal sealed class ActionEndpoints(IGrainRouter router, IFacts facts, IReports reports, LineStreams streams, StreamPace pace, KnownPrograms known, IAliasNames aliases) : IEndpoints
{
    private static readonly QueryParameter AnswersParameter = new("answers", "string", "errors answers only the lines that went wrong, and the summary.", new OneOfAttribute("all", "errors"));

    private static readonly Words<ActionStatus> States = new(
        ("rewarded", ActionStatus.Rewarded), ("not_rewarded", ActionStatus.NotRewarded), ("reversed", ActionStatus.Reversed), ("parked", ActionStatus.Parked));

    private static readonly Listing<ActionEntry> Actions = new(
        GatewayJson.Default.PageAnswerActionEntry, static id => CallerId.IsValid(id), States.Known,
        Filters.State, Filters.State | Filters.Program, Filters.State | Filters.Referrer, Filters.State | Filters.Program | Filters.Referrer,
        Filters.State | Filters.Program | Filters.Referee,
        Filters.Prefix, Filters.Program, Filters.Referrer, Filters.Program | Filters.Referrer, Filters.Program | Filters.Referee,
        Filters.Program | Filters.Referee | Filters.Period, Filters.Referrer | Filters.Period);

    private static readonly Listing<ConflictEntry> Conflicts = new(
        GatewayJson.Default.PageAnswerConflictEntry, static id => id.StartsWith(ConflictEntry.Prefix, StringComparison.Ordinal) && PageCursor.IsStream(id), [], Filters.Period);

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.Post("/v1/actions", Record).Needs(KeyRole.Ingest).IsLoggedByTheJournal()
            .WithSummary("Record what a referee did").Takes<ActionBody>().Answers<OutcomeBody>().Query(RouteDescription.DryRun);
        routes.Post("/v1/actions:stream", Stream).Needs(KeyRole.Ingest).IsLoggedByTheJournal()
            .WithSummary("Record many actions: a line each, and a line each in answer, in the same order, while the body is still being sent")
            .TakesLines<ActionBody>().AnswersLines<OutcomeLineBody>().Query(AnswersParameter);
        routes.Get("/v1/actions", List).Needs(KeyRole.Read)
            .WithSummary("All actions by their ids; those of a program, a referrer or a referee, and those that wait, as they came, referral by referral, in a period by when they were recorded")
            .Lists(Actions);
        routes.Get("/v1/action_conflicts", ListConflicts).Needs(KeyRole.Read)
            .WithSummary("What was refused because its id has other content, the newest first").Lists(Conflicts);
        routes.Get("/v1/actions/{id}", Show).Needs(KeyRole.Read)
            .WithSummary("An action and what came of it, as it stands now").Answers<ActionStoryBody>();
    }

    private async Task<IResult> Record(HttpContext context)
    {
        var dryRun = context.Flag("dry_run");
        ActionReply? reply = null;
        try
        {
            var caller = context.Caller();
            var line = await Read(context);

            // How long a client takes to send is nothing that streams should make way for.
            var asked = pace.Now;
            var to = GrainAddress.Referral(caller.Tenant, line.Program, line.Referee);
            if (!await known.Has(caller.Tenant, line.Program, context.RequestAborted)) return new ProblemAnswer(Problem.Of(KnownPrograms.Missing));
            var recorded = await router.Ask(to, new RecordActions([line.Action], dryRun), context.RequestAborted);
            pace.Answered(asked);
            reply = recorded.Replies[0];
            if (reply.Refusal is { } refusal) return new ProblemAnswer(Problem.Of(refusal));
            var programs = new ProgramsOfActions(facts, caller.Tenant);
            await programs.Load(line.Program, reply.Outcome!, context.RequestAborted);
            return new OutcomeAnswer(reply.Outcome!, reply.Duplicate, programs.Loaded);
        }
        finally
        {
            // What cannot be read, names no program or is not answered is an error, as it is in a stream; whoever left has no answer.
            if (!dryRun && !context.RequestAborted.IsCancellationRequested) GatewayMetrics.Counted(reply);
        }
    }

    private Task Stream(HttpContext context)
    {
        var caller = context.Caller();
        var errorsOnly = context.Single("answers") switch
        {
            null or "all" => false,
            "errors" => true,
            _ => throw Problem.InvalidField("answers", "Expected is all or errors.").AsException(),
        };
        return streams.Run(context, new ActionWork(caller, router, known, aliases, new(facts, caller.Tenant)), errorsOnly);
    }

    private async Task<IResult> List(HttpContext context)
    {
        var (filter, word) = Actions.Read(context);
        var status = word is null ? null : States.Find(word);
        if (status is not (null or ActionStatus.Parked) && filter.Referee is null)
            throw Problem.Unprocessable("filter_unsupported", "state", "There is an index for parked; other states go with program_id and referee_id.").AsException();
        var page = Paging.Found(await reports.Actions(filter, status, context.RequestAborted));
        return Actions.Answer(context, page.Items.Select(ActionEntry.Of), page.HasMore, action => action.ActionId.Value);
    }

    private async Task<IResult> ListConflicts(HttpContext context)
    {
        var (filter, _) = Conflicts.Read(context);
        var page = Paging.Found(await reports.Conflicts(filter, context.RequestAborted));
        return Conflicts.Answer(context, page.Items.Select(ConflictEntry.Of), page.HasMore, static conflict => conflict.Id);
    }

    private async Task<IResult> Show(HttpContext context, string id)
    {
        var tenant = context.Caller().Tenant;
        var story = CallerId.IsValid(id) ? await reports.Action(tenant, new(id), context.RequestAborted) : null;
        if (story is null) return new ProblemAnswer(Problem.NotFound("action", "action_id"));
        var programs = new ProgramsOfActions(facts, tenant);
        await programs.Load(story.Program, story.Outcome, context.RequestAborted);
        return new StoryAnswer(story, programs.Loaded);
    }

    private static async ValueTask<ActionLine> Read(HttpContext context)
    {
        var reader = context.Request.BodyReader;
        var body = await Body.ReadWhole(context.Request, reader);
        var problem = ActionParser.Parse(body.IsSingleSegment ? body.FirstSpan : body.ToArray(), out var line);
        reader.AdvanceTo(body.End);
        return problem is null ? line : throw problem.AsException();
    }
}
