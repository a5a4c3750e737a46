using ReferralGrains.Domain.Identity;
using ReferralGrains.Storage.Reports;

namespace ReferralGrains.Storage.Tenants;

/// <summary>Tenants, their keys and the test clocks of sandboxes.</summary>
/// <exception cref="Journal.JournalUnavailableException">From every call: the database cannot be reached.</exception>
/// <exception cref="Silos.LeaseLostException">From every call that writes: this silo may not.</exception>
public interface ITenants
{
    /// <summary>The tenant named <c>default</c>, made at the first start.</summary>
    Task<Tenant> EnsureDefault(CancellationToken stop);

    /// <summary>Null when there is none of that name. From a cache; a clock may be up to a second old in another process.</summary>
    ValueTask<Tenant?> Find(CallerId name, CancellationToken stop);

    /// <param name="tenant">Must exist.</param>
    ValueTask<Tenant> Get(int tenant, CancellationToken stop);

    /// <summary>The time that counts for a tenant: its test clock's, if that was ever set, else the real one.</summary>
    ValueTask<DateTimeOffset> Now(int tenant, CancellationToken stop);

    /// <summary>All of them, for the sweeper.</summary>
    Task<IReadOnlyList<Tenant>> All(CancellationToken stop);

    /// <param name="clockAt">Only for a sandbox: where its clock stands at first.</param>
    Task<TenantCreation> Create(CallerId name, bool sandbox, DateTimeOffset? clockAt, CancellationToken stop);

    /// <summary>Moves a test clock forward. What falls due by then is for the sweeper to settle.</summary>
    Task<ClockAdvance> Advance(int tenant, DateTimeOffset at, CancellationToken stop);

    /// <summary>Puts a key on record. The same secret again gives the key that is there.</summary>
    /// <param name="tenant">Null for an operator's key that speaks for no tenant.</param>
    /// <param name="secret">From <see cref="ApiKeySecret.Create"/>; only its hash is kept.</param>
    /// <param name="expiresAt">By the real clock; null means never.</param>
    Task<ApiKey> AddKey(int? tenant, KeyRole role, string secret, DateTimeOffset? expiresAt, CancellationToken stop);

    /// <summary>Puts a key on record for a request that may come again: then the first one's key is there, and its secret is not.</summary>
    /// <param name="request">A hash that names the request.</param>
    Task<(ApiKey Key, bool IsNew)> AddKeyOnce(int? tenant, KeyRole role, string secret, DateTimeOffset? expiresAt, byte[] request, CancellationToken stop);

    /// <summary>From now on it opens nothing here; in another process within <see cref="Tenants.KeyTerm"/>. Null when there is no such key.</summary>
    /// <param name="tenant">Only a key of this tenant; one with every role, which opens every tenant's door, stays as it is. Null for any.</param>
    Task<ApiKey?> RevokeKey(long id, int? tenant, CancellationToken stop);

    /// <summary>
    /// Puts a link to the portal on record: a key of the role <see cref="KeyRole.Portal"/>, in no list of keys. It ends with its time, when it is
    /// revoked, and within <see cref="Tenants.KeyTerm"/> of its referrer's closing. Those that ended long ago are deleted meanwhile.
    /// </summary>
    /// <param name="referrer">Must exist.</param>
    Task<ApiKey> AddPortalLink(int tenant, StreamId referrer, string secret, DateTimeOffset expiresAt, CancellationToken stop);

    /// <summary>As <see cref="RevokeKey"/>, of a link.</summary>
    Task<ApiKey?> RevokePortalLink(long id, int tenant, CancellationToken stop);

    /// <summary>By their names.</summary>
    Task<Page<Tenant>> List(ListFilter filter, CancellationToken stop);

    /// <summary>In the order in which they were made.</summary>
    /// <param name="tenant">Only keys of this tenant; null for all.</param>
    Task<Page<ListedKey>> ListKeys(ListFilter filter, int? tenant, KeyState? state, CancellationToken stop);

    /// <summary>The key that a secret opens; null when it is unknown, expired or revoked, which look the same from outside.</summary>
    ValueTask<ApiKey?> Authenticate(string secret, CancellationToken stop);
}
