using System.Collections.Immutable;
using System.Security.Claims;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace ReferralGrains.Web.Sessions;

/// <summary>Whoever has this claim at the provider comes in with this key, and so with its tenant and its role.</summary>
/// <param name="Claim">Of the ID token: email, sub, groups …</param>
/// <param name="Value">The whole of it; of a claim with several values, one of them.</param>
/// <param name="Key">An API key. It names who did what, so people who must be told apart have one each.</param>
public sealed record SignInKey(string Claim, string Value, string Key)
{
    // A record would print the key.
    public override string ToString() => $"{Claim} {Value}";
}

/// <summary>The operator's list of who may come in from the provider, and as whom.</summary>
public static class SignInKeys
{
    public const string Form = "[{\"claim\": \"email\", \"value\": \"jane@shop.example\", \"key\": \"KEY\"}]";

    private static readonly JsonSerializerOptions json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        AllowDuplicateProperties = false,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    };

    /// <exception cref="FormatException">Says what is wrong, and repeats no key.</exception>
    public static ImmutableArray<SignInKey> Parse(string text)
    {
        try
        {
            var keys = JsonSerializer.Deserialize<SignInKey?[]>(text, json) ?? throw new JsonException();
            return [.. keys.Select(static one => one is { Claim.Length: > 0, Value.Length: > 0, Key.Length: > 0 } ? one : throw new JsonException())];
        }
        catch (JsonException)
        {
            throw new FormatException("is not of the form " + Form);
        }
    }

    /// <summary>The key of the first line that fits; null where none does.</summary>
    public static string? KeyOf(IEnumerable<SignInKey> keys, ClaimsPrincipal person) => keys.FirstOrDefault(one => Has(person, one))?.Key;

    // At many providers anybody may write any address into a profile, and only one that was verified is theirs.
    private static bool Has(ClaimsPrincipal person, SignInKey key) =>
        person.HasClaim(key.Claim, key.Value) && (key.Claim != "email" || person.HasClaim("email_verified", "true"));
}
