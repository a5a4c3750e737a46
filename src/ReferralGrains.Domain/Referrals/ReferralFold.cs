using System.Collections.Immutable;
using System.Diagnostics;

namespace ReferralGrains.Domain.Referrals;

/// <summary>Folds events into a referral. It may not fail: what is in the journal has happened.</summary>
public static class ReferralFold
{
    /// <summary>Moves with every change to what the fold keeps; an older snapshot is dropped and replayed.</summary>
    public const int Version = 5;

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
            SaleReversed reversed => Unparked(WithTaken(state, reversed.Taken), reversed.Replays),
            ReversalUndone undone => Unparked(WithGiven(state, undone), undone.Replays),
            RewardsReleased released => state with
            {
                Holds = state.Holds.Without(released.Released.Select(change => change.Reward).ToHashSet()),
            },
            RewardCancelled cancelled => WithTaken(state, [cancelled.Taken]),
            EnrollmentAdjusted adjusted => With(state, adjusted.Enrollment, old => old with { Adjustment = adjusted.Adjustment, AdjustedBy = seq }),
            EnrollmentSwitched switched => With(state, switched.Enrollment, old => old with { Disabled = !switched.Enabled }),
            EnrollmentDeleted deleted => With(state, deleted.Enrollment, old => old with { Deleted = true }),
            _ => throw new UnreachableException(),
        };
        return next with
        {
            Seq = state.Seq + Movements.RowsOf(e),
            LastAt = at,
            DueAt = next.Holds == state.Holds ? state.DueAt : next.Holds.Where(hold => hold.ReleasesItself).Min(hold => hold.ReleaseAt),
        };
    }

    // What a marketplace sends by the million makes one new state, and a sale can only bring the due date forward: no look at the holds.
    private static Referral WithSale(Referral state, DateTimeOffset at, SaleDecided sale)
    {
        var seq = state.Seq + 1;
        var (holds, dueAt) = (state.Holds, state.DueAt);
        ImmutableArray<Enrollment>.Builder? enrollments = null;
        for (var i = 0; i < sale.Decisions.Length; i++)
        {
            var decision = sale.Decisions[i];
            if (decision.Minor == 0) continue;
            enrollments ??= state.Enrollments.ToBuilder();
            var old = enrollments[decision.Enrollment - 1];
            enrollments[decision.Enrollment - 1] = old with { NetMinor = old.NetMinor + decision.Minor, Count = old.Count + 1 };
            if (!decision.Held) continue;
            holds = holds.With(new(
                new RewardId(seq, i).Key, decision.Enrollment, sale.Referrer, decision.Asset!.Value, decision.Minor,
                decision.ReleaseAt, decision.ReleasesItself, sale.Replays == 0 ? seq : sale.Replays));
            if (decision.ReleasesItself && (dueAt is null || decision.ReleaseAt < dueAt)) dueAt = decision.ReleaseAt;
        }

        return state with
        {
            Seq = state.Seq + Movements.RowsOf(sale),
            LastAt = at,
            Counted = state.Counted || sale.Counts,
            Sold = state.Sold || (sale.Counts && sale.Action.AmountMinor > 0),
            Enrollments = enrollments?.MoveToImmutable() ?? state.Enrollments,
            Holds = holds,
            DueAt = dueAt,
            Parked = sale.Replays == 0 ? state.Parked : state.Parked.Without(sale.Replays),
        };
    }

    private static Referral WithTaken(Referral state, ImmutableArray<RewardChange> taken)
    {
        var changed = new List<OpenHold>();
        foreach (var change in taken)
            if (change.Pending)
            {
                var hold = state.Holds.Find(change.Reward)!.Value;
                changed.Add(hold with { RemainingMinor = hold.RemainingMinor - change.Minor });
            }

        return state with { Enrollments = WithNet(state.Enrollments, taken, -1), Holds = state.Holds.WithAll(changed) };
    }

    private static Referral WithGiven(Referral state, ReversalUndone undone)
    {
        var changed = new List<OpenHold>();
        foreach (var change in undone.Given)
            if (change.Pending)
                changed.Add(new(
                    change.Reward, change.Enrollment, change.Referrer, change.Asset, (state.Holds.Find(change.Reward)?.RemainingMinor ?? 0) + change.Minor,
                    change.ReleaseAt, change.ReleasesItself, undone.Sale));
        return state with { Enrollments = WithNet(state.Enrollments, undone.Given, 1), Holds = state.Holds.WithAll(changed) };
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
