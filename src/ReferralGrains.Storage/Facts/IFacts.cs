using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Storage.Facts;

/// <summary>
/// What grains rely on of other grains, read through a cache. A stale fact costs a second turn, never money: the commit rejects a
/// decision whose facts have moved. An answer that writes nothing has no commit: it is confirmed.
/// </summary>
/// <exception cref="JournalUnavailableException">From every question: the database cannot be reached.</exception>
public interface IFacts
{
    /// <summary>Null when there is no such program. As it was a second ago at most, for pages and bodies are read by it as well.</summary>
    ValueTask<ProgramTerms?> Program(int tenant, CallerId id, CancellationToken stop);

    /// <summary>The program that a rule belongs to: a rule's id is unique in its tenant. Null when there is no such rule. Not cached.</summary>
    Task<CallerId?> ProgramOfRule(int tenant, CallerId rule, CancellationToken stop);

    /// <summary>However old. Null when there is no such referrer; that is never kept.</summary>
    ValueTask<ReferrerFacts?> Referrer(int tenant, CallerId id, CancellationToken stop);

    ValueTask<ReferrerFacts?> Referrer(int tenant, StreamId stream, CancellationToken stop);

    /// <summary>How many actions of a tenant wait. May be a second old: a quota has to be bounded, not exact.</summary>
    ValueTask<long> Parked(int tenant, CancellationToken stop);

    /// <summary>Whether all of these were in force within the last second. What has moved is forgotten.</summary>
    ValueTask<bool> Confirm(IReadOnlyList<FactRead> reads);

    /// <summary>Drops what is cached, because it has moved.</summary>
    void Forget(StreamId stream);
}
