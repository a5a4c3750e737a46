using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using ReferralGrains.Domain.Identity;

namespace ReferralGrains.Domain.Actions;

/// <summary>
/// The content of an action as bytes, so that a repeat is told from a conflict (D11). The fields as sent in one fixed order, each as
/// its letter and its value; a text as its length and its UTF-8; times as instants. What is absent, null or empty writes nothing, so
/// these are the same. Note and metadata are not in it, for they decide nothing: the first ones stand. The form is in the journal for ever, through the hash: a new field gets a new letter, and nothing else changes.
/// </summary>
public ref struct ActionContent
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

    /// <summary>The hash of the same content under another id of the referee (X8). One that is not of this content under the first id stays.</summary>
    /// <param name="action">As it was sent, or as it was recorded: what of it was filled in since, its hash tells.</param>
    public static ContentHash Renamed(CallerId program, CallerId from, CallerId to, ReferralAction action)
    {
        foreach (var sent in AsSent(action))
            if (Hash(program, from, sent) == action.Hash) return Hash(program, to, sent);
        return action.Hash;
    }

    // Lines say how much a refund is, and what the base of a sale is; one without a time occurred when it was taken in.
    private static ReferralAction[] AsSent(ReferralAction action)
    {
        var unfilled = action switch
        {
            { Kind: ActionKind.Sale, Detail: { BaseMinor: not null, Lines: [{ BaseMinor: not null }, ..] } detail } => action with { Detail = detail with { BaseMinor = null } },
            { Kind: not ActionKind.Sale, Detail.Lines: not null } => action with { AmountMinor = null },
            _ => null,
        };
        return unfilled is null ? [action, Undated(action)] : [action, Undated(action), unfilled, Undated(unfilled)];
    }

    private static ReferralAction Undated(ReferralAction action) => action with { OccurredAt = default };

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
