using System.Collections.Immutable;
using ReferralGrains.Gateway.Json;
using ReferralGrains.Gateway.Problems;
using ReferralGrains.Storage.Reports;

namespace ReferralGrains.Gateway.Referrers;

internal static class ReferrerFields
{
    public static string? Email(string? email, string param = "email")
    {
        var text = Text.Of(email, param, 254);
        return text is null || text.IndexOf('@', StringComparison.Ordinal) > 0 ? text : throw Problem.InvalidField(param, "An e-mail address is expected.").AsException();
    }

    public static string? Name(string? name) => Text.Of(name, "name", 200);

    public static string? Stripe(string? id) => Text.Of(id, "stripe_customer_id", 200);

    public static ReferrerAnswer Answer(ReferrerProfile profile, bool personal, bool duplicate = false) => new(
        profile.Id,
        profile.Code,
        profile.Closed ? "closed" : "active",
        personal ? profile.Email : null,
        personal ? profile.Name : null,
        profile.Tags,
        profile.CashOptIn,
        personal ? profile.StripeCustomerId : null,
        profile.CreatedAt,
        duplicate ? true : null);

    public static BalanceLine Line(AssetBalance line)
    {
        var balance = line.Balance;
        return new(
            line.Asset.Name, balance.Earned, balance.ClawedBack, balance.Net, balance.Pending, balance.Payable, balance.InTransit, balance.Paid);
    }
}

/// <summary>Tags of a referrer or a referee: a set, kept in one order so that the same tags are the same content.</summary>
internal static class Tags
{
    private const int MaxTags = 50;
    private const int MaxLength = 100;

    public static ImmutableArray<string>? Of(ImmutableArray<string>? tags, string param)
    {
        if (tags is not { } given) return null;
        if (given.Length > MaxTags) throw Problem.InvalidField(param, $"At most {MaxTags} tags are possible.").AsException();
        for (var i = 0; i < given.Length; i++)
            if (Text.Of(given[i], $"{param}[{i}]", MaxLength) is null) throw Problem.InvalidField($"{param}[{i}]", "A tag is not empty.").AsException();
        return [.. given.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
    }
}
