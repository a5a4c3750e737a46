using System.Collections.Immutable;
using System.Text.Json;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Turns.Programs;

/// <summary>One program, of (tenant, program): publishes rule versions. Never on the path of an action.</summary>
public sealed class ProgramTurns(GrainAddress address, TurnWorld world)
    : FoldedTurns<ReferralProgram>(address, world, JournalJson.Default.ReferralProgram, ReferralProgram.FoldVersion)
{
    private DateTimeOffset now;

    protected override ReferralProgram Empty => ReferralProgram.None;

    protected override ReferralProgram Evolve(ReferralProgram state, StoredRow row) =>
        ReferralProgram.Evolve(state, row.At, Stream, row.Decode<ProgramEvent>());

    protected override int SeqOf(ReferralProgram state) => state.Seq;

    protected override async ValueTask<Prepared> Prepare(IReadOnlyList<Envelope> commands)
    {
        var state = await Loaded();
        now = Later(await World.Clock.Now(Address.Tenant), state.LastAt);
        return commands[0].Command switch
        {
            CreateProgram create => Create(state, create),
            PublishRule publish => await Publish(state, publish),
            SwitchRule change => Switch(state, change),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }

    protected override void Refresh(AppendOutcome why) => World.Facts.Forget(Stream);

    private Prepared Create(ReferralProgram state, CreateProgram create)
    {
        if (state.Terms is not { } terms) return Written(state, new ProgramCreated(Address.First, create.Name, create.Currency, create.TimeZone));
        var same = (terms.Name, terms.Currency, terms.TimeZone) == (create.Name, create.Currency, create.TimeZone);
        return same ? Same(state) : Refused(RefusalKind.Conflict, "conflict", "id", "This program exists with other content.");
    }

    private async ValueTask<Prepared> Publish(ReferralProgram state, PublishRule publish)
    {
        if (state.Terms is not { } terms) return Missing();
        var rule = terms.Rule(publish.Id);
        if (rule is not null && rule.State == publish.State && Json(rule.Latest.Terms) == Json(publish.Terms)) return Same(state);
        if (rule is null && await World.Facts.ProgramOfRule(Address.Tenant, publish.Id, CancellationToken.None) is { } owner && owner != Address.First)
            return Refused(RefusalKind.Conflict, "conflict", "id", "Another program has a rule with this id.");
        var published = new RulePublished(
            rule?.Number ?? terms.Rules.Length + 1, publish.Id, (rule?.Versions.Length ?? 0) + 1, publish.Terms, publish.State);
        if (!publish.DryRun) return Written(state, published, rule is null ? [new(publish.Id, Stream)] : []);
        var would = ReferralProgram.Evolve(state, now, Stream, published);
        return new(null, [new ProgramReply(null, true, would.Terms)], static () => { });
    }

    private Prepared Switch(ReferralProgram state, SwitchRule change)
    {
        if (state.Terms is not { } terms) return Missing();
        if (terms.Rule(change.Id) is not { } rule) return Refused(RefusalKind.NotFound, "rule_not_found", "id", "There is no such rule.");
        return rule.State.Enabled == change.Enabled ? Same(state) : Written(state, new RuleSwitched(rule.Number, change.Enabled, change.By));
    }

    private Prepared Written(ReferralProgram state, ProgramEvent e, params ImmutableArray<RuleRow> rules)
    {
        var next = ReferralProgram.Evolve(state, now, Stream, e);
        var append = new Append
        {
            Tenant = Address.Tenant,
            Streams = [new(Stream, next.Seq, [EventCodec.Encode(e, next.LastAt)])],
            Facts = [new(Stream, next.Seq, JsonSerializer.Serialize(next.Terms!, JournalJson.Default.ProgramTerms))],
            Rules = rules,
        };
        return new(append, [new ProgramReply(null, true, next.Terms)], () =>
        {
            Take(next);
            World.Facts.Forget(Stream);
        });
    }

    private static string Json(RewardRule terms) => JsonSerializer.Serialize(terms, JournalJson.Default.RewardRule);

    private static Prepared Same(ReferralProgram state) => new(null, [new ProgramReply(null, false, state.Terms)], static () => { });

    private static Prepared Missing() => Refused(RefusalKind.NotFound, "program_not_found", "program_id", "There is no such program.");

    private static Prepared Refused(RefusalKind kind, string code, string param, string detail) =>
        new(null, [new ProgramReply(new(kind, code, param, detail), false, null)], static () => { });
}
