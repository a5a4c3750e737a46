using ReferralGrains.Storage.Webhooks;

namespace ReferralGrains.Payouts.Webhooks;

/// <summary>
/// Follows one sort of notices: asks the source what is so by now, and tells it to whom it concerns. A notice may come twice, late, out of
/// order, and of what is not ours.
/// </summary>
public interface IFollowsNotices
{
    /// <summary>Of Stripe's events, those that are asked for where they never came.</summary>
    IReadOnlyList<string> Types { get; }

    bool Follows(string source, string type);

    /// <summary>Throws what the world throws: then it is followed again later.</summary>
    /// <returns>What came of it, and a word for whoever looks.</returns>
    Task<(InboxOutcome Outcome, string? Detail)> Follow(InboxEvent notice, CancellationToken stop);
}
