using Microsoft.Extensions.Logging;
using Npgsql;
using ReferralGrains.Storage.Database;

namespace ReferralGrains.Storage.Journal;

/// <summary>
/// Finds out whether a commit happened whose connection broke: it claims the commit's id for a tombstone, waiting for an old
/// transaction that is still running, and reads what stands under the id. The commit happened, or it never will. A claim whose own
/// answer is lost finds its tombstone the next time. A silo that has ended claims nothing: it only reads.
/// </summary>
internal sealed partial class CommitOutcomes(NpgsqlDataSource database, TimeProvider time, ILogger log)
{
    /// <summary>How long the database may be away before those who wait are told that nobody knows.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private readonly Outage asking = new(time);

    /// <summary>How long nobody has been able to say what became of a commit; nothing while there is none to ask about.</summary>
    public TimeSpan Unanswered => asking.Lasts;

    /// <summary>Asks until the database answers: nobody may be told anything before that.</summary>
    /// <exception cref="OutcomeUnknownException">It did not answer for too long, or this silo has ended.</exception>
    public async Task<bool> Resolve(long commitId, long silo)
    {
        var started = time.GetTimestamp();
        while (true)
        {
            try
            {
                var claimed = await Claim(commitId, silo);
                asking.End();
                return claimed is { } tombstone ? !tombstone : throw new OutcomeUnknownException("This silo has ended; the outcome is unknown.");
            }
            catch (NpgsqlException exception)
            {
                if (time.GetElapsedTime(started) > Patience)
                {
                    asking.End();
                    throw new OutcomeUnknownException("The database cannot be asked whether the commit happened; the outcome is unknown.", exception);
                }

                if (asking.Begin()) LogStillUnknown(commitId, exception.Message);
                await Task.Delay(Pause, time);
            }
        }
    }

    // Whether a tombstone stands under the id; null when nothing does.
    private async Task<bool?> Claim(long commitId, long silo)
    {
        await using var connection = await database.OpenConnectionAsync();
        await using var claim = new NpgsqlBatch(connection);
        CommitBatch.Command(
            claim,
            """
            insert into commit (id, silo, tombstone) select $1, $2, true
            where exists (select from silo where id = $2 and ended_at is null) on conflict do nothing
            """,
            CommitBatch.Value(commitId), CommitBatch.Value(silo));
        CommitBatch.Command(claim, "select tombstone from commit where id = $1", CommitBatch.Value(commitId));
        return (bool?)await claim.ExecuteScalarAsync();
    }

    [LoggerMessage(LogLevel.Warning, "The outcome of commit {Commit} is still unknown: {Reason}")]
    private partial void LogStillUnknown(long commit, string reason);
}
