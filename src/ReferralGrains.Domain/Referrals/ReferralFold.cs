using System.Collections.Immutable;
using System.Diagnostics;
using ReferralGrains.Domain.Flags;
using ReferralGrains.Domain.Identity;

namespace ReferralGrains.Domain.Referrals;

/// <summary>
/// Folds events into a referral. It may not fail: what is in the journal has happened. So does a page fold the last of them into what an
/// earlier state showed (<see cref="Referral.AsShown"/>): what is pending is not there then, and nothing else hangs on it.
/// </summary>
public static class ReferralFold
{
    /// <summary>Moves with every change to what the fold keeps; an older snapshot is dropped and replayed.</summary>
    public const int Version = 15;

    public static Referral Evolve(Referral state, DateTimeOffset at, ReferralEvent e)
    {
        if (e is SaleDecided sale) return WithSale(state, at, sale);
        var seq = state.Seq + 1;
        var next = e switch
        {
            ReferralAttributed attributed => state with
            {
                Status = ReferralStatus.Pending,
                Referrer = attributed.Referrer,
                Revision = attributed.Revision,
                Tags = attributed.Tags,
                ConversionValueMinor = attributed.ConversionValueMinor,
                AttributedAt = at,
                SelfReferral = attributed.SelfReferral,
                StripeCustomerId = attributed.StripeCustomerId,
                NewCustomer = attributed.NewCustomer,
                Flag = attributed.OnReview ? FlagState.Open : FlagState.None,
                RedeemedWith = attributed.Action,
            },
            ReferralReassigned reassigned => Reassigned(state, reassigned),
            AliasAdded added => Named(state, added),
            BecameAlias alias => state with { AliasOf = alias.Referral, Parked = ParkedActions.None },
            ReferralFlagResolved resolved => state with
            {
                Flag = resolved.Confirmed ? FlagState.Confirmed : FlagState.Cleared,
                FlaggedBefore = state.FlaggedBefore?.Remove(state.Referrer),
            },
            ReferralApproved approved => state with
            {
                Status = ReferralStatus.Approved,
                ApprovedAt = approved.ApprovedAt,
                Enrollments = [.. approved.Enrolled.Select((rule, i) => new Enrollment(i + 1, rule.Rule, rule.Version))],
            },
            RuleJoined joined => state with { Enrollments = state.Enrollments.Add(new(joined.Enrollment, joined.Rule, joined.Version)) },
            ReferralCancelled => state with { Status = ReferralStatus.Cancelled },
            ReferralChanged changed => state with { Tags = changed.Tags ?? state.Tags, Active = changed.Active ?? state.Active },
            ActionParked parked => state with { Parked = state.Parked.With(new(seq, parked.Action, parked.Waits)) },
            SaleReversed reversed => Unparked(WithRows(WithTaken(state, reversed.Taken), reversed.Rows, -1), reversed.Replays),
            ReversalUndone undone => Unparked(WithRows(WithGiven(state, undone.Sale, undone.Given), undone.Rows, 1), undone.Replays),
            RoundReversed reversed => WithGiven(WithTaken(state, reversed.Taken), reversed.Sale, reversed.Given),
            RewardsReleased released => state with
            {
                Holds = state.Holds.Without(released.Released.Select(change => change.Reward).ToHashSet()),
            },
            GroupSettled settled => state with { Holds = state.Holds.Without(settled.Rewards.ToHashSet()) },
            HoldsPostponed postponed => state with
            {
                Holds = state.Holds.WithAll([.. postponed.Rewards.Order().Select(reward => state.Holds.Find(reward)).OfType<OpenHold>().Select(hold => hold with { ReleaseAt = postponed.Until })]),
            },
            RewardCancelled cancelled => WithTaken(state, [cancelled.Taken]),
            RewardsGranted granted => Given(state, seq, granted.Referrer, granted.Decisions, seq),
            ScheduleStarted started => state with { Scheduled = With(state.Scheduled, Rows(seq, started)) },
            ScheduleUnlocked unlocked => Unlocked(state, unlocked),
            ScheduleEnded ended => state with { Scheduled = Without(state.Scheduled, ended.Rewards) },
            EnrollmentAdjusted adjusted => With(state, adjusted.Enrollment, old => old with { Adjustment = adjusted.Adjustment, AdjustedBy = seq }),
            EnrollmentSwitched switched => With(state, switched.Enrollment, old => old with { Disabled = !switched.Enabled }),
            EnrollmentDeleted deleted => With(state, deleted.Enrollment, old => old with { Deleted = true }),
            CheckoutQuoted or CheckoutConfirmed or CheckoutReleased => state with { Checkout = CheckoutDiscounts.Evolve(state.Checkout, e) },
            _ => throw new UnreachableException(),
        };
        return next with
        {
            Seq = state.Seq + Movements.RowsOf(e),
            LastAt = at,
            Chain = ReferralChain.After(state.Chain, seq, at, e),
            LastGiving = e is RewardsGranted or ScheduleStarted ? seq : state.LastGiving,
            DueAt = next.Holds == state.Holds && next.Scheduled == state.Scheduled && next.Checkout == state.Checkout && next.Flag == state.Flag && next.Referrer == state.Referrer ? state.DueAt : Due(next),
        };
    }

