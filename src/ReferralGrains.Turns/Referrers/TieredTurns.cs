using System.Collections.Immutable;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Referrers;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Silos;
using ReferralGrains.Turns.Referrals;

namespace ReferralGrains.Turns.Referrers;

/// <summary>
/// Decides the turns that enrollments hand up because all of their referrer's referrals count: a mailboxful at once, each against the tally
/// that the one before left, and all of them with the tally in one append of several streams (H2, D6, H14). Where all referrers of a program
/// share a budget, they go up once more, with the tally, to the program (X5).
/// </summary>
internal sealed class TieredTurns(int tenant, TurnWorld world)
{
    private readonly HandedGroup group = new();
    private ImmutableArray<FactRead> programs = [];

    public async ValueTask<Prepared> Prepare(
        StreamId stream, Referrer state, ReferrerFacts facts, IReadOnlyList<Envelope> commands, Action<Referrer> take)
    {
        if (group.Lost is { } outcome) return new(null, [new ReferralDecided(outcome, [], null)], group.Done);
        programs = [];
        var handed = Handed(commands);
        var terms = new List<ProgramTerms>(handed.Count);
        foreach (var decide in handed)
        {
            var program = (await world.Facts.Program(tenant, decide.Program, CancellationToken.None))!;

            // One append goes to one program, where that decides.
            if (terms.Count > 0 && program.Stream != terms[0].Stream && (program.NeedsProgram || terms[0].NeedsProgram)) break;
            terms.Add(program);
            var read = new FactRead(program.Stream, program.Revision);
            if (!programs.Contains(read)) programs = programs.Add(read);
        }

        group.Began(terms.Count);
        if (terms[0].NeedsProgram) return await HandUp(stream, state, facts, terms[0], [.. handed.Take(terms.Count)], take);
        var turn = new ReferrerTurn(tenant, stream, state);
        for (var i = 0; i < terms.Count; i++)
            if (!await turn.TryDecide(world, handed[i], terms[i], facts)) return new(null, [], static () => { }, AppendOutcome.FactMoved);
        return new(turn.Append(), [.. turn.Decided], () =>
        {
            take(turn.State);
            group.Done();
        })
        {
            Relied = programs,
        };
    }

    public void Refresh(AppendOutcome why)
    {
        foreach (var program in programs) world.Facts.Forget(program.Stream);
        group.DidNotHold(why);
    }

    // What goes up is what the decision needs: of the referrer only what it keeps for this program.
    private async ValueTask<Prepared> HandUp(
        StreamId stream, Referrer state, ReferrerFacts facts, ProgramTerms program, ImmutableArray<DecideReferral> handed, Action<Referrer> take)
    {
        var kept = state.Tallies.TryGetValue(program.Stream.Value, out var tally)
            ? ImmutableDictionary<long, Tally>.Empty.Add(program.Stream.Value, tally)
            : ImmutableDictionary<long, Tally>.Empty;
        var asked = Moment.Now(world.Time);
        var decided = await world.Router.Ask(
            GrainAddress.Program(tenant, program.Id), new DecideReferrals(stream, state with { Tallies = kept }, facts, handed), CancellationToken.None);
        return new(null, [.. decided.Replies], () =>
        {
            if (decided.State is { } left && left.Seq > state.Seq)
                take(state with { Seq = left.Seq, LastAt = left.LastAt, Tallies = state.Tallies.SetItems(left.Tallies) });
            group.Done();
        }, decided.Outcome)
        {
            Relied = programs,
            WrittenSince = decided.State?.Seq > state.Seq ? asked : null,
        };
    }

    // A stream is once in an append; what is not handed up ends the group.
    private List<DecideReferral> Handed(IReadOnlyList<Envelope> commands)
    {
        if (group.IsSingle) return [(DecideReferral)commands[0].Command];
        var names = new HashSet<(CallerId, CallerId)>();
        var handed = new List<DecideReferral>();
        foreach (var envelope in commands)
            if (envelope.Command is DecideReferral decide && decide.Names.All(names.Add)) handed.Add(decide);
            else break;
        return handed;
    }
}
