using System.Collections.Immutable;
using System.Text.Json;
using ReferralGrains.Domain.Identity;

namespace ReferralGrains.Gateway;

/// <summary>
/// The secrets with which sources sign, from a file: <c>{"TENANT": {"REF": ["secret", "the one before"]}}</c>. They are in no database and in
/// no log; a source names its own by <c>secret_ref</c>, and only one of its tenant.
/// </summary>
public sealed class SourceSecrets(ImmutableDictionary<(CallerId Tenant, string Reference), ImmutableArray<string>> secrets)
{
    public const string Form = "{\"TENANT\": {\"REF\": [\"secret\"]}}";

    public static SourceSecrets None { get; } = new(ImmutableDictionary<(CallerId, string), ImmutableArray<string>>.Empty);

    /// <summary>Any of them may have signed; empty where nobody can.</summary>
    public ImmutableArray<string> Of(CallerId tenant, string reference) => secrets.GetValueOrDefault((tenant, reference), []);

    /// <exception cref="FormatException">Says what is wrong, and repeats no secret.</exception>
    public static SourceSecrets Parse(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var found = ImmutableDictionary.CreateBuilder<(CallerId, string), ImmutableArray<string>>();
            foreach (var tenant in document.RootElement.EnumerateObject())
            {
                if (!CallerId.IsValid(tenant.Name)) throw new FormatException("holds a name that is no tenant's");
                foreach (var reference in tenant.Value.EnumerateObject())
                {
                    var secrets = reference.Value.EnumerateArray().Select(static one => one.GetString() ?? "").ToImmutableArray();
                    if (secrets.IsEmpty || secrets.Any(static secret => secret.Length < 8)) throw new FormatException($"has for tenant '{tenant.Name}' a secret of less than 8 characters");
                    found.Add((new(tenant.Name), reference.Name), secrets);
                }
            }

            return new(found.ToImmutable());
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException or ArgumentException)
        {
            throw new FormatException("is not of the form " + Form);
        }
    }
}
