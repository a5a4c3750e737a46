using System.Collections.Immutable;
using ReferralGrains.Domain.Programs;

namespace ReferralGrains.Domain.Referrers;

/// <summary>
/// What all of a referrer's referees in one program have done: committed sales that occurred at or after approval, each once, gross,
/// so that a refund never lowers it (D6).
/// </summary>
/// <param name="ValueMinor">In the program's currency.</param>
/// <param name="Count">Distinct referees with such a sale.</param>
/// <param name="Paid">Tiers that <c>tier_reached</c> has paid, once per referrer (H2).</param>
/// <param name="Approved">Approved referrals, whether or not they have bought (D6).</param>
/// <param name="Gathered">What has gathered towards the next N, by rule; null where no rule gathers (H9).</param>
public sealed record Tally(long ValueMinor, int Count, ImmutableArray<PaidTier> Paid, int Approved = 0, ImmutableArray<Gathered>? Gathered = null)
{
    public static readonly Tally Empty = new(0, 0, []);

    /// <param name="trigger">An approval is measured by approvals.</param>
    public long Measure(TierBy by, Trigger trigger) => by == TierBy.Value ? ValueMinor : trigger == Trigger.ReferralApproved ? Approved : Count;

    public Gathered GatheredFor(int rule)
    {
        foreach (var gathered in Gathered ?? [])
            if (gathered.Rule == rule) return gathered;
        return new(rule, 0, 0);
    }

    public Tally With(Gathered gathered) => this with { Gathered = [.. (Gathered ?? []).Where(other => other.Rule != gathered.Rule), gathered] };

    public Tally After(long? earningMinor, bool firstOfReferee) =>
        this with { ValueMinor = ValueMinor + (earningMinor ?? 0), Count = Count + (firstOfReferee ? 1 : 0) };
}

/// <summary>Approved referrals that count towards the next N of a rule, and the sum of their conversion values (H9).</summary>
public readonly record struct Gathered(int Rule, int Count, long ValueMinor);

/// <param name="Rule">The rule's number in its program.</param>
/// <param name="Tier">Counts from 1.</param>
public readonly record struct PaidTier(int Rule, int Tier);
