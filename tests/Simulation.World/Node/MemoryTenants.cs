using System.Collections.Concurrent;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Storage.Reports;
using ReferralGrains.Storage.Tenants;
using ReferralGrains.Turns;

namespace ReferralGrains.Simulation.Node;

/// <summary>Tenants without keys, and their clocks.</summary>
public sealed class MemoryTenants(TimeProvider time) : ITenants, ITenantClock
{
    private readonly ConcurrentDictionary<int, Tenant> tenants = new();

    /// <summary>The clock of all that have none of their own.</summary>
    public TimeProvider Time => time;

    public int Count => tenants.Count;

    public Tenant Add(string name, bool sandbox = false, DateTimeOffset? clockAt = null) =>
        tenants.GetOrAdd(tenants.Count + 1, number => new(number, new(name), sandbox, clockAt));

    public ValueTask<DateTimeOffset> Now(int tenant) => Now(tenant, CancellationToken.None);

    // In whole microseconds, as the journal keeps it.
    public ValueTask<DateTimeOffset> Now(int tenant, CancellationToken stop)
    {
        var now = tenants[tenant].ClockAt ?? time.GetUtcNow();
        return ValueTask.FromResult(now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond)));
    }

    public Task<IReadOnlyList<Tenant>> All(CancellationToken stop) => Task.FromResult<IReadOnlyList<Tenant>>([.. tenants.Values]);

    public Task<ClockAdvance> Advance(int tenant, DateTimeOffset at, CancellationToken stop)
    {
        var known = tenants[tenant];
        if (!known.Sandbox) return Task.FromResult<ClockAdvance>(new ClockAdvance.NotSandbox());
        if (known.ClockAt > at) return Task.FromResult<ClockAdvance>(new ClockAdvance.Backwards(known.ClockAt.Value));
        return Task.FromResult<ClockAdvance>(new ClockAdvance.Advanced(tenants[tenant] = known with { ClockAt = at }));
    }

    public ValueTask<Tenant> Get(int tenant, CancellationToken stop) => ValueTask.FromResult(tenants[tenant]);

    public ValueTask<Tenant?> Find(CallerId name, CancellationToken stop) =>
        ValueTask.FromResult(tenants.Values.FirstOrDefault(tenant => tenant.Name == name));

    public Task<Tenant> EnsureDefault(CancellationToken stop) => Task.FromResult(Add("default"));

    public Task<TenantCreation> Create(CallerId name, bool sandbox, DateTimeOffset? clockAt, CancellationToken stop) =>
        Task.FromResult<TenantCreation>(new TenantCreation.Created(Add(name.Value, sandbox, clockAt)));

    public Task<(ApiKey Key, bool IsNew)> AddKeyOnce(int? tenant, KeyRole role, string secret, DateTimeOffset? expiresAt, byte[] request, CancellationToken stop) => throw NoKeys();

    public Task<ApiKey> AddKey(int? tenant, KeyRole role, string secret, DateTimeOffset? expiresAt, CancellationToken stop) => throw NoKeys();

    public Task<ApiKey> AddPortalLink(int tenant, StreamId referrer, string secret, DateTimeOffset expiresAt, CancellationToken stop) => throw NoKeys();

    public Task<ApiKey?> RevokePortalLink(long id, int tenant, CancellationToken stop) => throw NoKeys();

    public Task<ApiKey?> RevokeKey(long id, int? tenant, CancellationToken stop) => throw NoKeys();

    public Task<Page<Tenant>> List(ListFilter filter, CancellationToken stop) => throw NoKeys();

    public Task<Page<ListedKey>> ListKeys(ListFilter filter, int? tenant, KeyState? state, CancellationToken stop) => throw NoKeys();

    public ValueTask<ApiKey?> Authenticate(string secret, CancellationToken stop) => throw NoKeys();

    private static NotSupportedException NoKeys() => new("Grains never see a key.");
}
