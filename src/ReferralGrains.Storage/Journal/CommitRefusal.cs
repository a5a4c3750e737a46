using Microsoft.Extensions.Logging;
using Npgsql;
using ReferralGrains.Storage.Database;

namespace ReferralGrains.Storage.Journal;

/// <summary>
/// Whether the database takes commits at all. While it refuses them (its disk is full, its memory spent) whoever appends hears of it at
/// once, and what was refused is tried again each second and taken back, until it would be taken: that needs room where the commit
/// needs it, which no other statement could tell.
/// </summary>
internal sealed partial class CommitRefusal(NpgsqlDataSource database, Assets assets, TimeProvider time, ILogger log) : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly Outage refusing = new(time);
    private readonly CancellationTokenSource ending = new();
    private Task probing = Task.CompletedTask;

    public bool IsOn => refusing.IsOn;

    /// <summary>A commit was refused, if it was for a reason that would refuse any other: 53 lacks something, 58 is the machine's fault.</summary>
    public void Note(PostgresException exception, CommitBatch refused, List<PendingAppend> appends, long silo)
    {
        if (exception.SqlState is not ['5', '3' or '8', ..] || !refusing.Begin()) return;
        LogRefused(exception.SqlState, exception.MessageText);
        probing = Probe(refused.CommitId, appends, silo);
    }

    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync();
        await probing;
        ending.Dispose();
    }

    private async Task Probe(long commit, List<PendingAppend> appends, long silo)
    {
        try
        {
            do await Task.Delay(Pause, time, ending.Token);
            while (!await WouldBeTaken(new(commit, silo, appends, assets)));
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            return;
        }

        if (refusing.End() is { } lasted) LogTaken(lasted.TotalSeconds);
    }

    // Refused for any other reason is as good as taken: the disk is no longer what is in the way.
    private async Task<bool> WouldBeTaken(CommitBatch commit)
    {
        try
        {
            await using var connection = await database.OpenConnectionAsync(ending.Token);
            await using var transaction = await connection.BeginTransactionAsync(ending.Token);
            await using var statements = await commit.Build(connection, ending.Token);
            await statements.ExecuteNonQueryAsync(ending.Token);
            await transaction.RollbackAsync(ending.Token);
            return true;
        }
        catch (PostgresException exception) when (!Questions.IsOutage(exception))
        {
            return true;
        }
        catch (Exception exception) when (exception is NpgsqlException or JournalUnavailableException)
        {
            return false;
        }
    }

    [LoggerMessage(LogLevel.Error, "The database refuses commits ({SqlState}: {Reason}). Until it takes them, everything that would be written is answered with 503.")]
    private partial void LogRefused(string sqlState, string reason);

    [LoggerMessage(LogLevel.Warning, "The database takes commits again after {Seconds:0.0} s.")]
    private partial void LogTaken(double seconds);
}
