using Microsoft.Extensions.Logging;
using ReferralGrains.Domain.Payouts;
using ReferralGrains.Storage.Discounts;
using ReferralGrains.Storage.Facts;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Payouts;
using ReferralGrains.Storage.Referrers;
using ReferralGrains.Storage.Reports;
using ReferralGrains.Storage.Silos;
using ReferralGrains.Turns.Payouts;
using ReferralGrains.Turns.Referrals;

namespace ReferralGrains.Turns;

/// <summary>All that a grain may use of the world.</summary>
/// <param name="Router">Sends upwards only.</param>
/// <param name="Time">Says how old something is; a tenant's time is the <paramref name="Clock"/>'s.</param>
public sealed record TurnWorld(
    IJournal Journal,
    IStreamLoader Loader,
    IFacts Facts,
    ISiloLease Lease,
    ISnapshots Snapshots,
    ITenantClock Clock,
    IReferrerProfiles Profiles,
    ITallySource Tallies,
    IReferrerLedger Ledger,
    IDiscounts Discounts,
    RepeatWatch Repeats,
    IGrainRouter Router,
    TimeProvider Time,
    ILogger Log)
{
    /// <summary>Says whether a referee's customer is active (H15).</summary>
    public ICustomerCheck Customers { get; init; } = new NobodyKnows();

    /// <summary>Whom a tenant owes anything.</summary>
    public IPayoutCandidates PayoutCandidates { get; init; } = new NobodyIsOwed();

    /// <summary>Referees that may be attributed to one referrer in an hour before it is flagged (X9); 0 for any number. Default 20.</summary>
    public int MostAttributions { get; init; } = 20;

    /// <summary>How long payouts wait for what.</summary>
    public PayoutWaits Waits { get; init; } = PayoutWaits.Live;
}

/// <summary>A tenant's time: the wall clock's, or a sandbox tenant's own.</summary>
public interface ITenantClock
{
    /// <summary>In whole microseconds, as the journal keeps it.</summary>
    ValueTask<DateTimeOffset> Now(int tenant);
}
