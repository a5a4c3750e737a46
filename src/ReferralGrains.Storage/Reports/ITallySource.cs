using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Referrers;

namespace ReferralGrains.Storage.Reports;

/// <summary>What a grain must look up in history that its bounded state does not keep.</summary>
public interface ITallySource
{
    /// <summary>
    /// The tally of a program that has just become tiered, summed over all sales that were counted before (D6). No sale can be missed:
    /// commits that relied on the program before it had tiers are refused from then on.
    /// </summary>
    /// <exception cref="Journal.JournalUnavailableException">The database cannot be reached.</exception>
    Task<Tally> Sum(StreamId referrer, StreamId program);

    /// <summary>Rounds of first sales whose reward a referral has, and of which more, or less, is undone than was settled there (H9).</summary>
    /// <exception cref="Journal.JournalUnavailableException">The database cannot be reached.</exception>
    Task<IReadOnlyList<UndoneRound>> Undone(StreamId referral);
}