    // What a marketplace sends by the million makes one new state, and a sale can only bring the due date forward: no look at the holds.
    private static Referral WithSale(Referral state, DateTimeOffset at, SaleDecided sale)
    {
        var seq = state.Seq + 1;
        var given = Given(state, seq, sale.Referrer, sale.Decisions, sale.Replays == 0 ? seq : sale.Replays, out var enrollments, out var dueAt);
        return state with
        {
            Seq = state.Seq + Movements.RowsOf(sale),
            LastAt = at,
            Counted = state.Counted || sale.Counts,
            Sold = state.Sold || sale.IsPaid,
            Bought = state.Bought || sale.Action.AmountMinor > 0,
            Enrollments = enrollments,
            Holds = given,
            Chain = ReferralChain.After(state.Chain, seq, at, sale),
            LastGiving = enrollments == state.Enrollments ? state.LastGiving : seq,
            DueAt = dueAt,
            Parked = sale.Replays == 0 ? state.Parked : state.Parked.Without(sale.Replays),
        };
    }

    private static Referral Given(Referral state, int seq, StreamId referrer, ImmutableArray<RuleDecision> decisions, int about)
    {
        var holds = Given(state, seq, referrer, decisions, about, out var enrollments, out _);
        return state with { Enrollments = enrollments, Holds = holds };
    }

    private static OpenHolds Given(
        Referral state, int seq, StreamId referrer, ImmutableArray<RuleDecision> decisions, int about, out ImmutableArray<Enrollment> enrollments, out DateTimeOffset? dueAt)
    {
        var holds = state.Holds;
        dueAt = state.DueAt;
        ImmutableArray<Enrollment>.Builder? changed = null;
        for (var i = 0; i < decisions.Length; i++)
        {
            var decision = decisions[i];
            if (decision.Minor == 0) continue;
            changed ??= state.Enrollments.ToBuilder();
            var old = changed[decision.Enrollment - 1];
            changed[decision.Enrollment - 1] = old with { NetMinor = old.NetMinor + decision.Minor, Count = old.Count + 1 };
            if (!decision.Held) continue;
            holds = holds.With(new(
                new RewardId(seq, i).Key, decision.Enrollment, referrer, decision.Asset!.Value, decision.Minor,
                decision.ReleaseAt, decision.ReleasesItself, about, decision.ChecksCustomer,
                decision.Further?.Group ?? 0, (short)(decision.Further?.Budget?.Month ?? 0)));
            if (decision.ReleasesItself && !state.IsFlagged && (dueAt is null || decision.ReleaseAt < dueAt)) dueAt = decision.ReleaseAt;
        }

        enrollments = changed?.MoveToImmutable() ?? state.Enrollments;
        return holds;
    }

    private static IEnumerable<ScheduledReward> Rows(int seq, ScheduleStarted started) => started.Rows.Select((row, i) => new ScheduledReward(
        new RewardId(seq, i).Key, started.Decision.Enrollment, started.Referrer, started.Decision.Asset!.Value, row.At, row.Minor, started.Sale));

    private static Referral Unlocked(Referral state, ScheduleUnlocked unlocked)
    {
        var enrollments = WithNet(state.Enrollments, unlocked.Unlocked, 1).ToBuilder();
        var holds = state.Holds;
        foreach (var change in unlocked.Unlocked)
        {
            enrollments[change.Enrollment - 1] = enrollments[change.Enrollment - 1] with { Count = enrollments[change.Enrollment - 1].Count + 1 };
            if (change.Pending)
                holds = holds.With(new(
                    change.Reward, change.Enrollment, change.Referrer, change.Asset, change.Minor, change.ReleaseAt, change.ReleasesItself, KnownActions.About(unlocked),
                    change.ChecksCustomer, change.Group, (short)change.Month));
        }

        return state with
        {
            Enrollments = enrollments.MoveToImmutable(),
            Holds = holds,
            Scheduled = Without(state.Scheduled, [.. unlocked.Unlocked.Select(change => change.Reward)]),
        };
    }

    private static ImmutableArray<ScheduledReward>? With(ImmutableArray<ScheduledReward>? scheduled, IEnumerable<ScheduledReward> rows) =>
        ImmutableArray.CreateRange((scheduled ?? []).Concat(rows)) is { IsEmpty: false } all ? all : null;

    private static ImmutableArray<ScheduledReward>? Without(ImmutableArray<ScheduledReward>? scheduled, ImmutableArray<long> rewards) =>
        ImmutableArray.CreateRange((scheduled ?? []).Where(row => !rewards.Contains(row.Reward))) is { IsEmpty: false } left ? left : null;

