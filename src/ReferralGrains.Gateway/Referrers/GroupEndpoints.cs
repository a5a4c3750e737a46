using System.Collections.Immutable;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Gateway.Access;
using ReferralGrains.Gateway.Description;
using ReferralGrains.Gateway.Json;
using ReferralGrains.Gateway.Problems;
using ReferralGrains.Gateway.Programs;
using ReferralGrains.Storage.Facts;
using ReferralGrains.Storage.Reports;
using ReferralGrains.Storage.Tenants;
using ReferralGrains.Turns;
using ReferralGrains.Turns.Referrers;

namespace ReferralGrains.Gateway.Referrers;

/// <summary>Rewards of a referrer that wait for each other (H14).</summary>
internal sealed class GroupEndpoints(IGrainRouter router, IReports reports, IFigures figures, IFacts facts, RulePrograms rules) : IEndpoints
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.Get("/v1/referrers/{id}/groups", Show).Needs(KeyRole.Read)
            .WithSummary("What waits in groups of a referrer, and for which sum").Answers<GroupsAnswer>();
        routes.Post("/v1/referrers/{id}/groups/{rule}/release", Release).Needs(KeyRole.Admin)
            .WithSummary("Make all that waits in the groups of a rule payable now").Answers<GroupsAnswer>().Query(RouteDescription.ProgramId);
    }

    private async Task<IResult> Show(HttpContext context, string id) => await Answer(context, ReferrerPath.Id(id));

    private async Task<IResult> Release(HttpContext context, string id, string rule)
    {
        var (caller, referrer) = (context.Caller(), ReferrerPath.Id(id));
        var (program, ruleId) = await rules.Resolve(context, rule);
        var reply = await router.Ask(GrainAddress.Referrer(caller.Tenant, referrer), new ReleaseGroup(program, ruleId, null, caller.By), context.RequestAborted);
        return reply.Refusal is { } refusal ? new ProblemAnswer(Problem.Of(refusal)) : await Answer(context, referrer);
    }

    private async Task<IResult> Answer(HttpContext context, CallerId referrer)
    {
        var (tenant, stop) = (context.Caller().Tenant, context.RequestAborted);
        var profile = await reports.Referrer(tenant, referrer, stop) ?? throw ReferrerPath.Missing();
        return Answers.Ok(new(referrer, await Of(tenant, profile, stop)), GatewayJson.Default.GroupsAnswer);
    }

    /// <summary>What waits in groups of a referrer.</summary>
    public async Task<ImmutableArray<GroupAnswer>> Of(int tenant, ReferrerProfile profile, CancellationToken stop)
    {
        var answers = ImmutableArray.CreateBuilder<GroupAnswer>();
        foreach (var (_, program, _, group) in await figures.Groups(profile.Stream, stop))
        {
            var terms = await facts.ProgramCovering(tenant, program, terms => terms.Rules.Length >= group.Rule, stop);
            answers.Add(new(program, terms.Rule(group.Rule).Id, group.Asset.Name, group.Number, group.SumMinor, group.GoalMinor));
        }

        return answers.DrainToImmutable();
    }
}

internal sealed record GroupsAnswer(CallerId ReferrerId, ImmutableArray<GroupAnswer> Groups);

/// <param name="Number">Counts from 1; those before it were released.</param>
/// <param name="SumMinor">What waits, after refunds.</param>
/// <param name="GoalMinor">All of it is payable when the sum reaches this.</param>
internal sealed record GroupAnswer(CallerId ProgramId, CallerId RuleId, string Asset, int Number, long SumMinor, long GoalMinor);
