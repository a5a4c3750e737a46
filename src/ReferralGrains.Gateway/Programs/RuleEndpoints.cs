using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Gateway.Access;
using ReferralGrains.Gateway.Description;
using ReferralGrains.Gateway.Json;
using ReferralGrains.Gateway.Problems;
using ReferralGrains.Storage.Facts;
using ReferralGrains.Storage.Reports;
using ReferralGrains.Storage.Tenants;
using ReferralGrains.Turns;
using ReferralGrains.Turns.Programs;
using ReferralGrains.Turns.Referrals;

namespace ReferralGrains.Gateway.Programs;

/// <summary>Rules: published, disabled, enabled. A changed rule is a new version (S7).</summary>
internal sealed class RuleEndpoints(IGrainRouter router, IFacts facts, IReports reports, RulePrograms programs, RuleJoins joins) : IEndpoints
{
    private static readonly Listing<RuleAnswer> Rules = new(
        GatewayJson.Default.PageAnswerRuleAnswer, static id => CallerId.IsValid(id), ProgramEndpoints.States.Known,
        Filters.Program, Filters.State, Filters.Prefix, Filters.Program | Filters.State, Filters.Program | Filters.Prefix, Filters.State | Filters.Prefix,
        Filters.Program | Filters.State | Filters.Prefix);

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.Post("/v1/programs/{id}/rules", Publish).Needs(KeyRole.Admin)
            .WithSummary("Publish a rule, or a new version of one").Takes<RuleBody>().Answers<RuleAnswer>(creates: true).Query(RouteDescription.DryRun);
        routes.Get("/v1/rules", List).Needs(KeyRole.Read)
            .WithSummary("All rules, as they stand now").Lists(Rules);
        routes.Get("/v1/rules/{id}", Show).Needs(KeyRole.Read)
            .WithSummary("One rule, as it stands now").Answers<RuleAnswer>().Query(RouteDescription.ProgramId);
        routes.Post("/v1/rules/{id}/disable", Disable).Needs(KeyRole.Admin)
            .WithSummary("Reward nothing by this rule, on every enrollment, until it is enabled").Answers<RuleAnswer>().Query(RouteDescription.ProgramId);
        routes.Post("/v1/rules/{id}/enable", Enable).Needs(KeyRole.Admin)
            .WithSummary("Reward by this rule again").Answers<RuleAnswer>().Query(RouteDescription.ProgramId);
        routes.Post("/v1/rules/{id}/join", Join).Needs(KeyRole.Admin)
            .WithSummary("Enroll every approved referral of the program in this rule; safe to send again until it has answered")
            .Answers<JoinAnswer>().Query(RouteDescription.DryRun, RouteDescription.ProgramId);
    }

    private async Task<IResult> Publish(HttpContext context, string id)
    {
        var tenant = context.Caller().Tenant;
        var program = CallerId.IsValid(id) ? await facts.Program(tenant, new(id), context.RequestAborted) : null;
        if (program is null) return new ProblemAnswer(Problem.NotFound("program", "program_id"));
        var body = await Body.Read(context, GatewayJson.Default.RuleBody);
        var rule = body.Id ?? NewIds.Make("rule_", context);
        var (terms, state) = RuleParser.Parse(body, rule, program);
        var publish = new PublishRule(rule, terms, state, context.Flag("dry_run"));
        var reply = await router.Ask(GrainAddress.Program(tenant, program.Id), publish, context.RequestAborted);
        if (reply.Refusal is { } refusal) return new ProblemAnswer(Problem.Of(refusal));
        var answer = RuleWriter.Answer(reply.Terms!, reply.Terms!.Rule(rule)!, !reply.Changed);
        if (RuleWarnings.Of(terms) is { IsEmpty: false } warnings) answer = answer with { Warnings = warnings };
        return Answers.Created(context, answer, isNew: reply.Changed && !publish.DryRun, GatewayJson.Default.RuleAnswer, "rules", rule.Value);
    }

    private async Task<IResult> List(HttpContext context)
    {
        var (filter, state) = Rules.Read(context);
        var page = await reports.Rules(filter, state is null ? null : ProgramEndpoints.States.Find(state), context.RequestAborted);
        return Rules.Answer(context, page.Items.Select(pair => RuleWriter.Answer(pair.Program, pair.Rule)), page.HasMore, rule => rule.Id.Value);
    }

    private async Task<IResult> Show(HttpContext context, string id)
    {
        var (program, rule) = await programs.Resolve(context, id);
        var terms = await facts.ProgramCovering(context.Caller().Tenant, program, terms => terms.Rule(rule) is not null, context.RequestAborted);
        return Answers.Ok(RuleWriter.Answer(terms, terms.Rule(rule)!), GatewayJson.Default.RuleAnswer);
    }

    private Task<IResult> Disable(HttpContext context, string id) => Switch(context, id, enabled: false);

    private Task<IResult> Enable(HttpContext context, string id) => Switch(context, id, enabled: true);

    private async Task<IResult> Join(HttpContext context, string id)
    {
        var (program, rule) = await programs.Resolve(context, id);
        var terms = await facts.ProgramCovering(context.Caller().Tenant, program, terms => terms.Rule(rule) is not null, context.RequestAborted);
        return await joins.Run(context.Caller(), terms, terms.Rule(rule)!, context.Flag("dry_run"), context.RequestAborted) switch
        {
            (var answer, null) => Answers.Ok(answer, GatewayJson.Default.JoinAnswer),
            (_, { } refusal) => new ProblemAnswer(Problem.Of(refusal)),
        };
    }

    private async Task<IResult> Switch(HttpContext context, string id, bool enabled)
    {
        var caller = context.Caller();
        var (program, rule) = await programs.Resolve(context, id);
        var reply = await router.Ask(GrainAddress.Program(caller.Tenant, program), new SwitchRule(rule, enabled, caller.By), context.RequestAborted);
        return reply.Refusal is { } refusal
            ? new ProblemAnswer(Problem.Of(refusal))
            : Answers.Ok(RuleWriter.Answer(reply.Terms!, reply.Terms!.Rule(rule)!), GatewayJson.Default.RuleAnswer);
    }
}

