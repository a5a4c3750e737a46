using System.Collections.Immutable;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Referrals;

namespace ReferralGrains.Domain.WhatIf;

/// <summary>Who is credited how much by one event.</summary>
public readonly record struct Credit(StreamId Referrer, Earnings Earnings);

/// <summary>
/// One referral's history, taken through a draft event by event: what was sent is decided again, what a person did to single
/// enrollments and rewards is not, for under another rule these would be others. Of its actions it keeps only those that others name, and
/// only until they have.
/// </summary>
/// <param name="named">The ids that refunds, chargebacks and what undoes them name, each with the seq of the last that looks at it.</param>
/// <param name="rounds">Of its referrers; null where the draft has no books.</param>
/// <param name="asIs">Hears of each credit that the history recorded.</param>
/// <param name="drafted">Hears of each credit that the draft would have made.</param>
public sealed class ReplayedReferral(StreamId stream, Draft draft, IReadOnlyDictionary<CallerId, int> named, ReplayedRounds? rounds, Action<Credit> asIs, Action<Credit> drafted)
{
    private readonly Dictionary<CallerId, ActionHistory> kept = [];
    private readonly HashSet<CallerId> paid = [];
    private readonly HashSet<int> outside = [];
    private readonly HashSet<CallerId> left = [];
    private readonly HashSet<StreamId> owners = [];
    private Referral state = Referral.None;
    private ReferrerFacts? referrer;

    public StreamId Stream => stream;

    /// <summary>Of the period.</summary>
    public long Actions { get; private set; }

    /// <summary>Takes the next event.</summary>
    /// <param name="referrerOf">Whoever an attribution or a re-assignment names, as things are now.</param>
    /// <param name="books">Only where the draft needs any. They move with what is decided.</param>
    public void Take(Recorded recorded, Func<StreamId, ReferrerFacts> referrerOf, ReplayedBooks? books)
    {
        if (!IsOutside(recorded)) Credit(recorded.Event, asIs);
        Replay(recorded, referrerOf, books);
        if (recorded.Event is SaleReversed or ReversalUndone) Forget(recorded.Seq);
    }

    /// <summary>After the last event: what falls due by now.</summary>
    public void End()
    {
        if (state.Scheduled is not null) Replay(static turn => turn.SettleDue(), null);
    }

    /// <summary>Takes back, or gives back, what has changed of a round whose reward is here (H9).</summary>
    internal void Settle(UndoneRound round, ReplayedBooks books) => Replay(
        static turn =>
        {
            Groups.Settle(turn);
            Gatherings.Settle(turn);
        },
        books, about: round.Action, undone: round);

    private void Replay(Recorded recorded, Func<StreamId, ReferrerFacts> referrerOf, ReplayedBooks? books)
    {
        if (KnownActions.Arrived(recorded.Event) is { } action)
        {
            if (Sends(action)) Send(action, books);
            return;
        }

        switch (recorded.Event)
        {
            case ReferralAttributed attributed: Attribute(recorded.At, attributed, referrerOf(attributed.Referrer), books); break;
            case ReferralReassigned reassigned: Reassign(reassigned, referrerOf(reassigned.Referrer), books); break;
            case ReferralApproved approved: Replay(turn => ReferralCommands.Approve(turn, approved.ApprovedAt), books); break;
            case ReferralCancelled cancelled: Replay(turn => ReferralCommands.Cancel(turn, cancelled.Reason, cancelled.By ?? "", cancelPending: false), books); break;
            case ReferralChanged changed: Replay(turn => ReferralCommands.Change(turn, changed.Tags, changed.Active), books); break;
        }
    }

    // What was paid for together with others is settled when theirs is undone (H9).
    private void Forget(int seq)
    {
        foreach (var id in kept.Keys)
            if (named.TryGetValue(id, out var last) && last <= seq && !paid.Contains(id)) kept.Remove(id);
    }

    private void Send(ReferralAction action, ReplayedBooks? books) => Replay(turn => turn.Record(action), books, action.About);

    // When the referee was referred is history, or what then waited for the approval would be before it (D9, V7).
    private void Attribute(DateTimeOffset at, ReferralAttributed attributed, ReferrerFacts to, ReplayedBooks? books)
    {
        referrer = to;
        owners.Add(to.Stream);
        Replay(
            turn => ReferralCommands.Attribute(
                turn, to, attributed.Tags, attributed.ConversionValueMinor, approvedAt: null, attributed.SelfReferral, attributed.StripeCustomerId, attributed.Action),
            books);
        state = state with { AttributedAt = at };
    }

