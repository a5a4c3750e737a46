using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Gateway.Json;
using ReferralGrains.Gateway.Problems;
using ReferralGrains.Gateway.Programs;

namespace ReferralGrains.Gateway.Referrals;

/// <summary>Merges a change into the terms that are in force for an enrollment, and checks the result as if it were a rule's.</summary>
internal static class AdjustmentParser
{
    /// <returns>Everything that is adjusted by now; null when the change adjusts nothing.</returns>
    public static Adjustment? Parse(EnrollmentChange change, Enrollment enrollment, ProgramTerms program)
    {
        if (IsAbsent(change.Limits) && IsAbsent(change.Conditions) && IsAbsent(change.Payout)) return null;
        var terms = EnrollmentAnswers.TermsOf(enrollment, program);
        var old = enrollment.Adjustment ?? new();
        var (reward, hold) = Payout(change.Payout, old, terms, program);
        return new(
            Part(change.Limits, old.Limits, RuleWriter.Limits(terms.Limits), GatewayJson.Default.LimitsBody, "limits", body => RuleParser.Limits(body, ProgramDates.Of(program.TimeZone))),
            Part(change.Conditions, old.Conditions, RuleWriter.Conditions(terms.Conditions), GatewayJson.Default.ConditionsBody, "conditions", RuleParser.Conditions),
            reward,
            hold);
    }

    private static (RewardTerms? Reward, Hold? Hold) Payout(JsonElement payout, Adjustment old, RewardRule terms, ProgramTerms program)
    {
        if (IsAbsent(payout)) return (old.Reward, old.Hold);
        if (payout.ValueKind == JsonValueKind.Null) return (null, null);
        if (payout.ValueKind != JsonValueKind.Object) throw Problem.InvalidField("payout", "An object is expected.").AsException();
        foreach (var part in payout.EnumerateObject())
            if (part.Name is not ("reward" or "hold")) throw Problem.UnknownField("payout." + part.Name).AsException();
        payout.TryGetProperty("reward", out var reward);
        payout.TryGetProperty("hold", out var hold);

        if (Carry(terms) && reward.ValueKind == JsonValueKind.Object && reward.EnumerateObject().FirstOrDefault(static member => IsValue(member.Name)) is { Value.ValueKind: not JsonValueKind.Undefined } value)
            throw Problem.InvalidField("payout.reward." + value.Name, "Each tier or step of this rule has a value of its own, which goes before this one: it would change nothing.").AsException();

        // Where tiers or steps carry the value, the reward may still leave it out.
        var (tiers, steps) = (RuleWriter.Tiers(terms.Tiers), RuleWriter.Steps(terms.Steps) ?? []);
        return (
            Part(reward, old.Reward, RuleWriter.Reward(terms.Reward), GatewayJson.Default.RewardBody, "payout.reward",
                body => RewardParser.Parse(body, tiers, steps, program.Currency, "payout.reward").Reward),
            Part(hold, old.Hold, RuleWriter.Hold(terms.Hold), GatewayJson.Default.HoldBody, "payout.hold", body => RuleParser.Hold(body, "payout.hold")));
    }

    private static bool Carry(RewardRule terms)
    {
        OwnValue[] values = [.. terms.Tiers.Select(static tier => tier.Value), .. (terms.Steps ?? []).Select(static step => step.Value)];
        return values.Length > 0 && Array.TrueForAll(values, static own => own.BasisPoints > 0 || own.AmountMinor > 0);
    }

    private static bool IsValue(string member) => member is "type" or "basis_points" or "amount_minor";

    private static TTerms? Part<TTerms, TBody>(JsonElement change, TTerms? old, TBody inForce, JsonTypeInfo<TBody> type, string path, Func<TBody, TTerms> parse)
        where TTerms : class
    {
        if (IsAbsent(change)) return old;
        if (change.ValueKind == JsonValueKind.Null) return null;
        if (change.ValueKind != JsonValueKind.Object) throw Problem.InvalidField(path, "An object is expected.").AsException();
        var merged = JsonSerializer.SerializeToNode(inForce, type)!.AsObject();
        Merge(merged, change);
        var wrong = Strict.Parse(JsonSerializer.SerializeToUtf8Bytes(merged, GatewayJson.Default.JsonObject), type, out var body);
        return wrong is null ? parse(body) : throw (wrong with { Param = wrong.Param is null ? path : $"{path}.{wrong.Param}" }).AsException();
    }

    // RFC 7396, one level deep: no part of these terms is nested.
    private static void Merge(JsonObject into, JsonElement change)
    {
        foreach (var member in change.EnumerateObject())
        {
            if (member.Value.ValueKind == JsonValueKind.Null) into.Remove(member.Name);
            else into[member.Name] = JsonNode.Parse(member.Value.GetRawText());
        }
    }

    private static bool IsAbsent(JsonElement part) => part.ValueKind == JsonValueKind.Undefined;
}
