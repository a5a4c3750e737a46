using System.Collections.Immutable;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Discounts;
using ReferralGrains.Domain.Referrers;

namespace ReferralGrains.Domain.Referrals;

/// <summary>
/// One turn over a referral: commands are decided in order, each against the state that the one before left, and every event is
/// collected for one append. Pure: the same input gives the same events.
/// </summary>
public sealed class ReferralTurn(Referral state, DecisionFacts facts, KnownActions known)
{
    private const int ReleasesPerEvent = 500;

    private readonly List<Recorded> events = [];
    private readonly List<RewardGroup> released = [];
    private readonly List<FoundAlias> named = [];
    private ImmutableArray<UndoneRound> undoneRounds = [];

    public Referral State { get; private set; } = state;

    /// <summary>What it decides with. The tally moves with every sale that counts.</summary>
    public DecisionFacts Facts { get; private set; } = facts;

    public KnownActions Known => known;

    public KnownPayments Payments { get; init; } = new();

    /// <summary>What is undone of the rounds that rewards of this referral were for, where that has changed (H9).</summary>
    public ImmutableArray<UndoneRound> UndoneRounds
    {
        get => undoneRounds;
        init => undoneRounds = value;
    }

    public IReadOnlyList<Recorded> Events => events;

    /// <summary>Groups of the referrer that have reached their amounts in this turn, with what waited in them (H14).</summary>
    public IReadOnlyList<RewardGroup> Released => released;

    /// <summary>Ids that name the referral since this turn: their streams say so in the same append (X8).</summary>
    public IReadOnlyList<FoundAlias> Named => named;

    /// <summary>A turn from here on that leaves this one as it is: what would be (R12).</summary>
    public ReferralTurn Fork() => new(State, Facts, known.Copy());

    /// <summary>The referrer becomes known, because a referral is attributed to it: what was parked may be replayed in the same turn.</summary>
    public void Meet(ReferrerFacts referrer) => Facts = Facts with
    {
        Referrer = referrer,
        Earlier = Facts.Referrer is { } before && before.Stream != referrer.Stream ? Facts.Earlier.Add(before) : Facts.Earlier,
    };

    internal void Names(FoundAlias alias) => named.Add(alias);

    /// <summary>Takes an action in: decided, parked, a repeat, or refused (D11).</summary>
    public Decision Record(ReferralAction action)
    {
        if (known.Find(action.Id) is { } earlier)
            return earlier.Hash == action.Hash ? new Decision.Duplicate(earlier) : new Decision.Conflict(earlier);
        action = Dated(action);
        if (action.OccurredAt > Facts.Now + ActionDecider.FutureTolerance)
            return new Decision.Refused(new(
                RefusalKind.Senseless, "occurred_in_future", Field.OccurredAt, "It occurred more than 5 minutes in the future."));
        var (e, refusal) = ActionDecider.Decide(State, action, Facts, known, replays: 0);
        if (refusal is not null) return new Decision.Refused(refusal);
        var seq = Take(e!, action);
        if (e is not ActionParked && !State.Parked.IsEmpty) Replay(Waiting(e!));
        return new Decision.Accepted(seq);
    }

    /// <summary>An action that was sent without a time occurs now: by the time that the referral was approved by, whatever other clocks say.</summary>
    public ReferralAction Dated(ReferralAction action) => action.OccurredAt == default ? action with { OccurredAt = Facts.Now } : action;

    /// <summary>Ends the hold windows, and the quotes, that are over by now (H13).</summary>
    public void SettleDue()
    {
        // First: whether a reward waits in its group is what is asked of all that follows.
        Groups.Settle(this);
        Gatherings.Settle(this);
        if (State.Scheduled is not null) Schedules.Settle(this);
        if (State.DueAt is null || State.DueAt > Facts.Now) return;
        CheckoutDiscounts.Settle(this);
        if (Facts.Customer != CustomerState.NotAsked) RewardCommands.SettleCustomer(this);
        var due = State.DueBy(Facts.Now).Where(hold => !hold.ChecksCustomer);
        foreach (var chunk in due.Chunk(ReleasesPerEvent))
            Apply(new RewardsReleased([.. chunk.Select(RewardCommands.Whole)], By: null));
    }

    /// <summary>Each is settled once in a turn.</summary>
    internal ImmutableArray<UndoneRound> TakeUndoneRounds()
    {
        var rounds = undoneRounds;
        undoneRounds = [];
        return rounds;
    }

