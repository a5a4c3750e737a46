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
    private const int RowsBetweenSnapshots = 50;

    private TState? state;
    private Moment seenAt;
    private int snapshotSeq;

    protected StreamId Stream { get; private set; }

    protected abstract TState Empty { get; }

    protected abstract TState Evolve(TState state, StoredRow row);

    protected abstract int SeqOf(TState state);

    protected async ValueTask<TState> Loaded()
    {
        // That a stream is not there is never kept: another silo may begin it at any moment, under a number of its own.
        if (state is not null && SeqOf(state) > 0) return state;
        var asked = Moment.Now(World.Time);
        var loaded = await World.Loader.Load(Address.Stream);
        if (loaded.Snapshot is { } old && old.Fold != foldVersion) loaded = await World.Loader.LoadWhole(Address.Stream);
        Stream = loaded.Stream;
        var folded = loaded.Snapshot is { } snapshot ? JsonSerializer.Deserialize(snapshot.Data, json)! : Empty;
        snapshotSeq = SeqOf(folded);
        foreach (var row in loaded.Rows) folded = Evolve(folded, row);
        seenAt = asked;
        return state = folded;
    }

    /// <summary>Takes over a state that is durable. A snapshot is written rarely: a lost one costs a replay, never money.</summary>
    protected void Take(TState next)
    {
        state = next;
        if (SeqOf(next) - snapshotSeq < RowsBetweenSnapshots) return;
        snapshotSeq = SeqOf(next);
        World.Snapshots.Offer(Stream, snapshotSeq, foldVersion, JsonSerializer.Serialize(next, json));
    }

    public sealed override string Describe() => state is null
        ? "nothing is in memory; it is loaded with the next command"
        : JsonSerializer.Serialize(Redacted(state), typeof(TState), MessageJson.Default);

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

    protected sealed override async ValueTask<bool> IsCurrent()
    {
        if (seenAt.IsRecent(World.Time)) return true;
        var asked = Moment.Now(World.Time);
        if (await World.Loader.Head(Address.Stream) != SeqOf(state!)) return false;
        seenAt = asked;
        return true;
    }
}
