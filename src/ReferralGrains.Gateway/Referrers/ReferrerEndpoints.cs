using ReferralGrains.Domain.Identity;
using ReferralGrains.Gateway.Access;
using ReferralGrains.Gateway.Ids;
using ReferralGrains.Gateway.Json;
using ReferralGrains.Gateway.Problems;
using ReferralGrains.Grains.Engine;
using ReferralGrains.Grains.Referrers;
using ReferralGrains.Storage.Reports;
using ReferralGrains.Storage.Tenants;

namespace ReferralGrains.Gateway.Referrers;

/// <summary>Referrers: those who are paid.</summary>
internal sealed class ReferrerEndpoints(IGrainRouter router, IReports reports)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.Post("/v1/referrers", Create).Needs(KeyRole.Admin);
        routes.Get("/v1/referrers/{id}", Show).Needs(KeyRole.Read);
        routes.Get("/v1/referrers/{id}/balance", Balance).Needs(KeyRole.Read);
    }

    private async Task<IResult> Create(HttpContext context)
    {
        var body = await Body.Read(context, GatewayJson.Default.NewReferrer);
        var id = body.Id ?? NewIds.Make("ref_", context);
        var create = new CreateReferrer(
            ReferrerFields.Email(body.Email), Text.Of(body.Name, "name", 200), Tags.Of(body.Tags, "tags") ?? [], body.CashOptIn ?? false,
            Text.Of(body.StripeCustomerId, "stripe_customer_id", 200));
        var tenant = context.Caller().Tenant;
        var reply = await router.Ask(GrainAddress.Referrer(tenant, id), create, context.RequestAborted);
        if (reply.Refusal is { } refusal) return new ProblemAnswer(Problem.Of(refusal));
        var profile = await reports.Referrer(tenant, id, context.RequestAborted) ?? throw Missing();
        return Answers.Created(ReferrerFields.Answer(profile, personal: true, !reply.Changed), reply.Changed, GatewayJson.Default.ReferrerAnswer);
    }

    private async Task<IResult> Show(HttpContext context, string id)
    {
        var caller = context.Caller();
        var profile = await reports.Referrer(caller.Tenant, Valid(id), context.RequestAborted) ?? throw Missing();
        return Answers.Ok(ReferrerFields.Answer(profile, caller.Has(KeyRole.Admin)), GatewayJson.Default.ReferrerAnswer);
    }

    private async Task<IResult> Balance(HttpContext context, string id)
    {
        var referrer = Valid(id);
        var balances = await reports.Balances(context.Caller().Tenant, referrer, context.RequestAborted) ?? throw Missing();
        return Answers.Ok(new BalanceAnswer(referrer, [.. balances.Select(ReferrerFields.Line)]), GatewayJson.Default.BalanceAnswer);
    }

    // An id that nobody could have is simply not there.
    private static CallerId Valid(string id) => CallerId.IsValid(id) ? new(id) : throw Missing();

    private static ProblemException Missing() => Problem.NotFound("referrer", "referrer_id").AsException();
}
