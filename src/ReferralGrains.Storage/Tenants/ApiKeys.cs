using System.Collections.Concurrent;
using System.Security.Cryptography;
using Npgsql;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Reports;
using ReferralGrains.Storage.Silos;

namespace ReferralGrains.Storage.Tenants;

/// <summary>
/// Keys by the hash of their secret. Keys that opened something are kept for a short term, because every request shows one. What
/// opens nothing is kept as well, for a client that goes on showing a dead key would cost a query each time; fewer of those, and a
/// shorter time, so that a flood of guesses can neither fill the memory nor drive out what opens something.
/// </summary>
internal sealed class ApiKeys
{
    private const int MaxKept = 10_000;
    private const int MaxUnknown = 1_000;

    private const string Columns = "k.id, k.tenant, k.role, k.created_at, k.expires_at, k.revoked_at, (select s.a from stream s where s.id = k.referrer)";

    // How long a link stays on record after its end, for whoever wants to know what it was.
    private static readonly TimeSpan LinksKept = TimeSpan.FromDays(7);

    private readonly ConcurrentDictionary<string, (ApiKey Key, long ReadAt)> kept = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, long> unknown = new(StringComparer.Ordinal);
    private readonly Lock gate = new();
    private readonly Renewals<string> renewals;
    private readonly NpgsqlDataSource database;
    private readonly ISiloLease lease;
    private readonly TimeProvider time;
    private int revocations;
    private int additions;

    public ApiKeys(NpgsqlDataSource database, ISiloLease lease, TimeProvider time)
    {
        (this.database, this.lease, this.time) = (database, lease, time);
        renewals = new(name => Look(name, Convert.FromHexString(name), CancellationToken.None));
    }

    public async Task<ApiKey> Add(int? tenant, KeyRole role, string secret, DateTimeOffset? expiresAt, CancellationToken stop)
    {
        var hash = ApiKeySecret.Hash(secret);
        await Insert(tenant, role, hash, expiresAt, null, null, stop);
        return (await Read(hash, stop))!;
    }

    public async Task<ApiKey> AddLink(int tenant, StreamId referrer, string secret, DateTimeOffset expiresAt, CancellationToken stop)
    {
        var hash = ApiKeySecret.Hash(secret);
        await Insert(tenant, KeyRole.Portal, hash, expiresAt, null, referrer, stop);

        // More than are added, so that those that ended do not gather.
        await database.Rows(
            """
            delete from api_key where id in (select id from api_key where referrer is not null and expires_at < $1 order by expires_at limit 10 for update skip locked)
              and is_alive($2)
            """,
            reader => 0, stop, Questions.Time(time.GetUtcNow() - LinksKept), Questions.Long(lease.Silo));
        return (await Read(hash, stop))!;
    }

    public async Task<(ApiKey Key, bool IsNew)> AddOnce(
        int? tenant, KeyRole role, string secret, DateTimeOffset? expiresAt, byte[] request, CancellationToken stop)
    {
        var hash = ApiKeySecret.Hash(secret);
        await Insert(tenant, role, hash, expiresAt, request, null, stop);
        if (await Read(hash, stop) is { } added) return (added, true);
        return ((await database.Row($"select {Columns} from api_key k where request = $1", Key, stop, Questions.Bytes(request)))!, false);
    }

    public async Task<ApiKey?> Revoke(long id, int? tenant, bool isLink, CancellationToken stop)
    {
        await database.Rows(
            $"""
            update api_key set revoked_at = $3 where id = $1 and ($2 is null or tenant = $2 and role <> '{Wire(KeyRole.All)}') and (referrer is not null) = $5
              and revoked_at is null and is_alive($4)
            """,
            reader => 0, stop, Questions.Long(id), Questions.Int(tenant), Questions.Time(time.GetUtcNow()), Questions.Long(lease.Silo), Questions.Flag(isLink));
        lock (gate)
        {
            revocations++;
            foreach (var (secret, entry) in kept)
                if (entry.Key.Id == id) kept.TryRemove(secret, out _);
        }

        return await database.Row(
            $"select {Columns} from api_key k where id = $1 and ($2 is null or tenant = $2) and (referrer is not null) = $3", Key, stop, Questions.Long(id), Questions.Int(tenant),
            Questions.Flag(isLink));
    }

