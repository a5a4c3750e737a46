using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Gateway.Json;
using ReferralGrains.Gateway.Problems;

namespace ReferralGrains.Gateway.Referrals;

/// <summary>
/// The content of an action as bytes, so that a repeat is told from a conflict (D11). The fields as sent in one fixed order, each as
/// its letter and its value; a text as its length and its UTF-8; times as instants. What is absent, null or empty writes nothing, so
/// these are the same. Note and metadata are not in it, for they decide nothing: the first ones stand. The form is in the journal for ever, through the hash: a new field gets a new letter, and nothing else changes.
/// </summary>
internal ref struct ActionContent
{
    [ThreadStatic]
    private static byte[]? kept;

    private byte[] bytes;
    private int length;

    /// <param name="action">As it was sent: one without a time keeps its hash whenever it comes again.</param>
    public static ContentHash Hash(CallerId program, CallerId referee, ReferralAction action)
    {
        var content = new ActionContent { bytes = kept ??= new byte[4096] };
        content.Add('a', action.Id.Value);
        content.Add('p', program.Value);
        content.Add('r', referee.Value);
        content.Add('k', (long)action.Kind);
        if (action.AmountMinor is { } minor) content.Add('m', minor);
        content.Add('c', action.Currency);
        if (action.OccurredAt != default) content.Add('t', action.OccurredAt.UtcTicks);
        content.Add('o', action.About?.Value);
        content.Add('i', action.ProductIds);
        if (action.Detail is { } detail) content.Add(detail);

        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(content.bytes.AsSpan(0, content.length), hash);
        if (content.bytes.Length <= 64 * 1024) kept = content.bytes;
        return new(BinaryPrimitives.ReadUInt128BigEndian(hash));
    }

    private void Add(char letter, string? text)
    {
        if (string.IsNullOrEmpty(text)) return;
        var room = Room(1 + sizeof(int) + Encoding.UTF8.GetMaxByteCount(text.Length));
        room[0] = (byte)letter;
        var written = Encoding.UTF8.GetBytes(text, room[(1 + sizeof(int))..]);
        BinaryPrimitives.WriteInt32LittleEndian(room[1..], written);
        length += 1 + sizeof(int) + written;
    }

    private void Add(char letter, long number)
    {
        var room = Room(1 + sizeof(long));
        room[0] = (byte)letter;
        BinaryPrimitives.WriteInt64LittleEndian(room[1..], number);
        length += 1 + sizeof(long);
    }

    private void Add(char letter, ImmutableArray<string> texts)
    {
        if (texts.IsDefaultOrEmpty) return;
        Add(letter, texts.Length);
        foreach (var text in texts) Add(letter, text);
    }

    private void Add(ActionDetail detail)
    {
        if (detail.BaseMinor is { } part) Add('b', part);
        Add('l', detail.Lines?.Length ?? 0);
        foreach (var line in detail.Lines ?? [])
        {
            Add('d', line.ProductId);
            Add('m', line.AmountMinor);
            if (line.BaseMinor is { } own) Add('b', own);
        }

        Add('x', detail.Attributes?.Length ?? 0);
        foreach (var attribute in detail.Attributes ?? [])
        {
            Add('y', attribute.Key);
            Add('v', attribute.Value);
        }
    }

    private Span<byte> Room(int size)
    {
        if (bytes.Length - length < size) Array.Resize(ref bytes, Math.Max(bytes.Length * 2, length + size));
        return bytes.AsSpan(length);
    }
}

/// <summary>A caller's own pairs on an action: texts, whole numbers and truth values, without nesting.</summary>
internal static class Metadata
{
    public const int MaxBytes = 4 * 1024;
    public const int MaxKeys = 50;
    private const int MaxKeyLength = 100;

    /// <summary>Reads an object; one without a value is the same as none.</summary>
    /// <param name="metadata">Compact, in the order in which they were sent.</param>
    /// <returns>What is wrong with it, or null.</returns>
    public static Problem? Read(ref Utf8JsonReader reader, out string? metadata)
    {
        metadata = null;
        if (reader.TokenType != JsonTokenType.StartObject) return Problem.InvalidField("metadata", "An object is expected.");
        var written = false;
        var names = new HashSet<string>(StringComparer.Ordinal);
        var bytes = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(bytes);
        json.WriteStartObject();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            if (Text.Fault(name, MaxKeyLength) is { } fault) return Problem.InvalidField("metadata", $"Of a name: {fault}");
            if (!names.Add(name)) return Problem.DuplicateField("metadata." + name);
            if (names.Count > MaxKeys) return Problem.InvalidField("metadata", $"At most {MaxKeys} pairs are possible.");
            reader.Read();
            if (reader.TokenType == JsonTokenType.Null) continue;
            json.WritePropertyName(name);
            if (Write(json, ref reader) is { } wrong) return Problem.InvalidField("metadata." + name, wrong);
            written = true;
        }

        json.WriteEndObject();
        json.Flush();
        if (written) metadata = Encoding.UTF8.GetString(bytes.WrittenSpan);
        return null;
    }

    private static string? Write(Utf8JsonWriter json, ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.String:
                var text = reader.GetString()!;
                json.WriteStringValue(text);
                return Text.Fault(text, MaxBytes);
            case JsonTokenType.True or JsonTokenType.False:
                json.WriteBooleanValue(reader.GetBoolean());
                return null;
            case JsonTokenType.Number when reader.TryGetInt64(out var number):
                json.WriteNumberValue(number);
                return null;
            default:
                return "A text, a whole number, true or false is expected.";
        }
    }
}
