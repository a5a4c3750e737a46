using System.Collections.Immutable;
using System.Diagnostics;
using ReferralGrains.Domain.Ledger;

namespace ReferralGrains.Domain.Enrollments;

/// <summary>Folds events into a referral. It may not fail: what is in the journal has happened.</summary>
public static class ReferralFold
{
    /// <summary>Moves with every change to what the fold keeps; an older snapshot is dropped and replayed.</summary>
    public const int Version = 2;

    public static Referral Evolve(Referral state, DateTimeOffset at, ReferralEvent e)
    {
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
            ReferralCancelled => state with { Status = ReferralStatus.Cancelled },
            ReferralChanged changed => state with { Tags = changed.Tags ?? state.Tags, Active = changed.Active ?? state.Active },
            ActionParked parked => state with { Parked = state.Parked.Add(new(seq, parked.Action, parked.Waits)) },
            SaleDecided sale => WithSale(state, seq, sale),
            SaleReversed reversed => Unparked(WithTaken(state, reversed.Taken), reversed.Replays),
            ReversalUndone undone => Unparked(WithGiven(state, undone), undone.Replays),
            RewardsReleased released => state with { Holds = state.Holds.RemoveRange(released.Released.Select(change => change.Reward)) },
            RewardCancelled cancelled => WithTaken(state, [cancelled.Taken]),
            EnrollmentAdjusted adjusted => With(state, adjusted.Enrollment, old => old with { Adjustment = adjusted.Adjustment, AdjustedBy = seq }),
            EnrollmentSwitched switched => With(state, switched.Enrollment, old => old with { Disabled = !switched.Enabled }),
            EnrollmentDeleted deleted => With(state, deleted.Enrollment, old => old with { Deleted = true }),
            _ => throw new UnreachableException(),
        };
        return next with { Seq = state.Seq + Movements.RowsOf(e), LastAt = at, DueAt = DueAt(state, next, e) };
    }

    // A sale can only bring the date forward, so the frequent case looks at nothing else; otherwise all holds are looked at.
    private static DateTimeOffset? DueAt(Referral state, Referral next, ReferralEvent e)
    {
        if (ReferenceEquals(state.Holds, next.Holds)) return state.DueAt;
        if (e is not SaleDecided sale) return next.Holds.Values.Where(hold => hold.ReleasesItself).Select(hold => hold.ReleaseAt).Min();
        var earliest = state.DueAt;
        foreach (var decision in sale.Decisions)
            if (decision is { Held: true, ReleasesItself: true, ReleaseAt: { } at } && (earliest is null || at < earliest)) earliest = at;
        return earliest;
    }

    private static Referral WithSale(Referral state, int seq, SaleDecided sale)
    {
        var holds = state.Holds;
        var first = sale.Replays == 0 ? seq : sale.Replays;
        for (var i = 0; i < sale.Decisions.Length; i++)
        {
            var decision = sale.Decisions[i];
            if (decision.Minor == 0) continue;
            state = With(state, decision.Enrollment, old => old with { NetMinor = old.NetMinor + decision.Minor, Count = old.Count + 1 });
            if (decision.Held)
                holds = holds.Add(
                    new RewardId(seq, i).Key,
                    new(decision.Enrollment, sale.Referrer, decision.Asset!.Value, decision.Minor, decision.ReleaseAt, decision.ReleasesItself, first));
        }

        return Unparked(state with { Holds = holds, Counted = state.Counted || sale.Counts }, sale.Replays);
    }

    private static Referral WithTaken(Referral state, ImmutableArray<RewardChange> taken)
    {
        foreach (var change in taken)
        {
            state = With(state, change.Enrollment, old => old with { NetMinor = old.NetMinor - change.Minor });
            if (!change.Pending) continue;
            var hold = state.Holds[change.Reward];
            var left = hold.RemainingMinor - change.Minor;
            state = state with
            {
                Holds = left == 0 ? state.Holds.Remove(change.Reward) : state.Holds.SetItem(change.Reward, hold with { RemainingMinor = left }),
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
            var already = state.Holds.TryGetValue(change.Reward, out var hold) ? hold.RemainingMinor : 0;
            state = state with
            {
                Holds = state.Holds.SetItem(
                    change.Reward,
                    new(change.Enrollment, change.Referrer, change.Asset, already + change.Minor, change.ReleaseAt, change.ReleasesItself, undone.Sale)),
            };
        }

        return state;
    }

    private static Referral With(Referral state, int enrollment, Func<Enrollment, Enrollment> change) =>
        state with { Enrollments = state.Enrollments.SetItem(enrollment - 1, change(state.Enrollments[enrollment - 1])) };

    private static Referral Unparked(Referral state, int seq) =>
        seq == 0 ? state : state with { Parked = state.Parked.RemoveAll(parked => parked.Seq == seq) };
}