    public async Task<Page<ListedKey>> List(ListFilter filter, int? tenant, KeyState? state, CancellationToken stop) => filter.Page(await database.Rows(
        """
        select k.* from (
          select k.id, k.tenant, k.role, k.created_at, k.expires_at, k.revoked_at, null::text, t.name,
            case when k.revoked_at is not null then 3 when k.expires_at <= $3 then 2 else 1 end as state
          from api_key k left join tenant t on t.id = k.tenant where k.referrer is null and ($1 is null or k.tenant = $1) and k.id > $2) k
        where $4 is null or k.state = $4 order by k.id limit $5
        """,
        reader => new ListedKey(Key(reader), reader.MaybeText(7) is { } name ? new CallerId(name) : null, (KeyState)reader.GetInt32(8)), stop,
        Questions.Int(tenant), Questions.Long(filter.After is null ? 0 : PageCursor.Stream(filter.After)), Questions.Time(time.GetUtcNow()), Questions.Int((int?)state),
        Questions.Int(filter.Rows)));

    public async ValueTask<ApiKey?> Authenticate(string secret, CancellationToken stop)
    {
        var hash = ApiKeySecret.Hash(secret);
        var name = Convert.ToHexStringLower(hash);
        var key = kept.TryGetValue(name, out var entry) && IsRecent(name, entry.ReadAt) ? entry.Key : IsKnownMiss(name) ? null : await Look(name, hash, stop);
        return key is { RevokedAt: null } && !(key.ExpiresAt <= time.GetUtcNow()) ? key : null;
    }

    private bool IsRecent(string name, long readAt)
    {
        var age = time.GetElapsedTime(readAt);
        if (age > Tenants.KeyTerm) return false;
        if (Renewals<string>.IsDue(age, Tenants.KeyTerm)) renewals.Begin(name);
        return true;
    }

    private bool IsKnownMiss(string name) => unknown.TryGetValue(name, out var missedAt) && time.GetElapsedTime(missedAt) <= Tenants.UnknownKeyTerm;

    private async Task<ApiKey?> Look(string name, byte[] hash, CancellationToken stop)
    {
        var (revoked, added, readAt) = (Volatile.Read(ref revocations), Volatile.Read(ref additions), time.GetTimestamp());
        var key = await Read(hash, stop);
        if (key is null) Miss(name, readAt, added);
        else Keep(name, (key, readAt), revoked);
        return key;
    }

    private async Task Insert(int? tenant, KeyRole role, byte[] hash, DateTimeOffset? expiresAt, byte[]? request, StreamId? referrer, CancellationToken stop)
    {
        await database.Rows(
            "insert into api_key (tenant, role, sha256, created_at, expires_at, request, referrer) select $1, $2, $3, $4, $5, $6, $8 where is_alive($7) on conflict do nothing",
            reader => 0, stop,
            Questions.Int(tenant), Questions.Text(Wire(role)), Questions.Bytes(hash), Questions.Time(time.GetUtcNow()), Questions.Time(expiresAt),
            Questions.Bytes(request), Questions.Long(lease.Silo), Questions.Long(referrer?.Value));
        lock (gate)
        {
            additions++;
            unknown.TryRemove(Convert.ToHexStringLower(hash), out _);
        }
    }

    // What was read before a revocation is not kept after it.
    private void Keep(string name, (ApiKey Key, long ReadAt) entry, int revocationsBefore)
    {
        lock (gate)
        {
            if (revocations != revocationsBefore) return;
            if (kept.Count >= MaxKept) kept.Clear();
            kept[name] = entry;
        }
    }

    // What was not there before a key was added may be that key.
    private void Miss(string name, long readAt, int additionsBefore)
    {
        lock (gate)
        {
            kept.TryRemove(name, out _);
            if (additions != additionsBefore) return;
            if (unknown.Count >= MaxUnknown) unknown.Clear();
            unknown[name] = readAt;
        }
    }

    private async Task<ApiKey?> Read(byte[] hash, CancellationToken stop)
    {
        // A link whose referrer was closed is as if it were not there.
        var (key, found) = await database.Row(
            $"""
            select {Columns}, k.sha256 from api_key k left join fact f on f.stream = k.referrer
            where k.sha256 = $1 and not coalesce((f.body ->> 'closed')::bool, false)
            """,
            reader => (Key(reader), reader.GetFieldValue<byte[]>(7)), stop, Questions.Bytes(hash));

        // The index compares as fast as it can; what it found is compared again in constant time.
        return key is not null && CryptographicOperations.FixedTimeEquals(found, hash) ? key : null;
    }

    private static ApiKey Key(NpgsqlDataReader reader) => new(
        reader.GetInt64(0),
        reader.Maybe<int>(1),
        Enum.Parse<KeyRole>(reader.GetString(2), ignoreCase: true),
        reader.GetFieldValue<DateTimeOffset>(3),
        reader.Maybe<DateTimeOffset>(4),
        reader.Maybe<DateTimeOffset>(5),
        reader.MaybeText(6) is { } referrer ? new CallerId(referrer) : null);

    private static string Wire(KeyRole role) => role.ToString().ToLowerInvariant();
}
