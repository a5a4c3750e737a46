using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Money;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Referrers;

namespace ReferralGrains.Storage.Reports;

/// <summary>What rewards of many referrals come to together. Questions, as those of <see cref="IReports"/>.</summary>
public interface IFigures
{
    /// <summary>What is used of a rule's budget, the newest month first (X5).</summary>
    /// <param name="owner">A referrer, or the program where all share it.</param>
    Task<IReadOnlyList<BudgetUse>> Budget(StreamId owner, StreamId program, int rule, CancellationToken stop);

    /// <summary>How a program does (S11).</summary>
    /// <param name="since">From when on a first sale makes a new client.</param>
    Task<ProgramFigures> Program(StreamId program, DateTimeOffset since, CancellationToken stop);

    /// <summary>How a tenant does: its latest weeks, its best referrers, what is held and what waits for what is unknown.</summary>
    /// <param name="since">The first day of the first week.</param>
    Task<TenantOverview> Overview(int tenant, DateTimeOffset since, CancellationToken stop);

    /// <summary>What waits in groups of a referrer (H14).</summary>
    Task<IReadOnlyList<WaitingGroup>> Groups(StreamId referrer, CancellationToken stop);
}

/// <summary>Figures of a program (S11).</summary>
/// <param name="ActiveReferrers">Open, with a referral that was not cancelled.</param>
/// <param name="NewClients">Referees whose first sale above zero occurred since then.</param>
/// <param name="PendingReferrals">That wait for approval.</param>
public sealed record ProgramFigures(long ActiveReferrers, long NewClients, long PendingReferrals, IReadOnlyList<AssetFigures> Rewards);

/// <summary>How a tenant does.</summary>
/// <param name="Weeks">By their Mondays, in UTC; one without movements is absent.</param>
/// <param name="Best">Of each asset the ten that it came to most for.</param>
/// <param name="Held">All that is pending, by the day of its release.</param>
/// <param name="Parked">Actions that wait for a referral or a sale.</param>
/// <param name="Assets">All that was ever posted.</param>
public sealed record TenantOverview(IReadOnlyList<AssetFigures> Assets, IReadOnlyList<WeekFigures> Weeks, IReadOnlyList<BestReferrer> Best, IReadOnlyList<HeldFigures> Held, long Parked);

/// <summary>What was posted within a week.</summary>
/// <param name="PaidMinor">Less what came back.</param>
public sealed record WeekFigures(DateTimeOffset From, Asset Asset, long EarnedMinor, long ClawedBackMinor, long PaidMinor);

/// <param name="NetMinor">Earned less taken back, from the beginning.</param>
public sealed record BestReferrer(CallerId Referrer, Asset Asset, long NetMinor, long PaidMinor);

/// <param name="Day">
/// In UTC, on which it was to be released when it was given; one that has passed waits for a person, or for word of the referee's customer.
/// Null where only a person or a full group releases it.
/// </param>
public sealed record HeldFigures(DateOnly? Day, Asset Asset, long Minor);

/// <param name="PendingMinor">In a hold window, or in a group.</param>
/// <param name="PaidMinor">
/// Less what came back. A payout takes all that is payable to its referrer, whatever it was earned in: of a program it is known where nothing
/// else of its tenant earns in the asset, and null elsewhere.
/// </param>
public sealed record AssetFigures(Asset Asset, long EarnedMinor, long ClawedBackMinor, long PendingMinor, long? PaidMinor)
{
    public long NetMinor => EarnedMinor - ClawedBackMinor;

    public long ReleasedMinor => NetMinor - PendingMinor;
}

/// <param name="Program">Whose rule it is.</param>
public sealed record WaitingGroup(StreamId Referrer, CallerId Program, StreamId ProgramStream, RewardGroup Group);
