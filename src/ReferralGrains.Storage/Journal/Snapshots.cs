using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;
using ReferralGrains.Domain.Identity;

namespace ReferralGrains.Storage.Journal;

public interface ISnapshots
{
    /// <summary>Offers a snapshot. It may be dropped: a lost one costs a replay, never money.</summary>
    void Offer(StreamId stream, int seq, short fold, string data);
}

/// <summary>
/// Writes snapshots in the background, never backwards, and only while no commit waits. Unfenced: whoever writes one, it is a fold of
/// rows that are durable.
/// </summary>
public sealed partial class Snapshots : ISnapshots, IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly Channel<(StreamId Stream, int Seq, short Fold, string Data)> offered =
        Channel.CreateBounded<(StreamId, int, short, string)>(new BoundedChannelOptions(2_000) { FullMode = BoundedChannelFullMode.DropWrite });

    private readonly NpgsqlDataSource database;
    private readonly Func<bool> busy;
    private readonly TimeProvider time;
    private readonly ILogger log;
    private readonly Task loop;

    public Snapshots(NpgsqlDataSource database, Func<bool> busy, TimeProvider time, ILogger<Snapshots> log)
    {
        (this.database, this.busy, this.time, this.log) = (database, busy, time, log);
        loop = Task.Run(Run);
    }

    public void Offer(StreamId stream, int seq, short fold, string data) => offered.Writer.TryWrite((stream, seq, fold, data));

    public async ValueTask DisposeAsync()
    {
        offered.Writer.TryComplete();
        await loop;
    }

    private async Task Run()
    {
        while (await offered.Reader.WaitToReadAsync())
        {
            while (busy() && !offered.Reader.Completion.IsCompleted) await Task.Delay(Pause, time);
            var latest = new Dictionary<StreamId, (int Seq, short Fold, string Data)>();
            while (latest.Count < 200 && offered.Reader.TryRead(out var one)) latest[one.Stream] = (one.Seq, one.Fold, one.Data);
            try
            {
                await Write(latest);
            }
            catch (NpgsqlException exception)
            {
                LogDropped(latest.Count, exception.Message);
            }
        }
    }

    private async Task Write(Dictionary<StreamId, (int Seq, short Fold, string Data)> latest)
    {
        await using var command = database.CreateCommand(
            """
            insert into snapshot as s (stream, seq, fold, data) select * from unnest($1, $2, $3, $4)
            on conflict (stream) do update set seq = excluded.seq, fold = excluded.fold, data = excluded.data
            where s.seq < excluded.seq or s.fold <> excluded.fold
            """);
        command.Parameters.Add(CommitBatch.Array(NpgsqlDbType.Bigint, latest.Keys.Select(stream => stream.Value)));
        command.Parameters.Add(CommitBatch.Array(NpgsqlDbType.Integer, latest.Values.Select(one => one.Seq)));
        command.Parameters.Add(CommitBatch.Array(NpgsqlDbType.Smallint, latest.Values.Select(one => one.Fold)));
        command.Parameters.Add(CommitBatch.Array(NpgsqlDbType.Json, latest.Values.Select(one => one.Data)));
        await command.ExecuteNonQueryAsync();
    }

    [LoggerMessage(LogLevel.Warning, "{Count} snapshots were not written: {Reason}")]
    private partial void LogDropped(int count, string reason);
}
