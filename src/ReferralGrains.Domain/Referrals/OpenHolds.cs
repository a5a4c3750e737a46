using System.Collections;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace ReferralGrains.Domain.Referrals;

/// <summary>
/// The pending rewards of a referral, in the order in which they were given. A value: what was handed out never changes. Adding at
/// the end, which each held sale does, takes the next free place of an array that older values look at only up to their own end, so
/// it copies nothing; all other changes copy.
/// </summary>
[JsonConverter(typeof(OpenHoldsJson))]
public readonly record struct OpenHolds : IReadOnlyList<OpenHold>
{
    public static readonly OpenHolds None;

    private readonly Places? places;

    private OpenHolds(Places places, int count) => (this.places, Count) = (places, count);

    public int Count { get; }

    public OpenHold this[int index] => Span[index];

    private ReadOnlySpan<OpenHold> Span => places is null ? [] : places.Items.AsSpan(0, Count);

    /// <param name="holds">In any order.</param>
    public static OpenHolds Of(IEnumerable<OpenHold> holds) => Ordered([.. holds.OrderBy(hold => hold.Reward)]);

    public bool Contains(long reward) => IndexOf(reward) >= 0;

    public OpenHold? Find(long reward) => IndexOf(reward) is >= 0 and var index ? Span[index] : null;

    /// <summary>Adds a hold, or puts it in the place of the one for the same reward.</summary>
    public OpenHolds With(OpenHold hold)
    {
        if (places is null || hold.Reward > Span[^1].Reward) return Append(hold);
        var index = IndexOf(hold.Reward);
        return index >= 0
            ? Ordered([.. Span[..index], hold, .. Span[(index + 1)..]])
            : Ordered([.. Span[..~index], hold, .. Span[~index..]]);
    }

    /// <summary>As <see cref="With"/> for many in one pass; one of which nothing remains is left out.</summary>
    /// <param name="changed">In the order of their rewards.</param>
    public OpenHolds WithAll(List<OpenHold> changed)
    {
        if (changed.Count == 0) return this;
        var merged = new List<OpenHold>(Count + changed.Count);
        var next = 0;
        foreach (var hold in changed)
        {
            for (; next < Count && Span[next].Reward < hold.Reward; next++) merged.Add(Span[next]);
            if (next < Count && Span[next].Reward == hold.Reward) next++;
            if (hold.RemainingMinor > 0) merged.Add(hold);
        }

        merged.AddRange(Span[next..]);
        return Ordered([.. merged]);
    }

    /// <summary>Leaves out the holds of some rewards.</summary>
    public OpenHolds Without(IReadOnlySet<long> rewards) => Ordered([.. this.Where(hold => !rewards.Contains(hold.Reward))]);

    public OpenHolds Without(long reward) => Ordered([.. this.Where(hold => hold.Reward != reward)]);

    public IEnumerator<OpenHold> GetEnumerator()
    {
        for (var i = 0; i < Count; i++) yield return places!.Items[i];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private static OpenHolds Ordered(OpenHold[] items) => items.Length == 0 ? None : new(new(items, items.Length), items.Length);

    private OpenHolds Append(OpenHold hold)
    {
        if (places is not null && Count < places.Items.Length && places.Take(Count))
        {
            places.Items[Count] = hold;
            return new(places, Count + 1);
        }

        // Half as much again: an idle referral wastes little, and a busy one seldom copies.
        var items = new OpenHold[Count + (Count / 2) + 1];
        Span.CopyTo(items);
        items[Count] = hold;
        return new(new(items, Count + 1), Count + 1);
    }

    private int IndexOf(long reward)
    {
        var (low, high) = (0, Count - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var found = places!.Items[middle].Reward;
            if (found == reward) return middle;
            if (found < reward) low = middle + 1;
            else high = middle - 1;
        }

        return ~low;
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
