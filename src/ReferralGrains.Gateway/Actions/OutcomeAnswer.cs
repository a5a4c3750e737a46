using System.Text.Encodings.Web;
using System.Text.Json;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Programs;

namespace ReferralGrains.Gateway.Actions;

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
        }

        await response.BodyWriter.FlushAsync(httpContext.RequestAborted);
    }
}
