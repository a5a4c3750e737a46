using ReferralGrains.Domain.Payouts;
using ReferralGrains.Storage.Payouts;

namespace ReferralGrains.Turns.Payouts;

/// <summary>Of an engine that pays nothing out.</summary>
internal sealed class NobodyIsOwed : IPayoutCandidates
{
    public IAsyncEnumerable<JudgedCandidate> Find(int tenant, PayoutTerms terms, DateTimeOffset now, CancellationToken stop) => AsyncEnumerable.Empty<JudgedCandidate>();

    public Task<bool> HasAny(int tenant, PayoutTerms terms, DateTimeOffset now, CancellationToken stop) => Task.FromResult(false);
}
