using System.Collections.Immutable;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Referrers;
using ReferralGrains.Storage.Discounts;
using ReferralGrains.Storage.Due;
using ReferralGrains.Storage.Flags;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Programs;
using ReferralGrains.Storage.Referrals;
using ReferralGrains.Storage.Referrers;
using ReferralGrains.Storage.Reports;
using ReferralGrains.Turns.Referrals;

namespace ReferralGrains.Turns.Referrers;

/// <summary>One turn of a referrer over handed-up referrals, gathered for one append.</summary>
/// <param name="spent">Of the budgets that all referrers of the program share, where the program decides (X5).</param>
internal sealed class ReferrerTurn(int tenant, StreamId stream, Referrer state, ImmutableArray<BudgetUse>? spent = null)
{
    private readonly Referrer before = state;
    private readonly Dictionary<StreamId, Tally> tallies = [];
    private readonly HashSet<StreamId> counted = [];

    // Of referrers whose referrals were before: as it was found, and as it is by now.
    private readonly Dictionary<(StreamId Owner, StreamId Program), (UsedBudgets Found, ImmutableArray<BudgetUse>? Now)> earlier = [];
    private readonly List<BudgetRow> budgets = [];
    private readonly List<GroupRow> groups = [];
    private readonly List<EventRow> own = [];
    private readonly List<StreamRows> streams = [];
    private readonly List<DueChange> due = [];
    private readonly List<ReferralRow> referrals = [];
    private readonly List<ConflictRow> conflicts = [];
    private readonly List<DiscountRow> discounts = [];
    private readonly List<FlagRow> flags = [];
    private readonly List<ReassignmentRow> reassignments = [];
    private readonly List<AliasRow> aliases = [];
    private readonly List<MovedAction> moved = [];
    private readonly List<AttributionRow> attributions = [];
    private readonly List<GatheringRow> gatherings = [];
    private readonly List<ReferralPageRow> pages = [];
    private readonly HashSet<FactRead> reads = [];
    private readonly List<ReferralDecided> replies = [];
    private DateTimeOffset now = state.LastAt;
    private int parked;

    public Referrer State { get; private set; } = state;

    public ImmutableArray<ReferralDecided> Decided => [.. replies];

    /// <summary>What is used of shared budgets by now.</summary>
    public ImmutableArray<BudgetUse>? Spent { get; private set; } = spent;

    /// <summary>Decides a turn that was handed up; false where the terms are older than what it is enrolled in.</summary>
    public async ValueTask<bool> TryDecide(TurnWorld world, DecideReferral decide, ProgramTerms program, ReferrerFacts referrer)
    {
        if (!decide.State.IsCoveredBy(program)) return false;
        if (!State.Tallies.ContainsKey(program.Stream.Value)) Start(program.Stream, decide.Now, await world.Tallies.Sum(stream, program.Stream));
        if (program.BudgetsReferrers)
            foreach (var owner in decide.EarlierOwners(stream)) await Find(world, owner, program.Stream);
        Decide(decide, program, referrer, await Parking.IsFull(world, tenant, decide.State, decide.Commands), world.MostAttributions);
        return true;
    }

    // Its grain is not asked: calls go up only. That nobody wrote there meanwhile, the journal says.
    private async ValueTask Find(TurnWorld world, StreamId owner, StreamId program)
    {
        if (earlier.ContainsKey((owner, program))) return;
        var found = await world.Tallies.Used(owner, program);
        Later(found.LastAt);
        earlier[(owner, program)] = (found, found.Uses);
    }

    // The first turn of a program that has just become one in which all of a referrer's referrals count.
    private void Start(StreamId program, DateTimeOffset at, Tally tally)
    {
        Later(at);
        Own(new TallyStarted(program, tally.ValueMinor, tally.Count, tally.Approved));
    }

