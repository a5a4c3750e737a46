using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Identity;

namespace ReferralGrains.Gateway.Actions;

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
