using System.Globalization;
using ReferralGrains.Domain.Identity;

namespace ReferralGrains.Storage.Reports;

/// <summary>
/// Where a page ended, told by the numbers in the id of its last entry: a reward's is <c>STREAM_SEQ_NUMBER</c>, an activity's and a
/// posting's is <c>STREAM_SEQ</c>. Letters before the numbers are the outside's own.
/// </summary>
public static class PageCursor
{
    public static string Of(RewardView reward) =>
        string.Create(CultureInfo.InvariantCulture, $"{reward.Referral.Value}_{reward.Reward.Seq}_{reward.Reward.Number}");

    public static string Of(ActivityEntry entry) => string.Create(CultureInfo.InvariantCulture, $"{entry.Referral.Value}_{entry.Event.Seq}");

    public static string Of(PostingView posting) => string.Create(CultureInfo.InvariantCulture, $"{posting.Stream.Value}_{posting.Seq}");

    public static string Of(StreamId stream, int seq) => string.Create(CultureInfo.InvariantCulture, $"{stream.Value}_{seq}");

    /// <summary>The row that the id of an entry names.</summary>
    public static int SeqOf(string text) => Entry(text).Seq;

    public static bool IsStream(string text) => Numbers(text, 1) is not null;

    public static bool IsReward(string text) => Numbers(text, 3) is not null;

    public static bool IsEntry(string text) => Numbers(text, 2) is not null;

    internal static long Stream(string text) => Numbers(text, 1) is [var stream] ? stream : throw Unreadable(text);

    internal static (long Stream, int Seq) Entry(string text) =>
        Numbers(text, 2) is [var stream, var seq] ? (stream, (int)seq) : throw Unreadable(text);

    internal static (long Stream, Domain.Referrals.RewardId Reward) Reward(string text) =>
        Numbers(text, 3) is [var stream, var seq, var number] ? (stream, new((int)seq, (int)number)) : throw Unreadable(text);

    private static long[]? Numbers(string text, int count)
    {
        var parts = text.TrimStart("abcdefghijklmnopqrstuvwxyz_".ToCharArray()).Split('_');
        if (parts.Length != count) return null;
        var numbers = new long[count];
        for (var i = 0; i < count; i++)
            if (!long.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out numbers[i]) || (i > 0 && numbers[i] > int.MaxValue)) return null;
        return numbers;
    }

    private static ArgumentException Unreadable(string text) => new($"'{text}' is not the id of an entry of this list.");
}