    private static DateTimeOffset? Due(Referral state)
    {
        var held = !state.IsFlagged ? state.Holds.Earliest : state.ApprovedBefore is null ? null : EarliestOfOthers(state);
        var scheduled = state.Scheduled?.Min(row => row.Minor > 0 ? row.At : (DateTimeOffset?)null);
        var first = held is null || scheduled < held ? scheduled ?? held : held;
        return state.Checkout?.DueAt is { } expires && (first is null || expires < first) ? expires : first;
    }

    // What is of a referrer before is not held back for the flag of another (D16).
    private static DateTimeOffset? EarliestOfOthers(Referral state) =>
        state.Holds.Where(hold => hold.ReleasesItself && !state.HoldsBack(hold.Referrer)).Min(static hold => hold.ReleaseAt);

    private static Referral Reassigned(Referral state, ReferralReassigned reassigned)
    {
        var before = state.Counted ? (state.CountedBefore ?? []).Add(reassigned.From) : state.CountedBefore;
        return state with
        {
            Referrer = reassigned.Referrer,
            CountedBefore = before,
            ApprovedBefore = reassigned.IsApproved ? (state.ApprovedBefore ?? []).Add(reassigned.From) : state.ApprovedBefore,
            Counted = before?.Contains(reassigned.Referrer) == true,
            FlaggedBefore = state.IsFlagged ? (state.FlaggedBefore ?? []).Remove(reassigned.From).Add(reassigned.From) : state.FlaggedBefore,
            SelfReferral = reassigned.SelfReferral,
            Flag = reassigned.SelfReferral == SelfReferral.None ? FlagState.None : FlagState.Open,
        };
    }

    /// <summary>Whether an id that looks like the referrer's own flags the referral: not for what somebody has looked at already (D16).</summary>
    internal static bool Flags(Referral state, SelfReferral why) =>
        why != SelfReferral.None && (state.Flag == FlagState.None || (state.Flag == FlagState.Cleared && why != state.SelfReferral));

    private static Referral Named(Referral state, AliasAdded added)
    {
        var flagged = Flags(state, added.SelfReferral);
        return state with
        {
            Aliases = (state.Aliases ?? []).Add(added.Alias),
            SelfReferral = flagged ? added.SelfReferral : state.SelfReferral,
            Flag = flagged ? FlagState.Open : state.Flag,
        };
    }

    private static Referral WithTaken(Referral state, ImmutableArray<RewardChange> taken)
    {
        var changed = new List<OpenHold>();
        foreach (var change in taken)
            if (change.Pending && state.Holds.Find(change.Reward) is { } hold)
                changed.Add(hold with { RemainingMinor = hold.RemainingMinor - change.Minor });

        return state with { Enrollments = WithNet(state.Enrollments, taken, -1), Holds = state.Holds.WithAll(changed) };
    }

    private static Referral WithRows(Referral state, ImmutableArray<RowChange>? changes, int sign)
    {
        if (changes is not { } rows || state.Scheduled is not { } scheduled) return state;
        var changed = scheduled.ToBuilder();
        for (var i = 0; i < changed.Count; i++)
            foreach (var row in rows)
                if (row.Reward == changed[i].Reward) changed[i] = changed[i] with { Minor = changed[i].Minor + (sign * row.Minor) };
        return state with { Scheduled = changed.MoveToImmutable() };
    }

    private static Referral WithGiven(Referral state, int sale, ImmutableArray<RewardChange> given)
    {
        var changed = new List<OpenHold>();
        foreach (var change in given)
            if (change.Pending)
                changed.Add(new(
                    change.Reward, change.Enrollment, change.Referrer, change.Asset, (state.Holds.Find(change.Reward)?.RemainingMinor ?? 0) + change.Minor,
                    change.ReleaseAt, change.ReleasesItself, sale, change.ChecksCustomer, change.Group,
                    (short)change.Month));
        return state with { Enrollments = WithNet(state.Enrollments, given, 1), Holds = state.Holds.WithAll(changed) };
    }

    private static ImmutableArray<Enrollment> WithNet(ImmutableArray<Enrollment> enrollments, ImmutableArray<RewardChange> changes, int sign)
    {
        if (changes.IsEmpty) return enrollments;
        var changed = enrollments.ToBuilder();
        foreach (var change in changes)
            changed[change.Enrollment - 1] = changed[change.Enrollment - 1] with { NetMinor = changed[change.Enrollment - 1].NetMinor + (sign * change.Minor) };
        return changed.MoveToImmutable();
    }

    private static Referral With(Referral state, int enrollment, Func<Enrollment, Enrollment> change) =>
        state with { Enrollments = state.Enrollments.SetItem(enrollment - 1, change(state.Enrollments[enrollment - 1])) };

    private static Referral Unparked(Referral state, int seq) => seq == 0 ? state : state with { Parked = state.Parked.Without(seq) };
}
