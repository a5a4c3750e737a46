using System.Text.Json;

namespace ReferralGrains.Cli.Api;

/// <summary>Problem details (RFC 9457) as the server sends them.</summary>
internal sealed record Problem(int Status, string? Code, string? Parameter, string? Detail, string? RequestId)
{
    public static Problem Read(int status, string body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? Read(status, document.RootElement)
                : new(status, null, null, null, null);
        }
        catch (JsonException)
        {
            // A proxy in between answers with a page of its own; the status is all it has to say to us.
            return new(status, null, null, null, null);
        }
    }

    public static Problem Read(int status, JsonElement body) =>
        new(status, body.Text("code"), body.Text("param"), body.Text("detail") ?? body.Text("title"), body.Text("request_id"));

    /// <summary>The line that a person reads.</summary>
    public string Line(string call, Uri url) => Status switch
    {
        401 => $"{url} refused the key (401); give --key, set GRAINS_ADMIN_KEY, or name the server's data directory with --data",
        403 => $"this key may not {call} (403 {Code}): {Detail}",
        _ => $"{call} answered {Status}{Word(Code)}{(Detail is null ? "" : ": " + OneLine(Detail))}{Named("param", Parameter)}{Named("request", RequestId)}",
    };

    private static string Word(string? word) => word is null ? "" : " " + word;

    private static string Named(string name, string? value) => value is null ? "" : $" ({name} {value})";

    private static string OneLine(string text) => text.ReplaceLineEndings(" ");
}
