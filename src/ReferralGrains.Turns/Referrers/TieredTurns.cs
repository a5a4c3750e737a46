using System.Collections.Immutable;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Referrers;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Turns.Referrals;

namespace ReferralGrains.Turns.Referrers;

/// <summary>
/// Decides the turns that enrollments of tiered programs hand up, a mailboxful at once: each against the tally that the one before
/// left, and all of them with the tally in one append of several streams (H2, D6).
/// </summary>
internal sealed class TieredTurns(int tenant, TurnWorld world)
{
    private int group;
    private int singly;
    private AppendOutcome? lost;
    private ImmutableArray<FactRead> programs = [];

    public async ValueTask<Prepared> Prepare(
        StreamId stream, Referrer state, ReferrerFacts facts, IReadOnlyList<Envelope> commands, Action<Referrer> take)
    {
        if (lost is { } outcome) return GiveBack(outcome);
        var turn = new ReferrerTurn(tenant, stream, state);
        var handed = Handed(commands);
        (programs, group) = ([], handed.Count);
        foreach (var decide in handed)
        {
            var program = (await world.Facts.Program(tenant, decide.Program, CancellationToken.None))!;
            var read = new FactRead(program.Stream, program.Revision);
            if (!programs.Contains(read)) programs = programs.Add(read);

            // The terms that it is enrolled in may be newer than what is cached here.
            if (!decide.State.IsCoveredBy(program)) return new(null, [], static () => { }, AppendOutcome.FactMoved);
            if (!turn.Knows(program.Stream)) turn.Start(program.Stream, decide.Now, await world.Tallies.Sum(stream, program.Stream));
            turn.Decide(decide, program, facts, await Parking.IsFull(world, tenant, decide.State, decide.Commands));
        }

        return new(turn.Append(), turn.Replies, () =>
        {
            take(turn.State);
            Done();
        })
        {
            Relied = programs,
        };
    }

    /// <summary>
    /// A group that did not hold is decided again one by one, so that each enrollment hears of its own fault only; one alone that does
    /// not hold goes back to its enrollment.
    /// </summary>
    public void Refresh(AppendOutcome why)
    {
        foreach (var program in programs) world.Facts.Forget(program.Stream);
        if (group > 1) singly = group;
        else if (group == 1) lost = why;
    }

    private Prepared GiveBack(AppendOutcome outcome) => new(null, [new ReferralDecided(outcome, [], null)], Done);

    private void Done() => (group, singly, lost) = (0, Math.Max(0, singly - 1), null);

    // A stream is once in an append; what is not handed up ends the group.
    private List<DecideReferral> Handed(IReadOnlyList<Envelope> commands)
    {
        if (singly > 0) return [(DecideReferral)commands[0].Command];
        var streams = new HashSet<StreamId>();
        var handed = new List<DecideReferral>();
        foreach (var envelope in commands)
            if (envelope.Command is DecideReferral decide && streams.Add(decide.Stream)) handed.Add(decide);
            else break;
        return handed;
    }
}
