using System.Runtime.CompilerServices;
using System.Text.Json;
using ReferralGrains.Cli.Api;

namespace ReferralGrains.Cli.Import;

/// <summary>
/// A file with one action per line, as the API takes it. Lines go out as they are; only <c>program_id</c> is added where it is
/// left out, for the caller has named the program already.
/// </summary>
internal static class NdjsonFile
{
    public static async IAsyncEnumerable<NumberedLine> Lines(string path, string program, [EnumeratorCancellation] CancellationToken stop)
    {
        await using var file = Open(path);
        var reader = new LineReader(file.ReadAsync);
        var prefix = ProgramField(program);
        for (var number = 1L; await Next(reader, path, stop) is { } line; number++)
        {
            if (line.Span.Trim(" \t"u8).IsEmpty) continue;
            yield return new(number, Check(line.Span, path, number, program) ? line.ToArray() : Insert(line.Span, prefix));
        }
    }

    private static FileStream Open(string path)
    {
        try
        {
            return new(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1, useAsync: false);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw BadFile.Unreadable(path, unreadable);
        }
    }

    private static async ValueTask<ReadOnlyMemory<byte>?> Next(LineReader reader, string path, CancellationToken stop)
    {
        try
        {
            return await reader.Next(stop);
        }
        catch (Exception broken) when (broken is IOException or InvalidDataException)
        {
            throw BadFile.Unreadable(path, broken);
        }
    }

    /// <returns>Whether the line names its program itself.</returns>
    private static bool Check(ReadOnlySpan<byte> line, string path, long number, string program)
    {
        try
        {
            var json = new Utf8JsonReader(line);
            json.Read();
            if (json.TokenType != JsonTokenType.StartObject) throw BadFile.At(path, number, json.TokenStartIndex + 1, null, "not an object");

            var names = false;
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                var isProgram = json.ValueTextEquals("program_id"u8);
                json.Read();
                if (isProgram && (json.TokenType != JsonTokenType.String || !json.ValueTextEquals(program)))
                    throw BadFile.At(path, number, json.TokenStartIndex + 1, "program_id", $"another program than '{program}'");
                names |= isProgram;
                json.Skip();
            }

            // Only space may follow the object; reading on is what finds anything else.
            while (json.Read()) { }
            return names;
        }
        catch (JsonException bad)
        {
            throw BadFile.At(path, number, (bad.BytePositionInLine ?? 0) + 1, null, "not JSON");
        }
    }

    private static byte[] ProgramField(string program)
    {
        var field = JsonLine.Write(json => json.WriteString("program_id", program));
        return field[..^1];
    }

    private static byte[] Insert(ReadOnlySpan<byte> line, ReadOnlySpan<byte> field)
    {
        var rest = line[(line.IndexOf((byte)'{') + 1)..];
        var isEmpty = rest.TrimStart(" \t"u8)[0] == (byte)'}';
        return isEmpty ? [.. field, .. rest] : [.. field, (byte)',', .. rest];
    }
}