    // It is decided with the books of whom it is given to. That it was given is history, whatever waited there.
    private void Reassign(ReferralReassigned reassigned, ReferrerFacts to, ReplayedBooks? books)
    {
        referrer = to;
        owners.Add(to.Stream);
        Replay(turn => ReferralCommands.Give(turn, to, reassigned.Reason, reassigned.By, reassigned.SelfReferral), books);
    }

    // A reversal follows what it names, into the period or out of it; of one that comes first its own time has to tell, until that comes.
    private bool Sends(ReferralAction action)
    {
        var isSale = action.Kind == ActionKind.Sale;
        var isOutside = isSale ? !draft.Holds(action.OccurredAt) : action.About is { } about && left.Contains(about);
        if (isOutside && named.ContainsKey(action.Id)) left.Add(action.Id);
        if (isOutside) return false;
        if (isSale || (action.About is { } known && kept.ContainsKey(known)) || draft.Holds(action.OccurredAt)) Actions++;
        return true;
    }

    private bool IsOutside(Recorded recorded)
    {
        if (draft is { From: null, To: null }) return false;
        switch (recorded.Event)
        {
            case SaleDecided sale when draft.Holds(sale.Action.OccurredAt): return false;
            case SaleDecided sale:
                outside.Add(sale.Replays == 0 ? recorded.Seq : sale.Replays);
                return true;
            case SaleReversed reversed: return outside.Contains(reversed.Sale);
            case ReversalUndone undone: return outside.Contains(undone.Sale);
            case RewardCancelled cancelled: return outside.Contains(cancelled.Sale);
            case RoundReversed reversed: return outside.Contains(reversed.Sale);
            case ScheduleUnlocked { Sale: > 0 and var started }: return outside.Contains(started);

            // What no action earned was earned by the approval.
            case RewardsGranted or ScheduleUnlocked: return !draft.Holds(state.ApprovedAt);
            default: return false;
        }
    }

    private void Replay(Action<ReferralTurn> command, ReplayedBooks? books, CallerId? about = null, UndoneRound? undone = null)
    {
        var known = new KnownActions(stream, state);
        if (about is { } id && kept.TryGetValue(id, out var history))
        {
            known.Add(history);
            if (history.Action.About is { } further && kept.TryGetValue(further, out var sale)) known.Add(sale);
        }

        var facts = books is null ? new(draft.Now, draft.Program, referrer, null) : books.Facts(draft, referrer, owners);
        var turn = new ReferralTurn(state, facts, known) { UndoneRounds = undone is { } round ? [round] : [] };
        command(turn);
        state = turn.State;
        books?.Take(turn.Facts);
        foreach (var recorded in turn.Events)
        {
            if (recorded.Event is SaleDecided sale && sale.Decisions.Any(ReplayedRounds.Pays)) paid.Add(sale.Action.Id);
            rounds?.Take(this, recorded.Event);
        }

        foreach (var one in known.All)
            if (named.ContainsKey(one.Id) || paid.Contains(one.Id)) kept[one.Id] = one;
        foreach (var recorded in turn.Events)
            if (draft is { From: null, To: null } || recorded.Event is not (RewardsGranted or ScheduleUnlocked { Sale: 0 }) || draft.Holds(state.ApprovedAt))
                Credit(recorded.Event, drafted);
        if (books is not null) rounds?.Settle(books);
    }

    private void Credit(ReferralEvent e, Action<Credit> credit)
    {
        switch (e)
        {
            case SaleDecided sale: Given(credit, sale.Referrer, sale.Decisions); break;
            case RewardsGranted granted: Given(credit, granted.Referrer, granted.Decisions); break;
            case ScheduleUnlocked unlocked: Changed(credit, unlocked.Unlocked, static change => new(change.Minor, 0)); break;
            case SaleReversed reversed: Changed(credit, reversed.Taken, static change => new(0, change.Minor)); break;
            case ReversalUndone undone: Changed(credit, undone.Given, static change => new(change.EarnedMinor, change.EarnedMinor - change.Minor)); break;
            case RewardCancelled cancelled: Changed(credit, [cancelled.Taken], static change => new(0, change.Minor)); break;
            case RoundReversed reversed:
                Changed(credit, reversed.Taken, static change => new(0, change.Minor));
                Changed(credit, reversed.Given, static change => new(0, -change.Minor));
                break;
        }
    }

    private void Given(Action<Credit> credit, StreamId to, ImmutableArray<RuleDecision> decisions)
    {
        foreach (var decision in decisions)
            if (decision.Minor > 0 && decision.Asset == draft.Asset) credit(new(to, new(decision.Minor, 0)));
    }

    private void Changed(Action<Credit> credit, ImmutableArray<RewardChange> changes, Func<RewardChange, Earnings> earnings)
    {
        foreach (var change in changes)
            if (change.Asset == draft.Asset) credit(new(change.Referrer, earnings(change)));
    }
}
