using System.Buffers;
using ReferralGrains.Gateway.Access;
using ReferralGrains.Gateway.Json;
using ReferralGrains.Gateway.Lines;
using ReferralGrains.Gateway.Problems;
using ReferralGrains.Grains.Engine;
using ReferralGrains.Grains.Enrollments;
using ReferralGrains.Grains.Turns;
using ReferralGrains.Storage.Facts;
using ReferralGrains.Storage.Tenants;

namespace ReferralGrains.Gateway.Actions;

/// <summary>Actions, one by one and as a stream.</summary>
internal sealed class ActionEndpoints(IGrainRouter router, IFacts facts, ITenantClock clock, LineStreams streams)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.Post("/v1/actions", Record).Needs(KeyRole.Ingest);
        routes.Post("/v1/actions:stream", Stream).Needs(KeyRole.Ingest);
    }

    private async Task<IResult> Record(HttpContext context)
    {
        var caller = context.Caller();
        var dryRun = context.Flag("dry_run");
        var line = await Read(context, await clock.Now(caller.Tenant));
        var to = GrainAddress.Enrollment(caller.Tenant, line.Program, line.Referee);
        var recorded = await router.Ask(to, new RecordActions([line.Action], dryRun), context.RequestAborted);
        var reply = recorded.Replies[0];
        if (reply.Refusal is { } refusal) return new ProblemAnswer(Problem.Of(refusal));
        var programs = new ProgramsOfActions(facts, caller.Tenant);
        await programs.Load(line.Program, reply.Outcome!, context.RequestAborted);
        return new OutcomeAnswer(reply.Outcome!, reply.Duplicate, programs.Loaded);
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
        return streams.Run(context, new ActionWork(caller, router, clock, new(facts, caller.Tenant)), errorsOnly);
    }

    private static async ValueTask<ActionLine> Read(HttpContext context, DateTimeOffset now)
    {
        var reader = context.Request.BodyReader;
        var body = await Body.ReadWhole(context.Request, reader);
        var problem = ActionParser.Parse(body.IsSingleSegment ? body.FirstSpan : body.ToArray(), now, out var line);
        reader.AdvanceTo(body.End);
        return problem is null ? line : throw problem.AsException();
    }
}
