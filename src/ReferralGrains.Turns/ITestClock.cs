using ReferralGrains.Domain.Referrals;

namespace ReferralGrains.Turns;

/// <summary>The clock that a sandbox tenant sets itself, to see a year of holds in a minute.</summary>
public interface ITestClock
{
    /// <summary>Moves it on, and returns when everything that was due by then is settled.</summary>
    /// <returns>Why it was not moved: no sandbox, or backwards. Null when it was.</returns>
    Task<Refusal?> Advance(int tenant, DateTimeOffset to, CancellationToken stop);
}
