using System.Runtime.InteropServices;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Npgsql;
using Orleans.Storage;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Turns;

namespace ReferralGrains.Grains.Kept;

/// <summary>
/// Snapshots as grain state of Orleans, beside the grain that they are of. They are written in the background and give way to commits,
/// but not for long, and never backwards: a writer that lost the race looks again at what is there.
/// </summary>
internal sealed partial class GrainStateSnapshots : ISnapshots, IAsyncDisposable
{
    /// <summary>The provider of everything that grains keep.</summary>
    public const string Provider = "grains";

    /// <summary>For the ledger check: what is kept, without asking grain by grain. The key's parts hold no blank.</summary>
    public static readonly KeptSnapshots Kept = new(
        $"""
        select k.kind::smallint as kind, split_part(g.id, ' ', 1)::int as tenant, split_part(g.id, ' ', 2) as a, split_part(g.id, ' ', 3) as b, g.payload
        from orleans.grain_state g join (values {string.Join(", ", Enum.GetValues<GrainKind>().Select(kind => $"('{GrainKeys.TypeOf(kind)}', {(int)kind})"))}) k(type, kind) on k.type = g.type
        where g.payload is not null
        """);

    private const int MostBytes = 32 << 20;
    private const int Writers = 2;
    private const int MostTries = 3;
    private const int MostPauses = 20;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly Channel<(StreamKey Key, Snapshot Snapshot)> offered = Channel.CreateUnbounded<(StreamKey, Snapshot)>();
    private readonly TaskCompletionSource ending = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly IGrainStorage storage;
    private readonly Func<bool> busy;
    private readonly TimeProvider time;
    private readonly ILogger log;
    private readonly Task[] writers;
    private long waitingBytes;

    /// <param name="busy">Whether commits take much of the time.</param>
    public GrainStateSnapshots(IGrainStorage storage, Func<bool> busy, TimeProvider time, ILogger<GrainStateSnapshots> log)
    {
        (this.storage, this.busy, this.time, this.log) = (storage, busy, time, log);
        writers = [.. Enumerable.Range(0, Writers).Select(_ => Task.Run(Write))];
    }

    public async Task<Snapshot?> Read(StreamKey key) => await Stored(key) is { RecordExists: true } stored ? stored.State : null;

    public void Offer(StreamKey key, Snapshot snapshot)
    {
        var bytes = Bytes(snapshot);
        if (Interlocked.Add(ref waitingBytes, bytes) <= MostBytes && offered.Writer.TryWrite((key, snapshot))) return;
        Interlocked.Add(ref waitingBytes, -bytes);
        LogDropped("too much waits to be written");
    }

    public async ValueTask DisposeAsync()
    {
        offered.Writer.TryComplete();
        ending.TrySetResult();
        await Task.WhenAll(writers);
    }

    private async Task Write()
    {
        await foreach (var (key, snapshot) in offered.Reader.ReadAllAsync())
        {
            for (var pauses = 0; pauses < MostPauses && busy() && !ending.Task.IsCompleted; pauses++) await Task.WhenAny(Task.Delay(Pause, time), ending.Task);
            try
            {
                await Write(key, snapshot);
            }
            catch (Exception exception) when (exception is NpgsqlException or JournalUnavailableException or TimeoutException)
            {
                LogDropped(exception.Message);
            }

            Interlocked.Add(ref waitingBytes, -Bytes(snapshot));
        }
    }

    private async Task Write(StreamKey key, Snapshot snapshot)
    {
        for (var tries = 1; tries <= MostTries; tries++)
        {
            var stored = await Stored(key);
            if (stored is { RecordExists: true, State: { } old } && old.Stream == snapshot.Stream && old.Fold == snapshot.Fold && old.Seq >= snapshot.Seq) return;
            stored.State = snapshot;
            try
            {
                await storage.WriteStateAsync(Name(key), Id(key), stored);
                return;
            }
            catch (InconsistentStateException)
            {
                // Another process wrote since it was read.
            }
        }
    }

    private async Task<GrainState<Snapshot>> Stored(StreamKey key)
    {
        var stored = new GrainState<Snapshot>();
        try
        {
            await storage.ReadStateAsync(Name(key), Id(key), stored);
            return stored;
        }
        catch (NpgsqlException exception)
        {
            throw new JournalUnavailableException("The database cannot be reached.", exception);
        }
    }

    private static long Bytes(Snapshot snapshot) => JsonMarshal.GetRawUtf8Value(snapshot.State).Length;

    private static string Name(StreamKey key) => GrainKeys.TypeOf((GrainKind)key.Kind);

    private static GrainId Id(StreamKey key) => GrainId.Create(Name(key), GrainKeys.Of(key));

    [LoggerMessage(LogLevel.Warning, "A snapshot was not written: {Reason}")]
    private partial void LogDropped(string reason);
}
