using System.Globalization;
using System.Text.RegularExpressions;

namespace ReferralGrains.Gateway.Description;

/// <summary>What generated clients call an operation: made from its address, so that no route can be without one.</summary>
internal static partial class OperationNames
{
    private static readonly Dictionary<string, string> tags = new(StringComparer.Ordinal)
    {
        ["server"] = "The server itself: health, metrics, documentation",
        ["session"] = "Whoever asks",
        ["tenants"] = "Tenants of the installation",
        ["audit_entries"] = "Who changed what, and who looked at what is personal",
        ["api_keys"] = "Keys: who may do what",
        ["programs"] = "Programs: a currency, a time zone and the rules in it",
        ["overview"] = "How the tenant does",
        ["search"] = "What an id is of",
        ["rules"] = "Reward rules, in versions",
        ["referrers"] = "Referrers: those who are paid",
        ["referrals"] = "Referrals: who referred whom, and what came of it",
        ["redemptions"] = "Codes that referees enter",
        ["actions"] = "What referees do: sales, refunds, chargebacks",
        ["enrollments"] = "A referral under one rule",
        ["rewards"] = "What referrers earn",
        ["checkout_discounts"] = "Discounts on referees' first invoices",
        ["payment_discounts"] = "Discounts on referrers' own payments",
        ["payout_batches"] = "Payouts: what is paid to whom, approved and sent as one",
        ["payout_terms"] = "How a tenant pays out",
        ["flags"] = "The review list: what somebody should look at",
        ["events"] = "What has happened, for whoever wants to be told",
        ["webhook_endpoints"] = "Where to tell it",
        ["ledger"] = "The books as a whole",
        ["portal_links"] = "Links that open the portal for one referrer",
        ["portal_settings"] = "How the portal looks, and who may show it in a frame",
        ["portal"] = "What the portal shows the referrer whose link is the key",
        ["sources"] = "Other systems whose events become actions",
        ["source_events"] = "Events of sources that wait for their sale, or were refused",
        ["test_clock"] = "The clock of a sandbox",
    };

    public static string TagOf(string tag) => tags.GetValueOrDefault(tag) ?? char.ToUpperInvariant(tag[0]) + tag[1..].Replace('_', ' ');

    /// <summary>createProgram, getReferrerBalance, listReferrerRewards, disableRule, streamActions.</summary>
    public static string Of(string method, string path)
    {
        var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(part => part != "v1").ToArray();
        if (parts[^1].Split(':') is [var collection, var custom]) return Name(custom, [collection]);
        var nouns = parts.Where(part => part[0] != '{').ToArray();
        var (ofOne, plural) = (parts[^1][0] == '{', nouns[^1] is [.., not 's', 's']);
        var things = nouns.Select((noun, i) => i < nouns.Length - 1 || ofOne || method == "POST" ? Singular(noun) : noun).ToArray();
        return (method, ofOne, plural) switch
        {
            ("GET", false, true) when path.StartsWith("/v1/", StringComparison.Ordinal) => Name("list", things),
            ("GET", _, _) => Name("get", things),
            ("POST", true, true) => Name("take", things),
            ("POST", false, false) => Name(nouns[^1], things[..^1]),
            ("POST", _, _) => Name("create", things),
            ("PATCH", _, _) => Name("change", things),
            _ => Name(method.ToLowerInvariant(), things),
        };
    }

    /// <summary>As it is called now. The audit log keeps what it was called when it was done: a batch was once a batche.</summary>
    public static string Current(string operation) => OldBatch().Replace(operation, "PayoutBatch");

    /// <summary>As it was called before; null where it always was as it is.</summary>
    public static string? Former(string operation) => Batch().Replace(operation, "PayoutBatche") is var old && old != operation ? old : null;

    [GeneratedRegex("PayoutBatche(?![a-z])")]
    private static partial Regex OldBatch();

    [GeneratedRegex("PayoutBatch(?![a-z])")]
    private static partial Regex Batch();

    private static string Singular(string noun) =>
        noun.EndsWith("ies", StringComparison.Ordinal) ? noun[..^3] + "y" : noun.EndsWith("ases", StringComparison.Ordinal) || noun.EndsWith("ches", StringComparison.Ordinal) ? noun[..^2] : noun.TrimEnd('s');

    private static string Name(string verb, string[] things)
    {
        var words = things.Prepend(verb).SelectMany(thing => thing.Split('_', '.', '-'));
        var name = string.Concat(words.Select(word => CultureInfo.InvariantCulture.TextInfo.ToTitleCase(word)));
        return char.ToLowerInvariant(name[0]) + name[1..];
    }
}
