using System.Collections;
using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Identity;

namespace ReferralGrains.Domain.Referrals;

/// <summary>An action that takes effect by itself when what it waits for comes (D10).</summary>
public sealed record ParkedAction(int Seq, ReferralAction Action, DecisionCode Waits);

/// <summary>
/// What waits at a referral, in arrival order. A value: what was handed out never changes. Found by the action that each is about, so that
/// what waits costs a turn nothing until that comes.
/// </summary>
[JsonConverter(typeof(ParkedActionsJson))]
public readonly record struct ParkedActions : IEnumerable<ParkedAction>
{
    public static readonly ParkedActions None;

    private readonly Index? index;

    private ParkedActions(Index? index) => this.index = index;

    public int Count => index?.BySeq.Count ?? 0;

    public bool IsEmpty => index is null;

    public IEnumerable<int> Seqs => index?.BySeq.Keys ?? [];

    public ParkedAction? Find(int seq) => index?.BySeq.GetValueOrDefault(seq);

    public ParkedAction? Find(CallerId id) => index?.ById.GetValueOrDefault(id);

    /// <summary>The rows of those that are about an action.</summary>
    public ImmutableSortedSet<int> About(CallerId id) => index?.ByAbout.GetValueOrDefault(id) ?? ImmutableSortedSet<int>.Empty;

    public ParkedActions With(ParkedAction parked)
    {
        var (bySeq, byId, byAbout) = index ?? Index.Empty;
        if (parked.Action.About is { } about) byAbout = byAbout.SetItem(about, About(about).Add(parked.Seq));
        return new(new Index(bySeq.SetItem(parked.Seq, parked), byId.SetItem(parked.Action.Id, parked), byAbout));
    }

    /// <summary>Leaves out the one at a row, if it is there.</summary>
    public ParkedActions Without(int seq)
    {
        if (Find(seq) is not { } parked) return this;
        if (Count == 1) return None;
        var (bySeq, byId, byAbout) = index!;
        if (parked.Action.About is { } about)
            byAbout = About(about) is { Count: > 1 } others ? byAbout.SetItem(about, others.Remove(seq)) : byAbout.Remove(about);
        return new(new Index(bySeq.Remove(seq), byId.Remove(parked.Action.Id), byAbout));
    }

    /// <summary>Which they are, and what each waits for, without their content.</summary>
    public ParkedActions AsShown()
    {
        var shown = None;
        foreach (var parked in this)
            shown = shown.With(parked with { Action = parked.Action with { AmountMinor = null, Currency = null, ProductIds = [], Note = null, Metadata = null, Detail = null } });
        return shown;
    }

    public IEnumerator<ParkedAction> GetEnumerator() => (index?.BySeq.Values ?? []).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private sealed record Index(
        ImmutableSortedDictionary<int, ParkedAction> BySeq,
        ImmutableDictionary<CallerId, ParkedAction> ById,
        ImmutableDictionary<CallerId, ImmutableSortedSet<int>> ByAbout)
    {
        public static readonly Index Empty = new(
            ImmutableSortedDictionary<int, ParkedAction>.Empty,
            ImmutableDictionary<CallerId, ParkedAction>.Empty,
            ImmutableDictionary<CallerId, ImmutableSortedSet<int>>.Empty);
    }

    public sealed class ParkedActionsJson : JsonConverter<ParkedActions>
    {
        public override ParkedActions Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            JsonSerializer.Deserialize(ref reader, Items(options))!.Aggregate(None, static (all, one) => all.With(one));

        public override void Write(Utf8JsonWriter writer, ParkedActions value, JsonSerializerOptions options) =>
            JsonSerializer.Serialize(writer, [.. value], Items(options));

        private static JsonTypeInfo<ParkedAction[]> Items(JsonSerializerOptions options) =>
            (JsonTypeInfo<ParkedAction[]>)options.GetTypeInfo(typeof(ParkedAction[]));
    }
}
