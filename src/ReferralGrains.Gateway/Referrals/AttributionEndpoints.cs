using ReferralGrains.Gateway.Access;
using ReferralGrains.Gateway.Description;
using ReferralGrains.Gateway.Json;
using ReferralGrains.Gateway.Lines;
using ReferralGrains.Gateway.Problems;
using ReferralGrains.Storage.Tenants;
using ReferralGrains.Turns;

namespace ReferralGrains.Gateway.Referrals;

/// <summary>The three ways in which a referee is attributed: by a referral, by many, by a code that was redeemed.</summary>
internal sealed class AttributionEndpoints(IGrainRouter router, ReferrersByCode codes, LineStreams streams)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.Post("/v1/referrals", Create).Needs(KeyRole.Ingest)
            .WithSummary("Attribute a referee to a referrer").Takes<NewReferral>().Answers<ReferralAnswer>(creates: true);
        routes.Post("/v1/referrals:batch", Batch).Needs(KeyRole.Ingest)
            .WithSummary("Attribute many referees: a line each, and a line each in answer").TakesLines<NewReferral>().AnswersLines<ReferralLineAnswer>();
        routes.Post("/v1/redemptions", Redeem).Needs(KeyRole.Ingest)
            .WithSummary("Attribute a referee by the code that it entered").Takes<Redemption>().Answers<ReferralAnswer>(creates: true);
    }

    private async Task<IResult> Create(HttpContext context) => await Attribute(context, await Body.Read(context, GatewayJson.Default.NewReferral));

    private async Task<IResult> Redeem(HttpContext context)
    {
        var body = await Body.Read(context, GatewayJson.Default.Redemption);
        if (body.ActionId is not null) throw Problem.NotSupported("action_id", "Redeeming at checkout").AsException();
        if (body.Code.Length == 0) throw Problem.MissingField("code").AsException();
        return await Attribute(context, new(body.ProgramId, body.RefereeId, Code: body.Code, RefereeEmail: body.RefereeEmail));
    }

    private Task Batch(HttpContext context) => streams.Run(context, new ReferralWork(context.Caller(), router, codes), errorsOnly: false);

    private async Task<IResult> Attribute(HttpContext context, NewReferral referral)
    {
        ReferralFields.Check(referral);
        var tenant = context.Caller().Tenant;
        if (await codes.Find(tenant, referral, context.RequestAborted) is not { } referrer) return new ProblemAnswer(Problem.Of(ReferrersByCode.Unknown));
        var to = GrainAddress.Referral(tenant, referral.ProgramId, referral.RefereeId);
        var reply = await router.Ask(to, ReferralFields.Attribute(referral, referrer), context.RequestAborted);
        return reply.Refusal is { } refusal
            ? new ProblemAnswer(Problem.Of(refusal))
            : Answers.Created(
                ReferralFields.Answer(referral.ProgramId, referral.RefereeId, referrer, reply.State!, !reply.Changed), reply.Changed, GatewayJson.Default.ReferralAnswer);
    }
}
