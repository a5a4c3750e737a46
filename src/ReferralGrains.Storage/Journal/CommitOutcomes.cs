using Microsoft.Extensions.Logging;
using Npgsql;

namespace ReferralGrains.Storage.Journal;

/// <summary>
/// Finds out whether a commit happened whose connection broke: it claims the commit's id for a tombstone, waiting for an old
/// transaction that is still running, and reads what stands under the id. The commit happened, or it never will. A claim whose own
/// answer is lost finds its tombstone the next time.
/// </summary>
internal sealed partial class CommitOutcomes(NpgsqlDataSource database, TimeProvider time, ILogger log)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    /// <summary>Asks until the database answers: nobody may be told anything before that.</summary>
    public async Task<bool> Resolve(long commitId, long epoch)
    {
        var started = time.GetTimestamp();
        while (true)
        {
            try
            {
                await using var connection = await database.OpenConnectionAsync();
                await using var claim = new NpgsqlBatch(connection);
                CommitBatch.Command(
                    claim, "insert into commit (id, epoch, tombstone) values ($1, $2, true) on conflict do nothing", CommitBatch.Value(commitId), CommitBatch.Value(epoch));
                CommitBatch.Command(claim, "select tombstone from commit where id = $1", CommitBatch.Value(commitId));
                return !(bool)(await claim.ExecuteScalarAsync())!;
            }
            catch (NpgsqlException exception)
            {
                if (time.GetElapsedTime(started) > Patience) throw;
                LogStillUnknown(commitId, exception.Message);
                await Task.Delay(Pause, time);
            }
        }
    }

    [LoggerMessage(LogLevel.Warning, "The outcome of commit {Commit} is still unknown: {Reason}")]
    private partial void LogStillUnknown(long commit, string reason);
}
