using System.Collections.Immutable;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Referrers;

namespace ReferralGrains.Domain.WhatIf;

/// <summary>What referrers, and the program, keep over all referrals: for a replay, what their grains are for actions (D6, H9, X5).</summary>
public sealed class ReplayedBooks
{
    private readonly Dictionary<StreamId, Tally> tallies = [];
    private ImmutableArray<BudgetUse>? spent;

    /// <summary>What a turn is decided with.</summary>
    /// <param name="owners">Everybody whose the referral ever was.</param>
    internal DecisionFacts Facts(Draft draft, ReferrerFacts? referrer, IEnumerable<StreamId> owners) =>
        new(draft.Now, draft.Program, referrer, referrer is null ? Tally.Empty : Of(referrer.Stream))
        {
            Spent = spent,
            EarlierSpent = owners.Where(owner => owner != referrer?.Stream).ToImmutableDictionary(static owner => owner, owner => Of(owner).Spent),
        };

    /// <summary>Takes over what a turn has left of it.</summary>
    internal void Take(DecisionFacts left)
    {
        spent = left.Spent;
        if (left.Referrer is { } referrer) tallies[referrer.Stream] = left.Tally!;
        foreach (var (earlier, uses) in left.EarlierSpent) tallies[earlier] = Of(earlier) with { Spent = uses };
    }

    private Tally Of(StreamId referrer) => tallies.GetValueOrDefault(referrer, Tally.Empty);
}
