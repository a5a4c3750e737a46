using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Storage.Ledger;
using ReferralGrains.Storage.Reports;
using ReferralGrains.Storage.Tenants;
using ReferralGrains.Turns;

namespace ReferralGrains.Integration.Tests.Gateway.World;

internal sealed class InMemoryTenants(TimeProvider time) : ITenants, ITenantClock, ITestClock, ILedgerCheck
{
    private readonly List<Tenant> tenants = [new(1, new("default"), false, null)];
    private readonly List<(string Secret, ApiKey Key)> keys = [];

    public List<LedgerDifference> Differences { get; } = [];

    /// <summary>Whose a stream is; null once it is closed.</summary>
    public Func<StreamId, CallerId?> ReferrerOf { get; set; } = static _ => null;

    /// <summary>What every look-up of a key fails with.</summary>
    public Exception? Outage { get; set; }

    public Task<Tenant> EnsureDefault(CancellationToken stop) => Task.FromResult(tenants[0]);

    public ValueTask<Tenant?> Find(CallerId name, CancellationToken stop) => new(tenants.FirstOrDefault(tenant => tenant.Name == name));

    public ValueTask<Tenant> Get(int tenant, CancellationToken stop) => new(tenants[tenant - 1]);

    public ValueTask<DateTimeOffset> Now(int tenant, CancellationToken stop) => new(tenants[tenant - 1].ClockAt ?? time.GetUtcNow());

    public ValueTask<DateTimeOffset> Now(int tenant) => Now(tenant, CancellationToken.None);

    public Task<IReadOnlyList<Tenant>> All(CancellationToken stop) => Task.FromResult<IReadOnlyList<Tenant>>(tenants);

    public Task<TenantCreation> Create(CallerId name, bool sandbox, DateTimeOffset? clockAt, CancellationToken stop)
    {
        if (tenants.FirstOrDefault(tenant => tenant.Name == name) is { } there)
            return Task.FromResult<TenantCreation>(there.Sandbox == sandbox && there.ClockAt == clockAt ? new TenantCreation.Repeated(there) : new TenantCreation.Conflict(there));
        tenants.Add(new(tenants.Count + 1, name, sandbox, clockAt));
        return Task.FromResult<TenantCreation>(new TenantCreation.Created(tenants[^1]));
    }

    Task<ClockAdvance> ITenants.Advance(int tenant, DateTimeOffset at, CancellationToken stop)
    {
        var there = tenants[tenant - 1];
        if (!there.Sandbox) return Task.FromResult<ClockAdvance>(new ClockAdvance.NotSandbox());
        if (at < there.ClockAt) return Task.FromResult<ClockAdvance>(new ClockAdvance.Backwards(there.ClockAt.Value));
        tenants[tenant - 1] = there with { ClockAt = at };
        return Task.FromResult<ClockAdvance>(new ClockAdvance.Advanced(tenants[tenant - 1]));
    }

    public async Task<Refusal?> Advance(int tenant, DateTimeOffset to, CancellationToken stop) => await ((ITenants)this).Advance(tenant, to, stop) switch
    {
        ClockAdvance.NotSandbox => new(RefusalKind.Senseless, "not_a_sandbox", null, "Only a sandbox tenant has a clock of its own."),
        ClockAdvance.Backwards => new(RefusalKind.Senseless, "clock_backwards", Field.To, "It never goes backwards."),
        _ => null,
    };

    public async Task<(ApiKey Key, bool IsNew)> AddKeyOnce(int? tenant, KeyRole role, string secret, DateTimeOffset? expiresAt, byte[] request, CancellationToken stop) =>
        (await AddKey(tenant, role, secret, expiresAt, stop), true);

    public Task<ApiKey> AddKey(int? tenant, KeyRole role, string secret, DateTimeOffset? expiresAt, CancellationToken stop)
    {
        keys.Add((secret, new(keys.Count + 1, tenant, role, time.GetUtcNow(), expiresAt, null)));
        return Task.FromResult(keys[^1].Key);
    }

    public Task<ApiKey> AddPortalLink(int tenant, StreamId referrer, string secret, DateTimeOffset expiresAt, CancellationToken stop)
    {
        keys.Add((secret, new(keys.Count + 1, tenant, KeyRole.Portal, time.GetUtcNow(), expiresAt, null, ReferrerOf(referrer))));
        return Task.FromResult(keys[^1].Key);
    }

    public Task<ApiKey?> RevokePortalLink(long id, int tenant, CancellationToken stop) => Revoke(id, tenant, isLink: true);

    public Task<ApiKey?> RevokeKey(long id, int? tenant, CancellationToken stop) => Revoke(id, tenant, isLink: false);

    private Task<ApiKey?> Revoke(long id, int? tenant, bool isLink)
    {
        var i = keys.FindIndex(entry => entry.Key.Id == id && (tenant is null || entry.Key.Tenant == tenant) && entry.Key.Role == KeyRole.Portal == isLink);
        if (i >= 0 && (tenant is null || keys[i].Key.Role != KeyRole.All)) keys[i] = (keys[i].Secret, keys[i].Key with { RevokedAt = time.GetUtcNow() });
        return Task.FromResult(i < 0 ? null : keys[i].Key);
    }

    public Task<Page<Tenant>> List(ListFilter filter, CancellationToken stop) => Task.FromResult(new Page<Tenant>([], false));

    public Task<Page<ListedKey>> ListKeys(ListFilter filter, int? tenant, KeyState? state, CancellationToken stop) => Task.FromResult(new Page<ListedKey>([
        .. keys.Where(entry => entry.Key.Role != KeyRole.Portal).Where(entry => tenant is null || entry.Key.Tenant == tenant)
            .Select(entry => new ListedKey(entry.Key, new("default"), entry.Key.RevokedAt is null ? KeyState.Active : KeyState.Revoked)).Take(filter.Limit)], false));

    public ValueTask<ApiKey?> Authenticate(string secret, CancellationToken stop) => Outage is { } outage
        ? ValueTask.FromException<ApiKey?>(outage)
        : new(keys.Where(entry => entry.Secret == secret && entry.Key.RevokedAt is null && !(entry.Key.ExpiresAt <= time.GetUtcNow())).Select(entry => entry.Key).FirstOrDefault());

    public Task<LedgerCheckReport> Check(int tenant, CancellationToken stop) => Task.FromResult(new LedgerCheckReport(3, 2, 1, [.. Differences]));
}
