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
/// these are the same. The form is in the journal for ever, through the hash: a new field gets a new letter, and nothing else changes.
/// </summary>
internal ref struct ActionContent
{
    [ThreadStatic]
    private static byte[]? kept;

    private byte[] bytes;
    private int length;

    /// <param name="occurredAt">As it was sent: an action without one keeps its hash whenever it comes again.</param>
    public static ContentHash Hash(CallerId program, CallerId referee, ReferralAction action, DateTimeOffset? occurredAt, Metadata? metadata)
    {
        var content = new ActionContent { bytes = kept ??= new byte[4096] };
        content.Add('a', action.Id.Value);
        content.Add('p', program.Value);
        content.Add('r', referee.Value);
        content.Add('k', (long)action.Kind);
        if (action.AmountMinor is { } minor) content.Add('m', minor);
        content.Add('c', action.Currency);
        if (occurredAt is { } instant) content.Add('t', instant.UtcTicks);
        content.Add('o', action.About?.Value);
        content.Add('i', action.ProductIds);
        content.Add('n', action.Note);
        if (metadata is not null) content.Add(metadata);

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

    private void Add(Metadata metadata)
    {
        Add('x', metadata.Pairs.Length);
        foreach (var (name, kind, value) in metadata.Pairs)
        {
            Add('x', name);
            Add('y', kind);
            Add('z', value);
        }
    }

    private Span<byte> Room(int size)
    {
        if (bytes.Length - length < size) Array.Resize(ref bytes, Math.Max(bytes.Length * 2, length + size));
        return bytes.AsSpan(length);
    }
}

/// <summary>A caller's own pairs on an action: texts, whole numbers and truth values, without nesting.</summary>
/// <param name="Json">Compact, in the order in which they were sent.</param>
/// <param name="Pairs">By name, each value as its kind and its canonical text: what the content hash sees (D11).</param>
internal sealed record Metadata(string Json, ImmutableArray<(string Name, char Kind, string Value)> Pairs)
{
    public const int MaxBytes = 4 * 1024;
    private const int MaxKeys = 50;
    private const int MaxKeyLength = 100;

    /// <summary>Reads an object; one without a value is the same as none.</summary>
    /// <returns>What is wrong with it, or null.</returns>
    public static Problem? Read(ref Utf8JsonReader reader, out Metadata? metadata)
    {
        metadata = null;
        if (reader.TokenType != JsonTokenType.StartObject) return Problem.InvalidField("metadata", "An object is expected.");
        var pairs = new SortedDictionary<string, (char Kind, string Value)>(StringComparer.Ordinal);
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
            if (Value(ref reader) is not { } value) return Problem.InvalidField("metadata." + name, "A text, a whole number, true or false is expected.");
            if (value.Kind == 's' && Text.Fault(value.Text, MaxBytes) is { } wrong) return Problem.InvalidField("metadata." + name, wrong);
            pairs.Add(name, value);
            Write(json, name, value);
        }

        json.WriteEndObject();
        json.Flush();
        if (pairs.Count > 0) metadata = new(Encoding.UTF8.GetString(bytes.WrittenSpan), [.. pairs.Select(pair => (pair.Key, pair.Value.Kind, pair.Value.Value))]);
        return null;
    }

    private static (char Kind, string Text)? Value(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.String => ('s', reader.GetString()!),
        JsonTokenType.True => ('b', "true"),
        JsonTokenType.False => ('b', "false"),
        JsonTokenType.Number when reader.TryGetInt64(out var number) => ('i', number.ToString(System.Globalization.CultureInfo.InvariantCulture)),
        _ => null,
    };

    private static void Write(Utf8JsonWriter json, string name, (char Kind, string Text) value)
    {
        if (value.Kind == 's') json.WriteString(name, value.Text);
        else
        {
            json.WritePropertyName(name);
            json.WriteRawValue(value.Text);
        }
    }
}
