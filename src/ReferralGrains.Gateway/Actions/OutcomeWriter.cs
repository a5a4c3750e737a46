using System.Globalization;
using System.Text.Json;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Explanations;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Referrals;

namespace ReferralGrains.Gateway.Actions;

/// <summary>Writes what came of an action: the members of a single answer and of a line of a stream, in one place.</summary>
internal static class OutcomeWriter
{
    private static readonly JsonEncodedText ActionId = JsonEncodedText.Encode("action_id");
    private static readonly JsonEncodedText Status = JsonEncodedText.Encode("status");
    private static readonly JsonEncodedText Code = JsonEncodedText.Encode("code");
    private static readonly JsonEncodedText Decisions = JsonEncodedText.Encode("decisions");
    private static readonly JsonEncodedText EnrollmentId = JsonEncodedText.Encode("enrollment_id");
    private static readonly JsonEncodedText RuleId = JsonEncodedText.Encode("rule_id");
    private static readonly JsonEncodedText RuleVersion = JsonEncodedText.Encode("rule_version");
    private static readonly JsonEncodedText Tier = JsonEncodedText.Encode("tier");
    private static readonly JsonEncodedText Reward = JsonEncodedText.Encode("reward");
    private static readonly JsonEncodedText Id = JsonEncodedText.Encode("id");
    private static readonly JsonEncodedText Asset = JsonEncodedText.Encode("asset");
    private static readonly JsonEncodedText AmountMinor = JsonEncodedText.Encode("amount_minor");
    private static readonly JsonEncodedText State = JsonEncodedText.Encode("state");
    private static readonly JsonEncodedText ExpectedAt = JsonEncodedText.Encode("expected_at");
    private static readonly JsonEncodedText BecauseOf = JsonEncodedText.Encode("because");
    private static readonly JsonEncodedText Duplicate = JsonEncodedText.Encode("duplicate");
    private static readonly JsonEncodedText[] Statuses = Encoded("not_rewarded", "rewarded", "reversed", "parked");
    private static readonly JsonEncodedText[] States = Encoded("pending", "released", "reversed", "cancelled");
    private static readonly JsonEncodedText[] Codes = [.. Enum.GetValues<DecisionCode>().Select(code => JsonEncodedText.Encode(code.ToWire()))];

    /// <summary>The word for a reward's state.</summary>
    public static JsonEncodedText Word(RewardStatus status) => States[(int)status];

    /// <summary>The word for an action's status.</summary>
    public static JsonEncodedText Word(ActionStatus status) => Statuses[(int)status];

    /// <param name="program">At a revision that has every rule version of the decisions.</param>
    public static void WriteMembers(Utf8JsonWriter json, ActionOutcome outcome, bool duplicate, ProgramTerms program)
    {
        json.WriteString(ActionId, outcome.Action.Id.Value);
        json.WriteString(Status, Word(outcome.Status));
        if (outcome.Reason is { } code) json.WriteString(Code, Codes[(int)code]);
        json.WriteStartArray(Decisions);
        foreach (var decision in outcome.Decisions) WriteDecision(json, decision, outcome, program);
        json.WriteEndArray();
        if (outcome.Reason is { } reason)
        {
            json.WriteStartArray(BecauseOf);
            json.WriteStringValue(Because.Undecided(reason));
            json.WriteEndArray();
        }

        if (duplicate) json.WriteBoolean(Duplicate, true);
    }

    private static void WriteDecision(Utf8JsonWriter json, DecisionOutcome decision, ActionOutcome outcome, ProgramTerms program)
    {
        Span<char> name = stackalloc char[48];
        json.WriteStartObject();
        name.TryWrite(CultureInfo.InvariantCulture, $"enr_{outcome.Stream.Value}_{decision.Enrollment}", out var length);
        json.WriteString(EnrollmentId, name[..length]);
        json.WriteString(RuleId, program.Rule(decision.Rule).Id.Value);
        json.WriteNumber(RuleVersion, decision.Version);
        if (decision.Seen is { Tier: > 0 } seen) json.WriteNumber(Tier, seen.Tier);
        if (decision.Reward is { } key) WriteReward(json, decision, outcome.Stream, RewardId.FromKey(key), name);
        else json.WriteNull(Reward);
        json.WriteString(Code, Codes[(int)decision.Code]);
        json.WriteStartArray(BecauseOf);
        foreach (var line in Because.Lines(decision, outcome, program)) json.WriteStringValue(line);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteReward(Utf8JsonWriter json, DecisionOutcome decision, StreamId stream, RewardId reward, Span<char> name)
    {
        json.WriteStartObject(Reward);
        name.TryWrite(CultureInfo.InvariantCulture, $"rwd_{stream.Value}_{reward.Seq}_{reward.Number}", out var length);
        json.WriteString(Id, name[..length]);
        json.WriteString(Asset, decision.Asset!.Value.Name);
        json.WriteNumber(AmountMinor, decision.Minor);
        json.WriteString(State, Word(decision.State));
        if (decision is { State: RewardStatus.Pending, ReleaseAt: { } at })
        {
            json.WriteString(ExpectedAt, Json.Instant.Format(at, name));
        }

        json.WriteEndObject();
    }

    private static JsonEncodedText[] Encoded(params string[] words) => [.. words.Select(word => JsonEncodedText.Encode(word))];
}
