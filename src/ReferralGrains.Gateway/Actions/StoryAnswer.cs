using System.Text.Encodings.Web;
using System.Text.Json;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Gateway.Json;
using ReferralGrains.Storage.Reports;

namespace ReferralGrains.Gateway.Actions;

/// <summary>The answer to a question for one action: itself, what came of it, and its conflicts.</summary>
internal sealed class StoryAnswer(ActionStory story, ProgramTerms program) : IResult
{
    private static readonly JsonWriterOptions Writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly string[] Types = ["", "sale", "refund", "chargeback", "chargeback_won"];

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
        json.WriteEndObject();
    }

    private static void WriteContent(Utf8JsonWriter json, ReferralAction action)
    {
        json.WriteString("type", Types[(int)action.Kind]);
        if (action.AmountMinor is { } minor) json.WriteNumber("amount_minor", minor);
        else json.WriteNull("amount_minor");
        json.WriteString("occurred_at", Instant.Format(action.OccurredAt));
        WriteId(json, "refund_of", action.Kind == ActionKind.Refund ? action.About : null);
        WriteId(json, "chargeback_of", action.Kind is ActionKind.Chargeback or ActionKind.ChargebackWon ? action.About : null);
        json.WriteString("note", action.Note);
    }

    private static void WriteId(Utf8JsonWriter json, string name, CallerId? id) => json.WriteString(name, id?.Value);
}
