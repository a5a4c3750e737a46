using System.Collections.Concurrent;
using System.Collections.Immutable;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Referrers;
using ReferralGrains.Storage.Portal;
using ReferralGrains.Storage.Reports;

namespace ReferralGrains.Integration.Tests.Gateway.World;

/// <summary>Settings, and nothing that came of anything.</summary>
internal sealed class InMemoryPortal : IPortalReports
{
    private readonly ConcurrentDictionary<int, PortalSettings> settings = new();

    public Task<PortalSettings> Settings(int tenant, CancellationToken stop) => Task.FromResult(settings.GetValueOrDefault(tenant, PortalSettings.Default));

    public Task SetSettings(int tenant, PortalSettings settings, CancellationToken stop) => Task.FromResult(this.settings[tenant] = settings);

    public Task<Page<PortalReferral>?> Referrals(StreamId referrer, StreamId? before, int limit, CancellationToken stop) => Task.FromResult<Page<PortalReferral>?>(new([], false));

    public Task<Page<PortalPayout>?> Payouts(StreamId referrer, StreamId? before, int limit, CancellationToken stop) => Task.FromResult<Page<PortalPayout>?>(new([], false));

    public Task<IReadOnlyDictionary<StreamId, Tally>> Tallies(StreamId referrer, IReadOnlyCollection<StreamId> programs, CancellationToken stop) =>
        Task.FromResult<IReadOnlyDictionary<StreamId, Tally>>(ImmutableDictionary<StreamId, Tally>.Empty);

    public Task<Page<PortalMovement>> Movements(StreamId referrer, Period period, int limit, CancellationToken stop) => Task.FromResult(new Page<PortalMovement>([], false));
}
