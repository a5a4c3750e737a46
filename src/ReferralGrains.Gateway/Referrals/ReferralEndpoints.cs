using ReferralGrains.Gateway.Access;
using ReferralGrains.Gateway.Json;
using ReferralGrains.Gateway.Lines;
using ReferralGrains.Gateway.Problems;
using ReferralGrains.Grains.Engine;
using ReferralGrains.Storage.Tenants;

namespace ReferralGrains.Gateway.Referrals;

/// <summary>Referrals: who referred whom, and what has come of it.</summary>
internal sealed class ReferralEndpoints(IGrainRouter router, ReferrersByCode codes, LineStreams streams)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.Post("/v1/referrals", Create).Needs(KeyRole.Ingest);
        routes.Post("/v1/referrals:batch", Batch).Needs(KeyRole.Ingest);
    }

    private async Task<IResult> Create(HttpContext context)
    {
        var body = await Body.Read(context, GatewayJson.Default.NewReferral);
        ReferralFields.Check(body);
        var tenant = context.Caller().Tenant;
        if (await codes.Find(tenant, body, context.RequestAborted) is not { } referrer) return new ProblemAnswer(Problem.Of(ReferrersByCode.Unknown));
        var to = GrainAddress.Enrollment(tenant, body.ProgramId, body.RefereeId);
        var reply = await router.Ask(to, ReferralFields.Attribute(body, referrer), context.RequestAborted);
        if (reply.Refusal is { } refusal) return new ProblemAnswer(Problem.Of(refusal));
        var answer = ReferralFields.Answer(body.ProgramId, body.RefereeId, referrer, reply.State!, !reply.Changed);
        return Answers.Created(answer, reply.Changed, GatewayJson.Default.ReferralAnswer);
    }

    private Task Batch(HttpContext context) => streams.Run(context, new ReferralWork(context.Caller(), router, codes), errorsOnly: false);
}
