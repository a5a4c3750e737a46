using System.Collections.Immutable;
using System.Text.Json;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Gateway.Access;
using ReferralGrains.Gateway.Lines;
using ReferralGrains.Gateway.Problems;
using ReferralGrains.Turns;
using ReferralGrains.Turns.Referrals;

namespace ReferralGrains.Gateway.Actions;

/// <summary>A stream of actions: the hot path.</summary>
internal sealed class ActionWork(Caller caller, IGrainRouter router, ITenantClock clock, ProgramsOfActions programs) : LineWork<ActionLine, ActionReply>
{
    private readonly StreamSummary summary = new();
    private DateTimeOffset now;

    public override bool Summarises => true;

    public override async ValueTask Begin(CancellationToken stop) => now = await clock.Now(caller.Tenant);

    public override Problem? Parse(ReadOnlySpan<byte> line, out ActionLine item) => ActionParser.Parse(line, now, out item);

    public override GrainAddress AddressOf(ActionLine item) => GrainAddress.Referral(caller.Tenant, item.Program, item.Referee);

    public override async ValueTask<ImmutableArray<ActionReply>> Ask(GrainAddress to, ImmutableArray<ActionLine> items, CancellationToken stop)
    {
        var actions = ImmutableArray.CreateBuilder<ReferralAction>(items.Length);
        foreach (var item in items) actions.Add(item.Action);
        return (await router.Ask(to, new RecordActions(actions.MoveToImmutable()), stop)).Replies;
    }

    public override Problem? ProblemOf(ActionReply reply) => reply.Refusal is { } refusal ? Problem.Of(refusal) : null;

    public override ValueTask Prepare(ActionLine item, ActionReply reply, CancellationToken stop) =>
        reply.Outcome is { } outcome ? programs.Load(item.Program, outcome, stop) : ValueTask.CompletedTask;

    public override void Write(Utf8JsonWriter json, ActionLine item, ActionReply reply) =>
        OutcomeWriter.WriteMembers(json, reply.Outcome!, reply.Duplicate, programs.Loaded);

    public override void WriteName(Utf8JsonWriter json, ActionLine item) => WriteName(json, item.Action.Id.Value);

    public override void WriteName(Utf8JsonWriter json, string name) => json.WriteString("action_id", name);

    public override string? NameOf(ReadOnlySpan<byte> line) => ActionName.Find(line);

    public override void Count(ActionReply? reply, bool failed) => summary.Count(failed ? null : reply);

    public override void WriteSummary(Utf8JsonWriter json) => summary.Write(json);
}
