using System.Collections.Concurrent;
using Npgsql;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Reports;
using ReferralGrains.Storage.Silos;

namespace ReferralGrains.Storage.Tenants;

/// <summary>
/// Tenants in PostgreSQL, through a cache. Nothing of a tenant ever changes but a sandbox's clock, so only sandboxes are read again.
/// </summary>
public sealed class Tenants(NpgsqlDataSource database, ISiloLease lease, TimeProvider time) : ITenants
{
    /// <summary>How long another process may still accept a key that was revoked.</summary>
    public static readonly TimeSpan KeyTerm = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long a secret that was shown before its key was made is still refused by another process. No client can meet it: a secret is
    /// made with its key. In the process that makes the key there is no such time.
    /// </summary>
    public static readonly TimeSpan UnknownKeyTerm = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan ClockTerm = TimeSpan.FromSeconds(1);
    private static readonly CallerId Default = new("default");
    private const string Columns = "id, name, sandbox, clock_at";

    private readonly ConcurrentDictionary<CallerId, int> numbers = new();
    private readonly ConcurrentDictionary<int, (Tenant Tenant, long ReadAt)> kept = new();
    private readonly ApiKeys keys = new(database, lease, time);

    public async Task<Tenant> EnsureDefault(CancellationToken stop) =>
        await Find(Default, stop) ?? await Create(Default, sandbox: false, clockAt: null, stop) switch
        {
            TenantCreation.Created made => made.Tenant,
            TenantCreation.Repeated there => there.Tenant,
            TenantCreation.Conflict there => there.Tenant,
            _ => throw new System.Diagnostics.UnreachableException(),
        };

    public async ValueTask<Tenant?> Find(CallerId name, CancellationToken stop)
    {
        if (numbers.TryGetValue(name, out var number)) return await Get(number, stop);
        var readAt = time.GetTimestamp();
        var found = await database.Row($"select {Columns} from tenant where name = $1", Tenant, stop, Questions.Text(name.Value));
        return found is null ? null : Keep(found, readAt);
    }

    public async ValueTask<Tenant> Get(int tenant, CancellationToken stop)
    {
        if (kept.TryGetValue(tenant, out var entry) && IsFresh(entry)) return entry.Tenant;
        var readAt = time.GetTimestamp();
        var found = await database.Row($"select {Columns} from tenant where id = $1", Tenant, stop, Questions.Int(tenant));
        return Keep(found ?? throw new InvalidOperationException($"There is no tenant {tenant}."), readAt);
    }

    public async ValueTask<DateTimeOffset> Now(int tenant, CancellationToken stop) => (await Get(tenant, stop)).ClockAt ?? time.GetUtcNow();

    public async Task<Page<Tenant>> List(ListFilter filter, CancellationToken stop) => filter.Page(await database.Rows(
        $"select {Columns} from tenant where name > $1 and ($2 is null or name >= $2 and name < $3) order by name limit $4", Tenant, stop,
        Questions.Text(filter.After ?? ""), Questions.Text(filter.Prefix), filter.PrefixEnd, Questions.Int(filter.Rows)));

    public Task<Page<ListedKey>> ListKeys(ListFilter filter, int? tenant, KeyState? state, CancellationToken stop) => keys.List(filter, tenant, state, stop);

    public async Task<IReadOnlyList<Tenant>> All(CancellationToken stop) =>
        await database.Rows($"select {Columns} from tenant order by id", Tenant, stop);

    public async Task<TenantCreation> Create(CallerId name, bool sandbox, DateTimeOffset? clockAt, CancellationToken stop)
    {
        if (clockAt is not null && !sandbox) throw new ArgumentException("Only a sandbox has a clock.", nameof(clockAt));
        while (true)
        {
            var readAt = time.GetTimestamp();
            var row = await database.Row(
                $"""
                with made as (
                  insert into tenant (name, sandbox, clock_at, clock_from, created_at) select $1, $2, $3, $3, $4 where is_alive($5)
                  on conflict (name) do nothing returning {Columns})
                select {Columns}, true, true from made
                union all select {Columns}, false, sandbox = $2 and clock_from is not distinct from $3 from tenant where name = $1
                """,
                reader => (Tenant: Tenant(reader), Made: reader.GetBoolean(4), Same: reader.GetBoolean(5)), stop,
                Questions.Text(name.Value), Questions.Flag(sandbox), Questions.Time(clockAt), Questions.Time(time.GetUtcNow()), Questions.Long(lease.Silo));

            // Another transaction was just making it: it is there for the next look.
            if (row.Tenant is null) continue;
            var tenant = Keep(row.Tenant, readAt);
            return row.Made ? new TenantCreation.Created(tenant) : row.Same ? new TenantCreation.Repeated(tenant) : new TenantCreation.Conflict(tenant);
        }
    }

    public async Task<ClockAdvance> Advance(int tenant, DateTimeOffset at, CancellationToken stop)
    {
        var readAt = time.GetTimestamp();
        var moved = await database.Row(
            $"update tenant set clock_at = $2 where id = $1 and sandbox and coalesce(clock_at, $3) <= $2 and is_alive($4) returning {Columns}",
            Tenant, stop, Questions.Int(tenant), Questions.Time(at), Questions.Time(time.GetUtcNow()),
            Questions.Long(lease.Silo));
        if (moved is not null) return new ClockAdvance.Advanced(Keep(moved, readAt));
        kept.TryRemove(tenant, out _);
        var unmoved = await Get(tenant, stop);
        return unmoved.Sandbox ? new ClockAdvance.Backwards(unmoved.ClockAt ?? time.GetUtcNow()) : new ClockAdvance.NotSandbox();
    }

    public Task<(ApiKey Key, bool IsNew)> AddKeyOnce(int? tenant, KeyRole role, string secret, DateTimeOffset? expiresAt, byte[] request, CancellationToken stop) =>
        keys.AddOnce(tenant, role, secret, expiresAt, request, stop);

    public Task<ApiKey> AddKey(int? tenant, KeyRole role, string secret, DateTimeOffset? expiresAt, CancellationToken stop) =>
        keys.Add(tenant, role, secret, expiresAt, stop);

    public Task<ApiKey> AddPortalLink(int tenant, StreamId referrer, string secret, DateTimeOffset expiresAt, CancellationToken stop) =>
        keys.AddLink(tenant, referrer, secret, expiresAt, stop);

    public Task<ApiKey?> RevokePortalLink(long id, int tenant, CancellationToken stop) => keys.Revoke(id, tenant, isLink: true, stop);

    public Task<ApiKey?> RevokeKey(long id, int? tenant, CancellationToken stop) => keys.Revoke(id, tenant, isLink: false, stop);

    public ValueTask<ApiKey?> Authenticate(string secret, CancellationToken stop) => keys.Authenticate(secret, stop);

    private bool IsFresh((Tenant Tenant, long ReadAt) entry) => !entry.Tenant.Sandbox || time.GetElapsedTime(entry.ReadAt) < ClockTerm;

    // A slow read must not put a clock back that has been advanced meanwhile.
    private Tenant Keep(Tenant tenant, long readAt)
    {
        numbers[tenant.Name] = tenant.Number;
        return kept.AddOrUpdate(
            tenant.Number,
            (tenant, readAt),
            (_, old) => old.Tenant.ClockAt is { } stands && !(tenant.ClockAt >= stands) ? old : (tenant, readAt)).Tenant;
    }

    private static Tenant Tenant(NpgsqlDataReader reader) =>
        new(reader.GetInt32(0), new(reader.GetString(1)), reader.GetBoolean(2), reader.Maybe<DateTimeOffset>(3));
}
