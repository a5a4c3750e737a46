using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Unicode;
using ReferralGrains.Cli.Api;

namespace ReferralGrains.Cli.Files;

/// <summary>
/// A file with one action per line, as the API takes it. Lines go out as they are; only <c>program_id</c> is added where it is
/// left out, for the caller has named the program already, and the reason of an earlier reject is taken off.
/// </summary>
internal sealed class NdjsonFile(InputFile file, ActionReading reading)
{
    private static ReadOnlySpan<byte> ByteOrderMark => "\uFEFF"u8;

    public async IAsyncEnumerable<FileLine> Lines([EnumeratorCancellation] CancellationToken stop)
    {
        await using var bytes = file.Open();
        var reader = new LineReader(bytes.ReadAsync);
        for (var number = 1L; await Next(reader, stop) is { } line; number++)
        {
            var text = number == 1 && line.Span.StartsWith(ByteOrderMark) ? line[ByteOrderMark.Length..] : line;
            if (!text.Span.Trim(" \t\r"u8).IsEmpty) yield return Read(number, text);
        }
    }

    private async ValueTask<ReadOnlyMemory<byte>?> Next(LineReader reader, CancellationToken stop)
    {
        try
        {
            return await reader.Next(stop);
        }
        catch (IOException broken)
        {
            throw BadFile.Unreadable(file.Name, broken);
        }
    }

    private FileLine Read(long number, ReadOnlyMemory<byte> text)
    {
        var source = reading.KeepsSource ? text.ToArray() : null;
        if (!Utf8.IsValid(text.Span)) return FileLine.Bad(number, source, Fault.NotUtf8);
        try
        {
            using var document = JsonDocument.Parse(text);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? Read(number, text, source, document.RootElement)
                : FileLine.Bad(number, source, Fault.InvalidJson(null, ColumnOf(text, 0), "not an object"));
        }
        catch (JsonException bad)
        {
            return FileLine.Bad(number, source, Fault.InvalidJson(null, (bad.BytePositionInLine ?? 0) + 1, "not JSON"));
        }
        catch (InvalidOperationException)
        {
            // What its reader says of an escape that is half of a character.
            return FileLine.Bad(number, source, Fault.InvalidJson(null, 1, "a text in it is not Unicode"));
        }
    }

    private FileLine Read(long number, ReadOnlyMemory<byte> text, byte[]? source, JsonElement action)
    {
        var draft = new ActionDraft(number)
        {
            ActionId = Text("action_id"),
            Type = Text("type"),
            RefereeId = Text("referee_id"),
            Currency = Text("currency")?.ToUpperInvariant(),
            Note = Text("note"),
            RefundOf = Text("refund_of"),
            ChargebackOf = Text("chargeback_of"),
        };
        if (action.TryGetProperty("program_id", out var named) && named.ValueKind != JsonValueKind.Null && (named.ValueKind != JsonValueKind.String || !named.ValueEquals(reading.Program)))
            draft.Wrong(Fault.Invalid("program_id", ColumnOf(text, named), $"another program than '{reading.Program}'"));
        if (Text("occurred_at") is { } time)
        {
            draft.OccurredAt = FileTimes.Exact.Read(time);
            if (draft.OccurredAt is null) draft.Wrong(Fault.Invalid("occurred_at", ColumnOf(text, action.GetProperty("occurred_at")), FileTimes.Exact.Reason(time)));
        }

        if (action.TryGetProperty("amount_minor", out var amount) && amount.ValueKind != JsonValueKind.Null)
        {
            draft.AmountMinor = amount.ValueKind == JsonValueKind.Number && amount.TryGetInt64(out var minor) ? minor : null;
            if (draft.AmountMinor is null) draft.Wrong(Fault.Invalid("amount_minor", ColumnOf(text, amount), $"{Shown(amount)} is not a whole number of minor units"));
        }

        var faults = draft.Check(field => (field, action.TryGetProperty(field, out var value) ? ColumnOf(text, value) : 1));
        return faults.Count > 0
            ? FileLine.Bad(number, source, faults)
            : new(new(number, Outgoing(text, action), source), draft.Facts, [], null);

        string? Text(string name)
        {
            if (!action.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null) return null;
            return value.ValueKind == JsonValueKind.String ? value.GetString() is { Length: > 0 } filled ? filled : null : value.GetRawText();
        }
    }

    private byte[] Outgoing(ReadOnlyMemory<byte> text, JsonElement action)
    {
        var isNamed = action.TryGetProperty("program_id", out _);
        if (isNamed && !action.TryGetProperty(ActionColumns.Rejected, out _)) return text.ToArray();
        return JsonLine.Write(json =>
        {
            if (!isNamed) json.WriteString("program_id", reading.Program);
            foreach (var field in action.EnumerateObject().Where(field => !field.NameEquals(ActionColumns.Rejected))) field.WriteTo(json);
        });
    }

    private static string Shown(JsonElement value) => value.GetRawText() is { Length: <= 50 } raw ? raw : value.GetRawText()[..50] + "…";

    // Of an object or a value of it: the place of its text in the line.
    private static long ColumnOf(ReadOnlyMemory<byte> text, JsonElement value)
    {
        var raw = System.Runtime.InteropServices.JsonMarshal.GetRawUtf8Value(value);
        return text.Span.Overlaps(raw, out var offset) ? offset + 1 : 1;
    }

    private static long ColumnOf(ReadOnlyMemory<byte> text, int start) => text.Span[start..].IndexOfAnyExcept(" \t"u8) + start + 1;
}
