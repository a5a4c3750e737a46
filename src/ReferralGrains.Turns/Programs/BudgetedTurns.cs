using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Programs;
using ReferralGrains.Turns.Referrers;

namespace ReferralGrains.Turns.Programs;

/// <summary>
/// Decides what referrers hand up because they all share a budget: a mailboxful at once, each against what the one before left of it, and all
/// of them with what is used in one append of several streams, so that it is never oversold (X5).
/// </summary>
internal sealed class BudgetedTurns(int tenant, TurnWorld world)
{
    private readonly HandedGroup group = new();

    public async ValueTask<Prepared> Prepare(StreamId stream, ReferralProgram state, IReadOnlyList<Envelope> commands, Action<ReferralProgram> take)
    {
        if (group.Lost is { } outcome) return new(null, [new ReferralsDecided(outcome, [], null)], group.Done);
        var turns = new List<ReferrerTurn>();
        var (spent, now) = (state.Spent, state.LastAt);
        var handed = Handed(commands);
        group.Began(handed.Count);
        foreach (var decide in handed)
        {
            var turn = new ReferrerTurn(tenant, decide.Stream, decide.State, spent);
            foreach (var one in decide.Turns)
            {
                if (!await turn.TryDecide(world, one, state.Terms!, decide.Facts)) return new(null, [], static () => { }, AppendOutcome.FactMoved);
                if (one.Now > now) now = one.Now;
            }

            spent = turn.Spent;
            turns.Add(turn);
        }

        var appends = turns.Select(static turn => turn.Append()).OfType<Append>().ToList();
        var moved = new BudgetMoved(spent.Since(state.Spent) ?? []);
        var next = appends.Exists(static append => !append.Streams.IsEmpty) ? ReferralProgram.Evolve(state, now, stream, moved) : state;
        return new(
            Append(stream, state, next, moved, appends), [.. turns.Select(static turn => new ReferralsDecided(AppendOutcome.Committed, turn.Decided, turn.State))], () =>
            {
                if (next != state) take(next);
                group.Done();
            });
    }

    public void Refresh(AppendOutcome why) => group.DidNotHold(why);

    // A row also where nothing was used: whoever looked at the budget decided right only if this is the program's last row.
    private Append? Append(StreamId stream, ReferralProgram state, ReferralProgram next, BudgetMoved moved, List<Append> appends)
    {
        if (appends.Count == 0) return null;
        return new()
        {
            Tenant = tenant,
            Streams =
            [
                .. appends.SelectMany(static append => append.Streams),
                .. next == state ? [] : new[] { new StreamRows(stream, next.Seq, [EventCodec.Encode(moved, next.LastAt)]) },
            ],
            Reads = [.. appends.SelectMany(static append => append.Reads).Distinct()],
            SideRows =
            [
                .. appends.SelectMany(static append => append.SideRows),
                SideRows.Of<BudgetRow>([.. moved.Uses.Select(use => new BudgetRow(stream, stream, use))]),
            ],
        };
    }

    // A stream is once in an append; a command of another kind ends the group.
    private List<DecideReferrals> Handed(IReadOnlyList<Envelope> commands)
    {
        if (group.IsSingle) return [(DecideReferrals)commands[0].Command];
        var (referrers, names) = (new HashSet<StreamId>(), new HashSet<(CallerId, CallerId)>());
        var handed = new List<DecideReferrals>();
        foreach (var envelope in commands)
            if (envelope.Command is DecideReferrals decide && Owners(decide).All(referrers.Add) && decide.Turns.All(turn => turn.Names.All(names.Add))) handed.Add(decide);
            else break;
        return handed;
    }

    private static IEnumerable<StreamId> Owners(DecideReferrals decide) =>
        decide.Turns.SelectMany(turn => turn.EarlierOwners(decide.Stream)).Prepend(decide.Stream).Distinct();
}
