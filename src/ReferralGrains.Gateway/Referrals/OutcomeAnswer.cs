using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Explanations;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Gateway.Json;
using ReferralGrains.Gateway.Programs;
using ReferralGrains.Storage.Facts;
using ReferralGrains.Storage.Reports;

namespace ReferralGrains.Gateway.Referrals;

/// <summary>The answer to a single action.</summary>
internal sealed class OutcomeAnswer(ActionOutcome outcome, bool duplicate, ProgramTerms program) : IResult
{
    private static readonly JsonWriterOptions Writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.ContentType = "application/json; charset=utf-8";
        using (var json = new Utf8JsonWriter(response.BodyWriter, Writing))
        {
            json.WriteStartObject();
            OutcomeWriter.WriteMembers(json, outcome, duplicate, program);
            json.WriteEndObject();
            json.Flush();

            // Of a known length it leaves in one piece; in chunks its end would be a second one.
            response.ContentLength = json.BytesCommitted;
        }

        await response.BodyWriter.FlushAsync(httpContext.RequestAborted);
    }
}

/// <summary>The answer to a question for one action: itself, what came of it, and its conflicts.</summary>
internal sealed class StoryAnswer(ActionStory story, ProgramTerms program) : IResult
{
    private static readonly JsonWriterOptions Writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly string[] Types = ["", "sale", "refund", "chargeback", "chargeback_won", "refund_failed"];

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.ContentType = "application/json; charset=utf-8";
        using (var json = new Utf8JsonWriter(response.BodyWriter, Writing)) Write(json);
        await response.BodyWriter.FlushAsync(httpContext.RequestAborted);
    }

    private void Write(Utf8JsonWriter json)
    {
        var action = story.Outcome.Action;
        json.WriteStartObject();
        OutcomeWriter.WriteMembers(json, story.Outcome, duplicate: false, program);
        json.WriteString("program_id", story.Program.Value);
        json.WriteString("referee_id", story.Referee.Value);
        WriteId(json, "referrer_id", story.Referrer);
        WriteContent(json, action);
        json.WriteString("currency", action.Currency ?? program.Currency);
        json.WriteString("recorded_at", Instant.Format(story.RecordedAt));
        json.WriteStartArray("product_ids");
        foreach (var product in action.ProductIds) json.WriteStringValue(product);
        json.WriteEndArray();
        json.WritePropertyName("metadata");
        if (action.Metadata is { } metadata) json.WriteRawValue(metadata);
        else json.WriteNullValue();
        json.WriteStartArray("conflicts");
        foreach (var conflict in story.Conflicts)
        {
            json.WriteStartObject();
            json.WriteString("at", Instant.Format(conflict.At));
            WriteContent(json, conflict.Action);
            json.WriteString("currency", conflict.Action.Currency);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        if (story.Paid is { } paid)
        {
            json.WriteStartObject("paid_by");
            json.WriteString("batch_id", paid.Batch.Value);
            json.WriteString("item_id", paid.Item.Value);
            json.WriteString("at", Instant.Format(paid.At));
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void WriteContent(Utf8JsonWriter json, ReferralAction action)
    {
        json.WriteString("type", Types[(int)action.Kind]);
        if (action.AmountMinor is { } minor) json.WriteNumber("amount_minor", minor);
        else json.WriteNull("amount_minor");
        json.WriteString("occurred_at", Instant.Format(action.OccurredAt));
        WriteId(json, "refund_of", action.Kind is ActionKind.Refund or ActionKind.RefundFailed ? action.About : null);
        WriteId(json, "chargeback_of", action.Kind is ActionKind.Chargeback or ActionKind.ChargebackWon ? action.About : null);
        json.WriteString("note", action.Note);
        if (action.Detail is { } detail) WriteDetail(json, detail);
    }

    private static void WriteDetail(Utf8JsonWriter json, ActionDetail detail)
    {
        if (detail.BaseMinor is { } part) json.WriteNumber("base_minor", part);
        if (detail.Lines is { } lines)
        {
            json.WriteStartArray("lines");
            foreach (var line in lines)
            {
                json.WriteStartObject();
                json.WriteString("product_id", line.ProductId);
                json.WriteNumber("amount_minor", line.AmountMinor);
                if (line.BaseMinor is { } own) json.WriteNumber("base_minor", own);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        if (detail.Attributes is not { } attributes) return;
        json.WriteStartObject("attributes");
        foreach (var attribute in attributes) json.WriteString(attribute.Key, attribute.Value);
        json.WriteEndObject();
    }

    private static void WriteId(Utf8JsonWriter json, string name, CallerId? id) => json.WriteString(name, id?.Value);
}

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
    private static readonly JsonEncodedText[] States = Encoded("pending", "released", "reversed", "cancelled", "grouped");
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

/// <summary>The terms that answers name their rules by. Versions never change, so terms that have them stay good for a whole stream.</summary>
internal sealed class ProgramsOfActions(IFacts facts, int tenant)
{
    private readonly Dictionary<CallerId, ProgramTerms> known = [];

    /// <summary>Of the action that was loaded last.</summary>
    public ProgramTerms Loaded { get; private set; } = null!;

    public ValueTask Load(CallerId program, ActionOutcome outcome, CancellationToken stop)
    {
        if (Loaded is not null && Loaded.Id == program && Covers(Loaded, outcome)) return ValueTask.CompletedTask;
        if (!known.TryGetValue(program, out var terms) || !Covers(terms, outcome)) return Read(program, outcome, stop);
        Loaded = terms;
        return ValueTask.CompletedTask;
    }

    private async ValueTask Read(CallerId program, ActionOutcome outcome, CancellationToken stop) =>
        known[program] = Loaded = await facts.ProgramCovering(tenant, program, terms => Covers(terms, outcome), stop);

    private static bool Covers(ProgramTerms terms, ActionOutcome outcome)
    {
        foreach (var decision in outcome.Decisions)
            if (!terms.Has(decision.Rule, decision.Version)) return false;
        return true;
    }
}
