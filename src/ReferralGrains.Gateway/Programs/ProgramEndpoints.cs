using System.Text.Json;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Money;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Gateway.Access;
using ReferralGrains.Gateway.Ids;
using ReferralGrains.Gateway.Json;
using ReferralGrains.Gateway.Problems;
using ReferralGrains.Grains.Engine;
using ReferralGrains.Grains.Programs;
using ReferralGrains.Storage.Facts;
using ReferralGrains.Storage.Reports;
using ReferralGrains.Storage.Tenants;

namespace ReferralGrains.Gateway.Programs;

/// <summary>Programs and their rules.</summary>
internal sealed class ProgramEndpoints(IGrainRouter router, IFacts facts, IReports reports)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.Post("/v1/programs", Create).Needs(KeyRole.Admin);
        routes.Get("/v1/programs/{id}", Show).Needs(KeyRole.Read);
        routes.Post("/v1/programs/{id}/rules", Publish).Needs(KeyRole.Admin);
    }

    private async Task<IResult> Create(HttpContext context)
    {
        var body = await Body.Read(context, GatewayJson.Default.NewProgram);
        if (body.NewCustomerDiscount is { ValueKind: not JsonValueKind.Null }) throw Problem.NotSupported("new_customer_discount", "A discount for new customers").AsException();
        if (!Currency.IsKnown(body.Currency)) throw Problem.InvalidField("currency", "An ISO 4217 code is expected, like GBP.").AsException();
        if (!ProgramDates.IsKnown(body.TimeZone)) throw Problem.InvalidField("time_zone", "An IANA time zone is expected, like Europe/London.").AsException();
        var id = body.Id ?? NewIds.Make("prg_", context);
        var create = new CreateProgram(Text.Of(body.Name, "name", 200) ?? id.Value, body.Currency, body.TimeZone);
        var reply = await router.Ask(GrainAddress.Program(context.Caller().Tenant, id), create, context.RequestAborted);
        if (reply.Refusal is { } refusal) return new ProblemAnswer(Problem.Of(refusal));
        return Answers.Created(ProgramAnswers.Of(reply.Terms!, !reply.Changed), reply.Changed, GatewayJson.Default.ProgramAnswer);
    }

    private async Task<IResult> Show(HttpContext context, string id) =>
        Answers.Ok(ProgramAnswers.Of(await Find(context, id)), GatewayJson.Default.ProgramAnswer);

    private async Task<IResult> Publish(HttpContext context, string id)
    {
        var program = await Find(context, id);
        var body = await Body.Read(context, GatewayJson.Default.RuleBody);
        var rule = body.Id ?? NewIds.Make("rule_", context);
        var (terms, state) = RuleParser.Parse(body, rule, program);
        var tenant = context.Caller().Tenant;
        if (program.Rule(rule) is null && await reports.ProgramOfRule(tenant, rule, context.RequestAborted) is { } other && other != program.Id)
            return new ProblemAnswer(Problem.Conflict("id", "Another program has a rule with this id."));
        var publish = new PublishRule(rule, terms, state, context.Flag("dry_run"));
        var reply = await router.Ask(GrainAddress.Program(tenant, program.Id), publish, context.RequestAborted);
        if (reply.Refusal is { } refusal) return new ProblemAnswer(Problem.Of(refusal));
        return Answers.Created(
            RuleWriter.Answer(reply.Terms!, reply.Terms!.Rule(rule)!, !reply.Changed), reply.Changed && !publish.DryRun, GatewayJson.Default.RuleAnswer);
    }

    private async Task<ProgramTerms> Find(HttpContext context, string id) =>
        CallerId.IsValid(id) && await facts.Program(context.Caller().Tenant, new(id), context.RequestAborted) is { } program
            ? program
            : throw Problem.NotFound("program", "program_id").AsException();
}