    // A first sale starts the schedules that are a share of it (H12).
    private int Take(ReferralEvent e, ReferralAction action)
    {
        var before = State;
        var seq = Apply(e);
        if (e is SaleDecided sale) Schedules.Sold(this, before, action, sale.Replays == 0 ? seq : sale.Replays);
        return seq;
    }

    /// <summary>Adds an event to the turn and folds it in. Returns its row.</summary>
    public int Apply(ReferralEvent e)
    {
        var recorded = new Recorded(State.Seq + 1, Facts.Now, e);
        if (Facts.Tally is { } tally) Facts = Counted(tally, e);
        var closes = Facts.Tally is not null && TakesPart(e);
        if (CheckoutDiscounts.After(State, e, known.Stream, Facts.Program.Stream) is { } payment) Payments.Take(payment, isQuoted: e is CheckoutQuoted);
        State = ReferralFold.Evolve(State, Facts.Now, e);
        known.Remember(recorded);
        events.Add(recorded);
        if (closes) Groups.Settle(this);
        return recorded.Seq;
    }

    // Budgets and groups move with every reward that is in them; a group that reaches its amount by it is released with it.
    private bool TakesPart(ReferralEvent e)
    {
        (var moved, Facts) = RewardMoves.Of(e, State, Facts);
        if (!moved) return false;
        foreach (var group in Facts.Tally!.Groups ?? [])
        {
            if (group.GoalMinor == 0 || group.SumMinor < group.GoalMinor) continue;
            released.Add(group);
            Facts = Facts with { Tally = Facts.Tally.With(group.Following()) };
        }

        return true;
    }

    /// <summary>The referral's own state has changed: what waited takes effect, in arrival order (D9, D10).</summary>
    public void ReplayParked() => Replay(State.Parked.Seqs);

    // One that takes effect may be what earlier ones waited for: always the first to have arrived of those that can.
    private void Replay(IEnumerable<int> rows)
    {
        var ready = new SortedSet<int>(rows);
        while (ready.Count > 0)
        {
            var seq = ready.Min;
            ready.Remove(seq);
            if (State.Parked.Find(seq) is not { } parked) continue;
            var (e, _) = ActionDecider.Decide(State, parked.Action, Facts, known, seq);
            if (e is null or ActionParked) continue;
            Take(e, parked.Action);
            ready.UnionWith(Waiting(e));
        }
    }

    // What waits for this very action, and the wins that name its sale: they wait for a chargeback, or for one that is the only open one.
    private ImmutableSortedSet<int> Waiting(ReferralEvent e)
    {
        if (State.Parked.IsEmpty || KnownActions.Decided(e) is not { } action) return [];
        var rows = State.Parked.About(action.Id);
        return action.Kind is ActionKind.Chargeback or ActionKind.ChargebackWon && known.SaleOf(action) is { } sale
            ? rows.Union(State.Parked.About(sale.Id))
            : rows;
    }

    private DecisionFacts Counted(Tally tally, ReferralEvent e) => e switch
    {
        SaleDecided sale => Facts with { Tally = After(tally, sale) },
        ReferralReassigned reassigned when !reassigned.IsApproved || State.ApprovedBefore?.Contains(reassigned.Referrer) == true => Facts,
        ReferralApproved or ReferralReassigned => Facts with { Tally = tally with { Approved = tally.Approved + 1 } },
        RewardsGranted granted => Facts with { Tally = WithGathered(tally, granted.Decisions) },
        _ => Facts,
    };

    private static Tally WithGathered(Tally tally, ImmutableArray<RuleDecision> decisions)
    {
        foreach (var decision in decisions)
            if (decision.Further is { Gathered: > 0 } seen && tally.GatheredFor(decision.Rule).Rounds is var rounds)
                tally = tally.With(decision.Code == DecisionCode.Gathered
                    ? new Gathered(decision.Rule, seen.Gathered, seen.GatheredMinor, rounds)
                    : new Gathered(decision.Rule, 0, 0, rounds + 1));
        return tally;
    }

    private Tally After(Tally tally, SaleDecided sale)
    {
        if (sale.Counts) tally = tally.After(sale.Action.EarningMinor, !State.Counted);
        var reached = sale.Decisions.Where(decision => decision is { Tier: > 0, Minor: > 0 }
            && Facts.Program.Terms(decision.Rule, decision.Version).Trigger == Programs.Trigger.TierReached);
        return WithGathered(tally with { Paid = [.. tally.Paid, .. reached.Select(decision => new PaidTier(decision.Rule, decision.Tier))] }, sale.Decisions);
    }
}
