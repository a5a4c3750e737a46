using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Storage;
using ReferralGrains.Grains.Kept;
using ReferralGrains.Simulation.Time;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Grains.Tests;

/// <summary>Snapshots as grain state: never backwards, whoever else writes; behind the commits, but not for ever.</summary>
public sealed class GrainStateSnapshotsTests
{
    private static readonly StreamKey Key = new(1, 2, "program", "anna");

    private readonly FakeStorage storage = new();

    [Fact]
    public async Task What_was_kept_is_read()
    {
        await Keep(Of(200));
        await using var snapshots = Snapshots();
        var kept = await snapshots.Read(Key);
        Assert.Equal((7L, 200, (short)1, "{\"seq\":200}"), (kept!.Stream.Value, kept.Seq, kept.Fold, kept.State.GetRawText()));
        Assert.Null(await snapshots.Read(Key with { Second = "ben" }));
    }

    [Fact]
    public async Task An_earlier_one_never_takes_the_place_of_a_later_one_but_one_of_another_fold_or_stream_does()
    {
        await Keep(Of(200));
        await Keep(Of(150));
        Assert.Equal(200, storage.Kept!.Seq);
        await Keep(Of(160) with { Fold = 2 });
        Assert.Equal(160, storage.Kept!.Seq);
        await Keep(Of(130) with { Fold = 2, Stream = new(8) });
        Assert.Equal(130, storage.Kept!.Seq);
    }

    [Fact]
    public async Task Who_lost_the_race_to_a_later_one_leaves_it_alone()
    {
        storage.Race = Of(300);
        await Keep(Of(200));
        Assert.Equal(300, storage.Kept!.Seq);
    }

    [Fact]
    public async Task Who_lost_the_race_to_an_earlier_one_writes_again()
    {
        storage.Race = Of(100);
        await Keep(Of(200));
        Assert.Equal(200, storage.Kept!.Seq);
    }

    [Fact(Timeout = 180_000)]
    public async Task It_waits_for_commits_for_a_second_at_most()
    {
        var time = new FakeTime(DateTimeOffset.UnixEpoch);
        await using var snapshots = Snapshots(busy: true, time);
        snapshots.Offer(Key, Of(200));
        for (var pauses = 0; pauses < 20; pauses++)
        {
            while (time.Waiting == 0) await Task.Yield();
            Assert.Null(storage.Kept);
            time.Advance(TimeSpan.FromMilliseconds(50));
        }

        while (storage.Kept is null) await Task.Yield();
    }

    [Fact]
    public async Task More_than_may_wait_is_dropped()
    {
        await using (var snapshots = Snapshots(busy: true, new FakeTime(DateTimeOffset.UnixEpoch)))
            for (var i = 0; i < 40; i++)
                snapshots.Offer(Key, Of(200 + i) with { State = JsonElement.Parse($"\"{new string('x', 1 << 20)}\"") });
        Assert.InRange(storage.Kept!.Seq, 229, 234);
    }

    private static Snapshot Of(int seq) => new(new(7), seq, 1, JsonElement.Parse($$"""{"seq":{{seq}}}"""));

    private GrainStateSnapshots Snapshots(bool busy = false, TimeProvider? time = null) =>
        new(storage, () => busy, time ?? TimeProvider.System, NullLogger<GrainStateSnapshots>.Instance);

    // What was offered is written before the end.
    private async Task Keep(Snapshot snapshot)
    {
        await using var snapshots = Snapshots();
        snapshots.Offer(Key, snapshot);
    }

    private sealed class FakeStorage : IGrainStorage
    {
        private readonly Lock gate = new();
        private int version;
        private GrainId of;

        public Snapshot? Kept { get; private set; }

        /// <summary>Another process writes this between the next read and its write.</summary>
        public Snapshot? Race { get; set; }

        public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
        {
            lock (gate)
            {
                if (Kept is null || grainId != of) return Task.CompletedTask;
                (grainState.State, grainState.ETag, grainState.RecordExists) = ((T)(object)Kept, $"{version}", true);
                return Task.CompletedTask;
            }
        }

        public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
        {
            lock (gate)
            {
                if (Race is { } first) (Kept, Race, version, of) = (first, null, version + 1, grainId);
                if (grainState.ETag != (Kept is null ? null : $"{version}")) throw new InconsistentStateException("Another wrote.");
                (Kept, version, of) = ((Snapshot)(object)grainState.State!, version + 1, grainId);
                return Task.CompletedTask;
            }
        }

        public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => throw new NotSupportedException();
    }
}