/// <summary>Which program a rule is of: its id is unique in its tenant.</summary>
internal sealed class RulePrograms(IFacts facts)
{
    /// <summary>The rule of a path, and its program; a <c>program_id</c> that says another program finds nothing.</summary>
    public async Task<(CallerId Program, CallerId Rule)> Resolve(HttpContext context, string rule)
    {
        if (!CallerId.IsValid(rule) || await facts.ProgramOfRule(context.Caller().Tenant, new(rule), context.RequestAborted) is not { } program) throw Missing();
        return context.Single("program_id") is { } named && named != program.Value ? throw Missing() : (program, new(rule));
    }

    private static ProblemException Missing() => Problem.NotFound("rule", "rule_id").AsException();
}

/// <summary>
/// Existing referrals join a rule, each by its own grain (D17). Broken off, what has joined stays joined, and the next run goes on.
/// </summary>
internal sealed class RuleJoins(IGrainRouter router, IReports reports)
{
    private const int PageSize = 1_000;
    private const int AtOnce = 200;

    public async Task<(JoinAnswer Answer, Refusal? Refusal)> Run(Caller caller, ProgramTerms program, Rule rule, bool dryRun, CancellationToken stop)
    {
        var join = new JoinRule(rule.Number, caller.By, dryRun);
        var answer = new JoinAnswer(rule.Id, rule.Latest.Number, 0, 0, 0, dryRun ? true : null);
        for (StreamId? after = null; ;)
        {
            var page = await reports.ApprovedReferrals(caller.Tenant, program.Stream, after, PageSize, stop);
            var replies = await Ask(caller.Tenant, program.Id, page, join, stop);
            if (Array.Find(replies, reply => reply.Refusal is { Code: not "referral_not_approved" }) is { } refused) return (answer, refused.Refusal);
            answer = answer with
            {
                Referrals = answer.Referrals + replies.Length,
                Joined = answer.Joined + replies.Count(reply => reply.Changed),
                AlreadyEnrolled = answer.AlreadyEnrolled + replies.Count(reply => reply is { Refusal: null, Changed: false }),
            };
            if (!page.HasMore) return (answer, null);
            after = page.Items[^1].Stream;
        }
    }

    private async Task<ReferralReply[]> Ask(int tenant, CallerId program, Page<ApprovedReferral> page, JoinRule join, CancellationToken stop)
    {
        var replies = new ReferralReply[page.Items.Length];
        var options = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = stop };
        await Parallel.ForAsync(0, replies.Length, options, async (i, _) =>
            replies[i] = await router.Ask(GrainAddress.Referral(tenant, program, page.Items[i].Referee), join, stop));
        return replies;
    }
}
