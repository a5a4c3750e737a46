namespace ReferralGrains.Storage.Tenants;

/// <summary>Tenants, the keys that open them, and the test clocks of sandboxes.</summary>
public interface ITenants
{
    /// <summary>The same content again is a repeat; other content under the same name is a conflict.</summary>
    /// <param name="clockAt">Where a sandbox's own clock starts; null in a sandbox means now, and must be null elsewhere.</param>
    Task<(Creation Creation, Tenant Tenant)> Create(string name, bool sandbox, DateTimeOffset? clockAt, CancellationToken stop);

    Task<Tenant?> Find(string name, CancellationToken stop);

    /// <summary>Makes a key of 256 random bits: <c>rg_live_</c>, or <c>rg_test_</c> for a sandbox, and 43 characters of base64url.</summary>
    /// <param name="expiresAt">From then on it opens nothing; null means never.</param>
    Task<NewApiKey> CreateKey(KeyRole role, int tenant, DateTimeOffset? expiresAt, CancellationToken stop);

    /// <summary>Ends a key for good. Ending it twice is no error.</summary>
    /// <returns>False when there never was such a key.</returns>
    Task<bool> RevokeKey(long id, CancellationToken stop);

    /// <summary>Whose key has this SHA-256, or null if no key that is valid now has it.</summary>
    Task<KeyOwner?> Authenticate(ReadOnlyMemory<byte> sha256, CancellationToken stop);

    /// <summary>Moves the clock of a sandbox; a clock never runs backwards.</summary>
    Task<ClockMove> AdvanceClock(int tenant, DateTimeOffset to, CancellationToken stop);
}

/// <param name="ClockAt">The time in a sandbox; null elsewhere, where it is the world's.</param>
public sealed record Tenant(int Number, string Name, bool Sandbox, DateTimeOffset? ClockAt);

/// <param name="Key">Shown once: only its SHA-256 is kept.</param>
public sealed record NewApiKey(long Id, string Key);

public sealed record KeyOwner(long Key, int Tenant, KeyRole Role, bool Sandbox);

/// <summary>What a key may do. The names are in the database, in lower case.</summary>
public enum KeyRole
{
    /// <summary>Actions, referrals, redemptions and discounts.</summary>
    Ingest = 1,

    /// <summary>Every question.</summary>
    Read = 2,

    /// <summary>Programs, rules, referrers and adjustments; includes ingest and read.</summary>
    Admin = 3,

    /// <summary>Payouts, reconciliation and the ledger check; not part of admin.</summary>
    Finance = 4,

    /// <summary>Tenants and keys.</summary>
    Operator = 5,
}

/// <summary>What came of creating something that may be there already.</summary>
public enum Creation
{
    Created = 1,

    /// <summary>It was there with the same content.</summary>
    Duplicate = 2,

    /// <summary>It was there with other content, and stays as it was.</summary>
    Conflict = 3,
}

public enum ClockMove
{
    Advanced = 1,

    /// <summary>Only a sandbox has a clock of its own.</summary>
    NotSandbox = 2,

    /// <summary>It would have run backwards.</summary>
    Backwards = 3,
}
