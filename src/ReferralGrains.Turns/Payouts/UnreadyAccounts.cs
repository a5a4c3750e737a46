using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Payouts;
using ReferralGrains.Storage.Payouts;

namespace ReferralGrains.Turns.Payouts;

/// <summary>
/// Referrers whose account was not ready when it was last seen: some of them, by chance, where there are many, so that each has its turn however
/// often those before it are asked about for nothing.
/// </summary>
public sealed class UnreadyAccounts
{
    /// <summary>Asked about in some seconds, at the rate that Stripe allows.</summary>
    public const int Most = 200;

    private readonly List<CallerId> some = [];
    private CallerId last;
    private int noted;

    /// <summary>In the order in which they are asked about.</summary>
    public IReadOnlyList<CallerId> Some
    {
        get
        {
            var shuffled = some.ToArray();
            Random.Shared.Shuffle(shuffled);
            return shuffled;
        }
    }

    /// <summary>Notes a candidate if it is one of them; those of one referrer come one after the other.</summary>
    public void Note(JudgedCandidate one)
    {
        if (one.Why != NotPaid.AccountNotReady || one.Candidate.Id == last) return;
        last = one.Candidate.Id;
        noted++;
        if (some.Count < Most) some.Add(last);
        else if (Random.Shared.Next(noted) is var place and < Most) some[place] = last;
    }
}
