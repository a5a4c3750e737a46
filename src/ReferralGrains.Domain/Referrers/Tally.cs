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
public sealed record Tally(long ValueMinor, int Count, ImmutableArray<PaidTier> Paid)
{
    public static readonly Tally Empty = new(0, 0, []);

    public long Measure(TierBy by) => by == TierBy.Value ? ValueMinor : Count;

    public Tally After(long? earningMinor, bool firstOfReferee) =>
        this with { ValueMinor = ValueMinor + (earningMinor ?? 0), Count = Count + (firstOfReferee ? 1 : 0) };
}

/// <param name="Rule">The rule's number in its program.</param>
/// <param name="Tier">Counts from 1.</param>
public readonly record struct PaidTier(int Rule, int Tier);
