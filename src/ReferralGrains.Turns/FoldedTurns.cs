using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Silos;

namespace ReferralGrains.Turns;

/// <summary>A grain whose state is one value, folded from a snapshot and the rows after it.</summary>
/// <param name="json">How the state is written into a snapshot.</param>
/// <param name="foldVersion">A snapshot of another version is dropped and everything is replayed.</param>
public abstract class FoldedTurns<TState>(GrainAddress address, TurnWorld world, JsonTypeInfo<TState> json, short foldVersion) : GrainTurns(address, world)
    where TState : class
{
    // What a row takes in the journal: all snapshots of a stream together should not take more than its rows.
    private const int BytesOfRow = 200;

    private TState? state;
    private Moment seenAt;
    private int keptSeq;
    private int keptBytes;

    protected StreamId Stream { get; private set; }

    protected abstract TState Empty { get; }

    protected abstract TState Evolve(TState state, StoredRow row);

    protected abstract int SeqOf(TState state);

    /// <summary>When its last row was recorded.</summary>
    protected abstract DateTimeOffset LastAtOf(TState state);

    protected async ValueTask<TState> Loaded()
    {
        // That a stream is not there is never kept: another silo may begin it at any moment, under a number of its own.
        if (state is not null && SeqOf(state) > 0) return state;
        var asked = Moment.Now(World.Time);
        var loaded = await World.Loader.Load(Address.Stream);
        Stream = loaded.Stream;
        var (folded, tail) = loaded.Rows is { } all ? (Empty, new(null, all, GoesOn: false)) : await Kept(loaded.Head);
        keptSeq = SeqOf(folded);
        await foreach (var row in World.Loader.ToTheEnd(Stream, tail)) folded = Evolve(folded, row);
        seenAt = asked;
        return state = folded;
    }

    /// <summary>Takes over a state that is durable.</summary>
    protected void Take(TState next)
    {
        state = next;
        if (SeqOf(next) - keptSeq >= FairTail) Keep(next);
    }

    public sealed override void Rest()
    {
        if (state is { } last && SeqOf(last) > World.Loader.FewRows && SeqOf(last) - keptSeq >= FairTail / 2) Keep(last);
    }

    // So few that they cost little beside the rows, and so many that what is replayed is a small part of a long stream.
    private int FairTail => Math.Max(World.Loader.FewRows, Math.Max(keptSeq / 8, keptBytes / BytesOfRow));

    private void Keep(TState durable)
    {
        var kept = JsonSerializer.SerializeToElement(durable, json);
        (keptSeq, keptBytes) = (SeqOf(durable), JsonMarshal.GetRawUtf8Value(kept).Length);
        World.Snapshots.Offer(Address.Stream, new(Stream, keptSeq, foldVersion, kept) { At = LastAtOf(durable) });
    }

    // With the first of the rows that follow. A snapshot that ends with another row than the journal has there is of commits that are lost.
    private async ValueTask<(TState Folded, StreamTail Tail)> Kept(int head)
    {
        if (await World.Snapshots.Read(Address.Stream) is { } kept && kept.Stream == Stream && kept.Fold == foldVersion && kept.Seq <= head && Read(kept) is { } folded)
        {
            var tail = await World.Loader.Tail(Stream, kept.Seq);
            if ((kept.At ?? tail.At) == tail.At)
            {
                keptBytes = JsonMarshal.GetRawUtf8Value(kept.State).Length;
                return (folded, tail);
            }
        }

        return (Empty, await World.Loader.Tail(Stream, 0));
    }

    private TState? Read(Snapshot kept)
    {
        try
        {
            return kept.State.Deserialize(json) is { } folded && SeqOf(folded) == kept.Seq ? folded : null;
        }
        catch (JsonException)
        {
            // It cannot be read: as good as lost.
            return null;
        }
    }

    public sealed override string Describe() => state is { } now
        ? JsonSerializer.Serialize(Redacted(now), typeof(TState), MessageJson.Default)
        : "nothing is in memory; it is loaded with the next command";

    /// <summary>Without what a person should not see who only looks after the machines.</summary>
    protected virtual TState Redacted(TState state) => state;

    protected sealed override void Discard() => state = null;

    protected sealed override bool Proves(Append append)
    {
        foreach (var stream in append.Streams)
            if (stream.Stream == Stream) return true;
        return false;
    }

    protected sealed override void Saw(Moment at) => seenAt = at;

    protected sealed override async ValueTask<bool> IsCurrent(Moment since)
    {
        if (seenAt.IsSince(since)) return true;
        var asked = Moment.Now(World.Time);
        if (await World.Loader.Head(Address.Stream) != SeqOf(state!)) return false;
        seenAt = asked;
        return true;
    }
}
