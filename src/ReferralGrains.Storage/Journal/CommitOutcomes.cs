using Microsoft.Extensions.Logging;
using Npgsql;

namespace ReferralGrains.Storage.Journal;

/// <summary>
/// Finds out whether a commit happened whose connection broke: it claims the commit's id for a tombstone. If the id is taken, the
/// commit happened; if not, it never will. The insert waits for an old transaction that is still running.
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
                await using var claim = new NpgsqlCommand("insert into commit (id, epoch, tombstone) values ($1, $2, true)", connection)
                {
                    Parameters = { new() { Value = commitId }, new() { Value = epoch } },
                };
                await claim.ExecuteNonQueryAsync();
                return false;
            }
            catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.UniqueViolation)
            {
                return true;
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
