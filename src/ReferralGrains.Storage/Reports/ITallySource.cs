using System.Collections.Immutable;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Programs;
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

    /// <summary>What a referrer has used of its own budgets in a program (X5).</summary>
    /// <exception cref="Journal.JournalUnavailableException">The database cannot be reached.</exception>
    Task<UsedBudgets> Used(StreamId referrer, StreamId program);
}

/// <summary>What is used of a referrer's own budgets, as its stream says it up to its last row.</summary>
/// <param name="Seq">That row: whoever adds the next one has decided on what is still so.</param>
/// <param name="LastAt">Its time.</param>
/// <param name="Uses">Null where nothing was ever used.</param>
public sealed record UsedBudgets(int Seq, DateTimeOffset LastAt, ImmutableArray<BudgetUse>? Uses);
