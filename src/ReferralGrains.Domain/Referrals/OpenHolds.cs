using System.Collections;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace ReferralGrains.Domain.Referrals;

/// <summary>
/// The pending rewards of a referral, in the order in which they were given. A value: what was handed out never changes. Adding at
/// the end, which each held sale does, takes the next free place of an array that older values look at only up to their own end, so
/// it copies nothing. The older ones are in chunks that values share: a change copies the chunks that it is in and no others, so a
/// turn over a referral with many thousands costs what it changes.
/// </summary>
[JsonConverter(typeof(OpenHoldsJson))]
public readonly record struct OpenHolds : IReadOnlyList<OpenHold>
{
    public static readonly OpenHolds None;

    private const int ChunkSize = 256;

    private readonly Chunk[]? older;
    private readonly int olderCount;
    private readonly Places? newest;
    private readonly int newestCount;

    private OpenHolds(Chunk[]? older, int olderCount, Places? newest, int newestCount) =>
        (this.older, this.olderCount, this.newest, this.newestCount) = (older, olderCount, newest, newestCount);

    public int Count => olderCount + newestCount;

    public OpenHold this[int index]
    {
        get
        {
            foreach (var chunk in older ?? [])
            {
                if (index < chunk.Items.Length) return chunk.Items[index];
                index -= chunk.Items.Length;
            }

            return Newest[index];
        }
    }

    /// <summary>When the first of those that time releases is due; null when time releases none.</summary>
    public DateTimeOffset? Earliest
    {
        get
        {
            var first = Chunk.FirstDue(Newest);
            foreach (var chunk in older ?? []) first = Math.Min(first, chunk.DueTicks);
            return first == long.MaxValue ? null : new DateTimeOffset(first, TimeSpan.Zero);
        }
    }

    private ReadOnlySpan<OpenHold> Newest => newest is null ? [] : newest.Items.AsSpan(0, newestCount);

    /// <param name="holds">In any order.</param>
    public static OpenHolds Of(IEnumerable<OpenHold> holds) => Ordered([.. holds.OrderBy(hold => hold.Reward)]);

    public bool Contains(long reward) => Find(reward) is not null;

    public OpenHold? Find(long reward)
    {
        var items = newestCount > 0 && reward >= Newest[0].Reward ? Newest : older is null ? [] : older[ChunkOf(older, reward)].Items;
        return IndexOf(items, reward) is >= 0 and var index ? items[index] : null;
    }

    /// <summary>Those that time releases by a moment, in their order.</summary>
    public List<OpenHold> DueBy(DateTimeOffset moment)
    {
        var due = new List<OpenHold>();
        foreach (var chunk in older ?? [])
            if (chunk.DueTicks <= moment.UtcTicks) AddDue(due, chunk.Items, moment);
        AddDue(due, Newest, moment);
        return due;
    }

    /// <summary>Adds a hold, or puts it in the place of the one for the same reward.</summary>
    public OpenHolds With(OpenHold hold) => Count == 0 || hold.Reward > Last.Reward ? Append(hold) : WithAll([hold]);

    /// <summary>As <see cref="With"/> for many in one pass; one of which nothing remains is left out.</summary>
    /// <param name="changed">In the order of their rewards.</param>
    public OpenHolds WithAll(List<OpenHold> changed)
    {
        if (changed.Count == 0) return this;
        var (chunks, count, next) = (older, olderCount, 0);
        if (older is not null && (newestCount == 0 || changed[0].Reward < Newest[0].Reward))
        {
            var copied = new List<Chunk>(older.Length + 1);
            count = 0;
            for (var i = 0; i < older.Length; i++)
            {
                var end = i + 1 < older.Length ? older[i + 1].Items[0].Reward : newestCount > 0 ? Newest[0].Reward : long.MaxValue;
                var begin = next;
                while (next < changed.Count && changed[next].Reward < end) next++;
                if (next == begin) copied.Add(older[i]);
                else AddChunks(copied, Merged(older[i].Items, changed.GetRange(begin, next - begin)));
            }

            foreach (var chunk in copied) count += chunk.Items.Length;
            chunks = copied.Count == 0 ? null : [.. copied];
        }

        if (next == changed.Count) return new(chunks, count, newest, newestCount);
        var last = Merged(Newest, changed.GetRange(next, changed.Count - next));
        return last.Length == 0 ? Reopened(chunks, count) : new(chunks, count, new(last, last.Length), last.Length);
    }

    /// <summary>Leaves out the holds of some rewards.</summary>
    public OpenHolds Without(IReadOnlySet<long> rewards) => WithAll([.. rewards.Order().Select(Nothing)]);

    public OpenHolds Without(long reward) => WithAll([Nothing(reward)]);

    public IEnumerator<OpenHold> GetEnumerator()
    {
        foreach (var chunk in older ?? [])
            foreach (var hold in chunk.Items) yield return hold;
        for (var i = 0; i < newestCount; i++) yield return newest!.Items[i];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private OpenHold Last => newestCount > 0 ? newest!.Items[newestCount - 1] : older![^1].Items[^1];

    private static OpenHold Nothing(long reward) => default(OpenHold) with { Reward = reward };

    private static OpenHolds Ordered(OpenHold[] items)
    {
        if (items.Length == 0) return None;
        if (items.Length <= ChunkSize) return new(null, 0, new(items, items.Length), items.Length);
        var chunks = new List<Chunk>();
        var whole = (items.Length - 1) / ChunkSize * ChunkSize;
        for (var i = 0; i < whole; i += ChunkSize) chunks.Add(new(items[i..(i + ChunkSize)]));
        return new([.. chunks], whole, new(items[whole..], items.Length - whole), items.Length - whole);
    }

    // The newest are always there, or whoever adds next would have nowhere to.
    private static OpenHolds Reopened(Chunk[]? chunks, int count) => chunks is null
        ? None
        : new(chunks.Length == 1 ? null : chunks[..^1], count - chunks[^1].Items.Length, new(chunks[^1].Items, chunks[^1].Items.Length), chunks[^1].Items.Length);

    private OpenHolds Append(OpenHold hold)
    {
        if (newestCount >= ChunkSize)
            return new([.. older ?? [], new Chunk(Newest.ToArray())], Count, new([hold], 1), 1);
        if (newest is not null && newestCount < newest.Items.Length && newest.Take(newestCount))
        {
            newest.Items[newestCount] = hold;
            return new(older, olderCount, newest, newestCount + 1);
        }

        // Half as much again: an idle referral wastes little, and a busy one seldom copies.
        var items = new OpenHold[newestCount + (newestCount / 2) + 1];
        Newest.CopyTo(items);
        items[newestCount] = hold;
        return new(older, olderCount, new(items, newestCount + 1), newestCount + 1);
    }

    private static OpenHold[] Merged(ReadOnlySpan<OpenHold> items, List<OpenHold> changed)
    {
        var merged = new List<OpenHold>(items.Length + changed.Count);
        var next = 0;
        foreach (var hold in changed)
        {
            for (; next < items.Length && items[next].Reward < hold.Reward; next++) merged.Add(items[next]);
            if (next < items.Length && items[next].Reward == hold.Reward) next++;
            if (hold.RemainingMinor > 0) merged.Add(hold);
        }

        merged.AddRange(items[next..]);
        return [.. merged];
    }

    private static void AddChunks(List<Chunk> chunks, OpenHold[] items)
    {
        for (var i = 0; i < items.Length; i += ChunkSize) chunks.Add(new(items[i..Math.Min(i + ChunkSize, items.Length)]));
    }

    private static void AddDue(List<OpenHold> due, ReadOnlySpan<OpenHold> items, DateTimeOffset moment)
    {
        foreach (var hold in items)
            if (hold.ReleasesItself && hold.ReleaseAt <= moment) due.Add(hold);
    }

    // The one that holds the reward, if any does.
    private static int ChunkOf(Chunk[] chunks, long reward)
    {
        var (low, high) = (0, chunks.Length - 1);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            if (chunks[middle].Items[0].Reward <= reward) low = middle;
            else high = middle - 1;
        }

        return low;
    }

    private static int IndexOf(ReadOnlySpan<OpenHold> items, long reward)
    {
        var (low, high) = (0, items.Length - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var found = items[middle].Reward;
            if (found == reward) return middle;
            if (found < reward) low = middle + 1;
            else high = middle - 1;
        }

        return -1;
    }

    private sealed class Chunk(OpenHold[] items)
    {
        public OpenHold[] Items => items;

        /// <summary>When the first of them is due; the end of time when none is.</summary>
        public long DueTicks { get; } = FirstDue(items);

        public static long FirstDue(ReadOnlySpan<OpenHold> items)
        {
            var first = long.MaxValue;
            foreach (var hold in items)
                if (hold is { ReleasesItself: true, ReleaseAt: { } at } && at.UtcTicks < first) first = at.UtcTicks;
            return first;
        }
    }

    // Only one value may continue in the next place; another that ends at the same place has to copy.
    private sealed class Places(OpenHold[] items, int taken)
    {
        private int taken = taken;

        public OpenHold[] Items => items;

        public bool Take(int next) => Interlocked.CompareExchange(ref taken, next + 1, next) == next;
    }

    public sealed class OpenHoldsJson : JsonConverter<OpenHolds>
    {
        public override OpenHolds Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            Of(JsonSerializer.Deserialize(ref reader, Items(options))!);

        public override void Write(Utf8JsonWriter writer, OpenHolds value, JsonSerializerOptions options) =>
            JsonSerializer.Serialize(writer, value.ToArray(), Items(options));

        private static JsonTypeInfo<OpenHold[]> Items(JsonSerializerOptions options) => (JsonTypeInfo<OpenHold[]>)options.GetTypeInfo(typeof(OpenHold[]));
    }
}
