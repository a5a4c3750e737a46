using System.Collections.Immutable;
using System.Text.Json;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Gateway.Access;
using ReferralGrains.Gateway.Json;
using ReferralGrains.Gateway.Lines;
using ReferralGrains.Gateway.Problems;
using ReferralGrains.Turns;
using ReferralGrains.Turns.Referrals;

namespace ReferralGrains.Gateway.Referrals;

/// <param name="Referrer">Who it was attributed to, by whatever it was named.</param>
internal sealed record ReferralLineReply(CallerId Referrer, ReferralReply Reply);

/// <summary>Many referrals in one request.</summary>
internal sealed class ReferralWork(Caller caller, IGrainRouter router, ReferrersByCode codes) : LineWork<NewReferral, ReferralLineReply>
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
        return new(referrer.Value, await router.Ask(to, ReferralFields.Attribute(item, referrer.Value), stop));
    }
}
