using System.Collections.Immutable;
using System.Text.Json;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Referrers;
using ReferralGrains.Gateway.Access;
using ReferralGrains.Gateway.Description;
using ReferralGrains.Gateway.Json;
using ReferralGrains.Gateway.Lines;
using ReferralGrains.Gateway.Problems;
using ReferralGrains.Gateway.Programs;
using ReferralGrains.Storage.Reports;
using ReferralGrains.Storage.Tenants;
using ReferralGrains.Turns;
using ReferralGrains.Turns.Referrals;

namespace ReferralGrains.Gateway.Referrals;

/// <summary>The three ways in which a referee is attributed: by a referral, by many, by a code that was redeemed.</summary>
internal sealed class AttributionEndpoints(IGrainRouter router, KnownPrograms known, ReferrersByCode codes, LineStreams streams) : IEndpoints
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

    private async Task<IResult> Create(HttpContext context) => await Attribute(context, await Body.Read(context, GatewayJson.Default.NewReferral), null);

    private async Task<IResult> Redeem(HttpContext context)
    {
        var body = await Body.Read(context, GatewayJson.Default.Redemption);
        if (body.Code.Length == 0) throw Problem.MissingField("code").AsException();
        return await Attribute(context, new(body.ProgramId, body.RefereeId, Code: body.Code, RefereeEmail: body.RefereeEmail), body.ActionId);
    }

    private Task Batch(HttpContext context) => streams.Run(context, new ReferralWork(context.Caller(), router, known, codes), errorsOnly: false);

    private async Task<IResult> Attribute(HttpContext context, NewReferral referral, CallerId? action)
    {
        ReferralFields.Check(referral);
        var tenant = context.Caller().Tenant;
        if (await codes.Find(tenant, referral, context.RequestAborted) is not { } referrer) return new ProblemAnswer(Problem.Of(ReferrersByCode.Unknown));
        if (!await known.Has(tenant, referral.ProgramId, context.RequestAborted)) return new ProblemAnswer(Problem.Of(KnownPrograms.Missing));
        var to = GrainAddress.Referral(tenant, referral.ProgramId, referral.RefereeId);
        var reply = await router.Ask(to, ReferralFields.Attribute(referral, referrer) with { Action = action }, context.RequestAborted);
        return reply.Refusal is { } refusal
            ? new ProblemAnswer(Problem.Of(refusal))
            : Answers.Created(
                context, ReferralFields.Answer(referral.ProgramId, referral.RefereeId, referrer, reply.State!, !reply.Changed), reply.Changed,
                GatewayJson.Default.ReferralAnswer, "referrals", referral.ProgramId.Value, referral.RefereeId.Value);
    }
}

/// <param name="Referrer">Who it was attributed to, by whatever it was named.</param>
internal sealed record ReferralLineReply(CallerId Referrer, ReferralReply Reply);

/// <summary>Many referrals in one request.</summary>
internal sealed class ReferralWork(Caller caller, IGrainRouter router, KnownPrograms known, ReferrersByCode codes) : LineWork<NewReferral, ReferralLineReply>
{
    public override Problem? Parse(ReadOnlySpan<byte> line, out NewReferral item)
    {
        if (Strict.Parse(line, GatewayJson.Default.NewReferral, out item) is { } problem) return problem;
        try
        {
            ReferralFields.Check(item);
            return null;
        }
        catch (ProblemException refused)
        {
            return refused.Problem;
        }
    }

    public override GrainAddress AddressOf(NewReferral item) => GrainAddress.Referral(caller.Tenant, item.ProgramId, item.RefereeId);

    public override async ValueTask<ImmutableArray<ReferralLineReply>> Ask(GrainAddress to, ImmutableArray<NewReferral> items, CancellationToken stop)
    {
        var replies = ImmutableArray.CreateBuilder<ReferralLineReply>(items.Length);
        foreach (var item in items) replies.Add(await Ask(to, item, stop));
        return replies.MoveToImmutable();
    }

    public override Problem? ProblemOf(ReferralLineReply reply) => reply.Reply.Refusal is { } refusal ? Problem.Of(refusal) : null;

    public override void Write(Utf8JsonWriter json, NewReferral item, ReferralLineReply reply)
    {
        WriteName(json, item);
        json.WriteString("referrer_id", reply.Referrer.Value);
        json.WriteString("status", ReferralFields.Word(reply.Reply.State!.Status));
        if (ReferralFields.Flags(reply.Reply.State) is { IsEmpty: false } flags)
        {
            json.WritePropertyName("flags");
            JsonSerializer.Serialize(json, flags, GatewayJson.Default.ImmutableArrayReferralFlag);
        }

        if (!reply.Reply.Changed) json.WriteBoolean("duplicate", true);
    }

    public override void WriteName(Utf8JsonWriter json, NewReferral item)
    {
        json.WriteString("program_id", item.ProgramId.Value);
        json.WriteString("referee_id", item.RefereeId.Value);
    }

    private async Task<ReferralLineReply> Ask(GrainAddress to, NewReferral item, CancellationToken stop)
    {
        var referrer = await codes.Find(caller.Tenant, item, stop);
        if (referrer is null) return new(default, new(ReferrersByCode.Unknown, false, default, null));
        if (!await known.Has(caller.Tenant, item.ProgramId, stop)) return new(default, new(KnownPrograms.Missing, false, default, null));
        return new(referrer.Value, await router.Ask(to, ReferralFields.Attribute(item, referrer.Value), stop));
    }
}

/// <summary>Whom a referral names: by id, or by the code that the referee entered (V1).</summary>
internal sealed class ReferrersByCode(IReports reports)
{
    public static readonly Refusal Unknown = new(RefusalKind.NotFound, "code_not_found", Field.Code, "No referrer has this code.");

    /// <summary>Null when nobody has the code. Whether an id exists, the grain says.</summary>
    public Task<CallerId?> Find(int tenant, NewReferral body, CancellationToken stop) =>
        body.ReferrerId is { } id ? Task.FromResult<CallerId?>(id) : Find(tenant, body.Code!, stop);

    public Task<CallerId?> Find(int tenant, string code, CancellationToken stop) => reports.ReferrerOfCode(tenant, ReferralCode.Normal(code), stop);
}
