using System.Globalization;
using System.Security.Claims;
using ReferralGrains.Client;

namespace ReferralGrains.Web.Sessions;

/// <summary>Who has signed in: what a key says of itself, and the key, which never leaves the sealed ticket and this process.</summary>
/// <param name="Role">all for the first key.</param>
/// <param name="Tenant">Null for an operator, who speaks for none.</param>
public sealed record Session(string Key, string KeyId, string Role, string? Tenant, bool IsSandbox)
{
    private const string UntilClaim = "until";

    /// <summary>Of one sign-in, whatever browser pages were opened by it.</summary>
    public string Id { get; private init; } = Guid.NewGuid().ToString("N");

    /// <summary>When its ticket ends; null before there is one.</summary>
    public DateTimeOffset? Until { get; private init; }

    /// <summary>Of authentication, and of the policy that lets in whoever has signed in.</summary>
    public const string Policy = "console";

    /// <summary>Whether pages that need this role are worth showing. What is allowed, the API decides.</summary>
    public bool May(string role) => Role == "all" || Role == role || (Role, role) is ("admin", "read" or "ingest") or ("operator", "key_admin");

    public bool MaySearch => May("read") || May("finance");

    public static Session Of(string key, SessionAnswer answer) => new(key, answer.KeyId, Words.Of(answer.Role), answer.Tenant, answer.Sandbox);

    /// <summary>Null for whoever has not signed in here.</summary>
    public static Session? Of(ClaimsPrincipal person)
    {
        if (person.Identity?.AuthenticationType != Policy) return null;
        return new(Claim("key")!, Claim("key_id")!, Claim("role")!, Claim("tenant"), Claim("sandbox") is not null)
        {
            Id = Claim("session") ?? "",
            Until = Claim(UntilClaim) is { } until ? DateTimeOffset.Parse(until, CultureInfo.InvariantCulture) : null,
        };

        string? Claim(string name) => person.FindFirst(name)?.Value;
    }

    public ClaimsPrincipal ToPrincipal()
    {
        List<Claim> claims = [new("key", Key), new("key_id", KeyId), new("role", Role), new("session", Id)];
        if (Tenant is not null) claims.Add(new("tenant", Tenant));
        if (IsSandbox) claims.Add(new("sandbox", "true"));
        return new(new ClaimsIdentity(claims, Policy));
    }

    /// <summary>Says to the pages of a request when the ticket ends that it came with.</summary>
    public static void EndsAt(ClaimsPrincipal person, DateTimeOffset? until)
    {
        if (person.Identity is not ClaimsIdentity known || until is not { } end) return;
        foreach (var earlier in known.FindAll(UntilClaim).ToList()) known.RemoveClaim(earlier);
        known.AddClaim(new(UntilClaim, end.ToString("O", CultureInfo.InvariantCulture)));
    }

    // A record would print it.
    public override string ToString() => $"{KeyId} ({Role}) of {Tenant ?? "the installation"}";
}
