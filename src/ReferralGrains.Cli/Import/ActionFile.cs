using ReferralGrains.Cli.Api;

namespace ReferralGrains.Cli.Import;

/// <summary>A file of referral actions, CSV or NDJSON by its name.</summary>
internal static class ActionFile
{
    private static readonly string[] required = ["action_id", "type", "referee_id"];

    private static readonly string[] optional =
        ["occurred_at", "amount_minor", "currency", "refund_of", "chargeback_of", "products", "note"];

    /// <summary>The lines to send, read as they are asked for.</summary>
    public static IAsyncEnumerable<NumberedLine> Lines(string path, string program, CancellationToken stop) =>
        Path.GetExtension(path).ToLowerInvariant() switch
        {
            ".csv" => FromCsv(path, program).ToAsyncEnumerable(),
            ".ndjson" or ".jsonl" => NdjsonFile.Lines(path, program, stop),
            _ => throw new CommandFailed($"{path}: the name has to end in .csv or .ndjson"),
        };

    private static IEnumerable<NumberedLine> FromCsv(string path, string program)
    {
        foreach (var row in new CsvTable(path, required, optional).Rows())
        {
            yield return new(row.Line, JsonLine.Write(json =>
            {
                json.WriteString("action_id", row.Required("action_id"));
                json.WriteString("program_id", program);
                json.WriteString("type", row.Required("type"));
                json.WriteString("referee_id", row.Required("referee_id"));
                if (row.Instant("occurred_at") is { } occurredAt) json.WriteString("occurred_at", occurredAt);
                if (row.WholeNumber("amount_minor") is { } amount) json.WriteNumber("amount_minor", amount);
                foreach (var name in (string[])["currency", "refund_of", "chargeback_of", "note"])
                {
                    if (row.Optional(name) is { } text) json.WriteString(name, text);
                }

                if (row.Optional("products") is not { } products) return;
                json.WriteStartArray("product_ids");
                foreach (var product in products.Split(';', StringSplitOptions.RemoveEmptyEntries)) json.WriteStringValue(product);
                json.WriteEndArray();
            }));
        }
    }
}
