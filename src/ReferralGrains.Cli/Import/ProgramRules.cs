using System.Text.Json;
using System.Text.Json.Nodes;
using ReferralGrains.Cli.Api;

namespace ReferralGrains.Cli.Import;

/// <summary>A rule of the program, as far as it matters to history that is brought in.</summary>
/// <param name="HoldDays">How long its rewards are held; 0 when they are not, or until somebody releases them.</param>
/// <param name="HoldsFromOccurred">Whether those days run from when an action occurred (D14).</param>
/// <param name="Cap">What it pays at most of each referral, in words; null for a rule to which the order of actions is all one.</param>
/// <param name="EarnsByApproval">Whether what it gives comes of a referral's approval, and of no action.</param>
internal sealed record ProgramRule(string Id, bool Enabled, int HoldDays, bool HoldsFromOccurred, string? Cap, bool EarnsByApproval, JsonElement Body);

/// <summary>The program that is imported into.</summary>
internal sealed class ProgramRules(ApiClient api, string program, string currency, string timeZone, IReadOnlyList<ProgramRule> rules)
{
    private const string OccurredAt = "occurred_at";

    public string Currency => currency;

    public string TimeZone => timeZone;

    /// <summary>Rules that pay by what arrives first.</summary>
    public IReadOnlyList<ProgramRule> Capped => [.. rules.Where(rule => rule is { Enabled: true, Cap: not null })];

    /// <summary>Rules whose holds run from now on, even for what occurred long ago.</summary>
    public IReadOnlyList<ProgramRule> HoldingFromNow => [.. rules.Where(rule => rule is { Enabled: true, HoldDays: > 0, HoldsFromOccurred: false })];

    /// <summary>Rules whose rewards are in no answer to an action.</summary>
    public IReadOnlyList<ProgramRule> EarningByApproval => [.. rules.Where(rule => rule is { Enabled: true, EarnsByApproval: true })];

    /// <exception cref="CommandFailed">There is no such program.</exception>
    public static async Task<ProgramRules> Read(ApiClient api, Access access, string program, CancellationToken stop)
    {
        var answer = await api.Get($"/v1/programs/{Uri.EscapeDataString(program)}", stop);
        if (answer.IsNotThere)
        {
            throw new CommandFailed($"there is no program '{program}'; create it first: curl -X POST {new Uri(access.Url, access.Target("/v1/programs"))} -H \"Authorization: Bearer $GRAINS_ADMIN_KEY\" " +
                $"-H 'Content-Type: application/json' -d '{{\"id\":\"{program}\",\"name\":\"{program}\",\"currency\":\"GBP\",\"time_zone\":\"Europe/London\"}}'");
        }

        var body = answer.Json();
        return new(api, program, body.Text("currency") ?? "", body.Text("time_zone") ?? "UTC", [.. body.Items("rules").Select(Rule)]);
    }

    /// <summary>Publishes the rule anew, the same but for the beginning of its holds; whoever is enrolled from now on has it.</summary>
    /// <returns>The new version.</returns>
    public async Task<long?> HoldFromOccurred(ProgramRule rule, CancellationToken stop)
    {
        var body = JsonNode.Parse(rule.Body.GetRawText())!.AsObject();
        // What the answer says beyond what a rule is.
        foreach (var name in (string[])["program_id", "version", "duplicate"]) body.Remove(name);
        body["hold"]!["from"] = OccurredAt;
        // They were acknowledged when the rule was published.
        body["acknowledge_warnings"] = true;
        var answer = await api.Post($"/v1/programs/{Uri.EscapeDataString(program)}/rules", body, stop);
        return answer.Json().Number("version");
    }

    private static ProgramRule Rule(JsonElement rule)
    {
        var hold = rule.Object("hold");
        var days = hold?.Text("mode")?.StartsWith("days", StringComparison.Ordinal) == true ? (int)(hold.Value.Number("days") ?? 0) : 0;
        return new(rule.Text("id") ?? "", rule.IsTrue("enabled"), days, hold?.Text("from") == OccurredAt, Cap(rule), EarnsByApproval(rule), rule);
    }

    // Every N referrals, and at an interval, it is the first sale that earns where the reward is a share of it, and the approval otherwise.
    private static bool EarnsByApproval(JsonElement rule)
    {
        var reward = rule.Object("reward");
        var isOfSale = reward?.Text("type") != "fixed" && reward?.Text("of") == "transaction";
        return rule.Text("trigger") is "referral_approved" || (rule.Text("trigger") is "every_n_referrals" or "interval" && !isOfSale);
    }

    private static string? Cap(JsonElement rule)
    {
        var limits = rule.Object("limits");
        if (limits?.Number("max_count") is { } count) return $"at most {count:N0} rewards of each referral";
        if (limits?.Number("max_amount_minor") is { } minor) return $"at most {minor} minor units of each referral";
        if (rule.Text("trigger") == "first_action") return "the first action of each referral";
        return rule.Items("tiers").Any() || rule.Items("steps").Any() ? "by what came before" : null;
    }
}