    private void Decide(DecideReferral decide, ProgramTerms program, ReferrerFacts referrer, bool parkingFull, int mostAttributions)
    {
        Later(decide.Now);
        var tally = tallies.GetValueOrDefault(program.Stream) ?? State.Tallies[program.Stream.Value];
        var known = new KnownActions(decide.Stream, decide.State);
        foreach (var history in decide.Known) known.Add(history);
        var facts = new DecisionFacts(now, program, decide.State.Status == ReferralStatus.None ? null : referrer, tally)
        {
            ParkingFull = parkingFull,
            Customer = decide.Customer,
            Earlier = decide.Earlier ?? [],
            Spent = Spent,
            EarlierSpent = earlier.Where(pair => pair.Key.Program == program.Stream).ToImmutableDictionary(static pair => pair.Key.Owner, static pair => pair.Value.Now),
        };
        var turn = new ReferralTurn(decide.State, facts, known) { UndoneRounds = decide.Undone ?? [] };
        var refused = new List<ReferralAction>();

        // What was read of the referrer before the turn may be older than what it knows of itself.
        var commands = decide.Commands.Select(command => command.Referrer?.Stream == referrer.Stream ? command with { Referrer = referrer } : command);
        var answers = ReferralWork.Run(turn, [.. commands], refused);
        tallies[program.Stream] = turn.Facts.Tally!;
        Spent = turn.Facts.Spent;
        foreach (var (owner, uses) in turn.Facts.EarlierSpent) earlier[(owner, program.Stream)] = (earlier[(owner, program.Stream)].Found, uses);
        if (turn.Facts.Tally != tally || turn.Events.Any(recorded => recorded.Event is SaleDecided { Counts: true } or ReferralApproved or ReferralReassigned or RewardsGranted))
            counted.Add(program.Stream);
        foreach (var group in turn.Released) Own(new GroupReleased(program.Stream, group.Rule, group.Asset, group.Number, group.SumMinor, By: null));
        replies.Add(new ReferralDecided(AppendOutcome.Committed, answers, turn.State));
        var key = GrainAddress.Referral(tenant, decide.Program, decide.Referee).Stream;
        if (turn.Events.Count > 0) streams.Add(ReferralAppend.Rows(key, turn, decide.State));
        streams.AddRange(ReferralAppend.AliasRows(key, turn));
        if (ReferralAppend.Row(turn, decide.State) is { } row) referrals.Add(row);
        due.AddRange(ReferralAppend.Due(turn, decide.State));
        discounts.AddRange(CheckoutWork.Rows(turn));
        flags.AddRange(ReferralAppend.Flags(turn, decide.State));
        reassignments.AddRange(ReferralAppend.Reassignments(turn));
        aliases.AddRange(ReferralAppend.Aliases(turn));
        moved.AddRange(ReferralAppend.Moved(turn));
        gatherings.AddRange(ReferralAppend.Gatherings(turn));
        pages.AddRange(ReferralPageRow.After(decide.Stream, decide.State, turn.State));
        attributions.AddRange(ReferralAppend.Attributions(turn, decide.State, mostAttributions));
        parked += ReferralAppend.Parked(turn, decide.State);
        conflicts.AddRange(refused.Select(action => ReferralAppend.Conflict(turn, action)));
        reads.UnionWith(ReferralAppend.Reads(turn));
    }

    /// <summary>Null when nothing came of it.</summary>
    public Append? Append()
    {
        foreach (var program in counted) Move(program, State.Tallies[program.Value], tallies[program]);
        if (own.Count > 0) streams.Add(new(stream, before.Seq + 1, [.. own]));
        MoveEarlier();
        if (streams.Count == 0 && conflicts.Count == 0) return null;
        return new()
        {
            Tenant = tenant,
            Streams = [.. streams],
            Reads = [.. reads],
            SideRows =
            [
                SideRows.Of<DueChange>([.. due]), SideRows.Of<ReferralRow>([.. referrals]), ParkedChange.By(parked), SideRows.Of<ConflictRow>([.. conflicts]),
                SideRows.Of<DiscountRow>([.. discounts]), SideRows.Of<BudgetRow>([.. budgets]), SideRows.Of<GroupRow>([.. groups]),
                SideRows.Of<FlagRow>([.. flags]), SideRows.Of<AttributionRow>([.. attributions]), SideRows.Of<ReassignmentRow>([.. reassignments]),
                SideRows.Of<GatheringRow>([.. gatherings]), SideRows.Of<ReferralPageRow>([.. pages]), SideRows.Of<AliasRow>([.. aliases]), SideRows.Of<MovedAction>([.. moved]),
            ],
        };
    }

    // Also where the sales came to nothing: a decision that looked at the tally holds only if this is still the referrer's last row.
    private void Move(StreamId program, Tally from, Tally to)
    {
        var (used, waiting) = (to.Spent.Since(from.Spent), Groups(before.Tallies.GetValueOrDefault(program.Value, Tally.Empty), to));
        foreach (var use in used ?? []) budgets.Add(new(stream, program, use));
        foreach (var group in waiting ?? []) groups.Add(new(stream, program, group));
        Own(new TallyMoved(
            program, to.ValueMinor - from.ValueMinor, to.Count - from.Count, [.. to.Paid.Skip(from.Paid.Length)], to.Approved - from.Approved,
            Gathered(from, to), used, waiting));
    }

    // What is taken back of an earlier referrer's rewards frees room in that one's budget, in this append: were it told of it later, it could
    // be told twice, or sell what was given back meanwhile (X5, D16).
    private void MoveEarlier()
    {
        foreach (var owner in earlier.GroupBy(static pair => pair.Key.Owner))
        {
            var rows = new List<EventRow>();
            foreach (var ((_, program), (found, uses)) in owner)
            {
                if (uses.Since(found.Uses) is not { } moved) continue;
                foreach (var use in moved) budgets.Add(new(owner.Key, program, use));
                rows.Add(EventCodec.Encode(new TallyMoved(program, 0, 0, [], Spent: moved), owner.Key, now));
            }

            if (rows.Count > 0) streams.Add(new(owner.Key, owner.Min(static pair => pair.Value.Found.Seq) + 1, [.. rows]));
        }
    }

    private static ImmutableArray<RewardGroup>? Groups(Tally from, Tally to)
    {
        var changed = ImmutableArray.CreateRange((to.Groups ?? []).Where(group => from.GroupOf(group.Rule, group.Asset) != group));
        return changed.IsEmpty ? null : changed;
    }

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
