using System.Collections.Immutable;
using System.Diagnostics;

namespace ReferralGrains.Domain.Referrals;

/// <summary>Folds events into a referral. It may not fail: what is in the journal has happened.</summary>
public static class ReferralFold
{
    /// <summary>Moves with every change to what the fold keeps; an older snapshot is dropped and replayed.</summary>
    public const int Version = 3;

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
            ActionParked parked => state with { Parked = state.Parked.Add(new(seq, parked.Action, parked.Waits)) },
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
        var (enrollments, holds, dueAt) = (state.Enrollments, state.Holds, state.DueAt);
        for (var i = 0; i < sale.Decisions.Length; i++)
        {
            var decision = sale.Decisions[i];
            if (decision.Minor == 0) continue;
            var old = enrollments[decision.Enrollment - 1];
            enrollments = enrollments.SetItem(decision.Enrollment - 1, old with { NetMinor = old.NetMinor + decision.Minor, Count = old.Count + 1 });
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
            Enrollments = enrollments,
            Holds = holds,
            DueAt = dueAt,
            Parked = Waiting(state, sale.Replays),
        };
    }

    private static Referral WithTaken(Referral state, ImmutableArray<RewardChange> taken)
    {
        foreach (var change in taken)
        {
            state = With(state, change.Enrollment, old => old with { NetMinor = old.NetMinor - change.Minor });
            if (!change.Pending) continue;
            var hold = state.Holds.Find(change.Reward)!.Value;
            var left = hold.RemainingMinor - change.Minor;
            state = state with
            {
                Holds = left == 0 ? state.Holds.Without(change.Reward) : state.Holds.With(hold with { RemainingMinor = left }),
            };
        }

        return state;
    }

    private static Referral WithGiven(Referral state, ReversalUndone undone)
    {
        foreach (var change in undone.Given)
        {
            state = With(state, change.Enrollment, old => old with { NetMinor = old.NetMinor + change.Minor });
            if (!change.Pending) continue;
            var already = state.Holds.Find(change.Reward)?.RemainingMinor ?? 0;
            state = state with
            {
                Holds = state.Holds.With(new(
                    change.Reward, change.Enrollment, change.Referrer, change.Asset, already + change.Minor,
                    change.ReleaseAt, change.ReleasesItself, undone.Sale)),
            };
        }

        return state;
    }

    private static Referral With(Referral state, int enrollment, Func<Enrollment, Enrollment> change) =>
        state with { Enrollments = state.Enrollments.SetItem(enrollment - 1, change(state.Enrollments[enrollment - 1])) };

    private static Referral Unparked(Referral state, int seq) => seq == 0 ? state : state with { Parked = Waiting(state, seq) };

    private static ImmutableArray<ParkedAction> Waiting(Referral state, int replayed) =>
        replayed == 0 ? state.Parked : state.Parked.RemoveAll(parked => parked.Seq == replayed);
}
