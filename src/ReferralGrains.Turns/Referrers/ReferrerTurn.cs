using System.Collections.Immutable;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Referrers;
using ReferralGrains.Storage.Discounts;
using ReferralGrains.Storage.Due;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Referrals;
using ReferralGrains.Turns.Referrals;

namespace ReferralGrains.Turns.Referrers;

/// <summary>One turn of a referrer over handed-up referrals, gathered for one append.</summary>
internal sealed class ReferrerTurn(int tenant, StreamId stream, Referrer state)
{
    private readonly int firstSeq = state.Seq + 1;
    private readonly Dictionary<StreamId, Tally> tallies = [];
    private readonly HashSet<StreamId> counted = [];
    private readonly List<EventRow> own = [];
    private readonly List<StreamRows> streams = [];
    private readonly List<DueChange> due = [];
    private readonly List<ReferralRow> referrals = [];
    private readonly List<ConflictRow> conflicts = [];
    private readonly List<DiscountRow> discounts = [];
    private readonly HashSet<FactRead> reads = [];
    private readonly List<object> replies = [];
    private DateTimeOffset now = state.LastAt;
    private int parked;

    public Referrer State { get; private set; } = state;

    public IReadOnlyList<object> Replies => replies;

    public bool Knows(StreamId program) => State.Tallies.ContainsKey(program.Value);

    /// <summary>The first turn of a program that has just become tiered.</summary>
    public void Start(StreamId program, DateTimeOffset at, Tally tally)
    {
        Later(at);
        Own(new TallyStarted(program, tally.ValueMinor, tally.Count, tally.Approved));
    }

    public void Decide(DecideReferral decide, ProgramTerms program, ReferrerFacts referrer, bool parkingFull)
    {
        Later(decide.Now);
        var tally = tallies.GetValueOrDefault(program.Stream) ?? State.Tallies[program.Stream.Value];
        var known = new KnownActions(decide.Stream, decide.State);
        foreach (var history in decide.Known) known.Add(history);
        var facts = new DecisionFacts(now, program, decide.State.Status == ReferralStatus.None ? null : referrer, tally) { ParkingFull = parkingFull, Customer = decide.Customer };
        var turn = new ReferralTurn(decide.State, facts, known);
        var refused = new List<ReferralAction>();

        // What was read of the referrer before the turn may be older than what it knows of itself.
        var commands = decide.Commands.Select(command => command.Referrer?.Stream == referrer.Stream ? command with { Referrer = referrer } : command);
        var answers = ReferralWork.Run(turn, [.. commands], refused);
        tallies[program.Stream] = turn.Facts.Tally!;
        if (turn.Events.Any(recorded => recorded.Event is SaleDecided { Counts: true } or ReferralApproved or RewardsGranted)) counted.Add(program.Stream);
        replies.Add(new ReferralDecided(AppendOutcome.Committed, answers, turn.State));
        if (turn.Events.Count > 0) streams.Add(ReferralAppend.Rows(GrainAddress.Referral(tenant, decide.Program, decide.Referee).Stream, turn, decide.State));
        if (ReferralAppend.Row(turn, decide.State) is { } row) referrals.Add(row);
        due.AddRange(ReferralAppend.Due(turn, decide.State));
        discounts.AddRange(CheckoutWork.Rows(turn));
        parked += ReferralAppend.Parked(turn, decide.State);
        conflicts.AddRange(refused.Select(action => ReferralAppend.Conflict(turn, action)));
        reads.UnionWith(ReferralAppend.Reads(turn));
    }

    /// <summary>Null when nothing came of it.</summary>
    public Append? Append()
    {
        foreach (var program in counted) Move(program, State.Tallies[program.Value], tallies[program]);
        if (own.Count > 0) streams.Add(new(stream, firstSeq, [.. own]));
        if (streams.Count == 0 && conflicts.Count == 0) return null;
        return new()
        {
            Tenant = tenant,
            Streams = [.. streams],
            Reads = [.. reads],
            SideRows =
            [
                SideRows.Of<DueChange>([.. due]), SideRows.Of<ReferralRow>([.. referrals]), ParkedChange.By(parked), SideRows.Of<ConflictRow>([.. conflicts]),
                SideRows.Of<DiscountRow>([.. discounts]),
            ],
        };
    }

    // Also where the sales came to nothing: a decision that looked at the tally holds only if this is still the referrer's last row.
    private void Move(StreamId program, Tally from, Tally to) =>
        Own(new TallyMoved(program, to.ValueMinor - from.ValueMinor, to.Count - from.Count, [.. to.Paid.Skip(from.Paid.Length)], to.Approved - from.Approved, Gathered(from, to)));

    private static ImmutableArray<Gathered>? Gathered(Tally from, Tally to)
    {
        var changed = ImmutableArray.CreateRange((to.Gathered ?? []).Where(gathered => from.GatheredFor(gathered.Rule) != gathered));
        return changed.IsEmpty ? null : changed;
    }

    private void Own(ReferrerEvent e)
    {
        State = Referrer.Evolve(State, now, e);
        own.Add(EventCodec.Encode(e, stream, now));
    }

    private void Later(DateTimeOffset at) => now = at > now ? at : now;
}
