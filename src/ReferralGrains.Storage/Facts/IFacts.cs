using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Referrals;

namespace ReferralGrains.Storage.Facts;

/// <summary>
/// What grains rely on of other grains, read through a cache. A stale answer costs a second turn, never money: the commit rejects a
/// decision whose facts have moved.
/// </summary>
/// <exception cref="Journal.JournalUnavailableException">From every question: the database cannot be reached.</exception>
public interface IFacts
{
    /// <summary>Null when there is no such program.</summary>
    ValueTask<ProgramTerms?> Program(int tenant, CallerId id, CancellationToken stop);

    /// <summary>The program that a rule belongs to: a rule's id is unique in its tenant. Null when there is no such rule. Not cached.</summary>
    Task<CallerId?> ProgramOfRule(int tenant, CallerId rule, CancellationToken stop);

    ValueTask<ReferrerFacts?> Referrer(int tenant, CallerId id, CancellationToken stop);

    ValueTask<ReferrerFacts?> Referrer(int tenant, StreamId stream, CancellationToken stop);

    /// <summary>How many actions of a tenant wait. May be a second old: a quota has to be bounded, not exact.</summary>
    ValueTask<long> Parked(int tenant, CancellationToken stop);

    /// <summary>Drops what is cached, because it has moved.</summary>
    void Forget(StreamId stream);
}
