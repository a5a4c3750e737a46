using Npgsql;
using ReferralGrains.Storage.Database;

namespace ReferralGrains.Storage.Journal;

/// <summary>
/// What follows the journal lets commits go first, but not for ever: most loads end within a minute and are disturbed by nothing; behind one that
/// lasts it keeps that distance.
/// </summary>
internal static class Lag
{
    /// <summary>Whether the first commit after a position has waited for so long.</summary>
    /// <param name="position">What its transaction and its commit are selected from.</param>
    public static Task<bool> IsLong(NpgsqlDataSource database, string position, CancellationToken stop) => database.Row(
        $"""
        with last as (select xid, commit_id from {position})
        select now() - committed_at > interval '1 min' from commit
        where (xid, id) > (coalesce((select xid from last), '0'), coalesce((select commit_id from last), 0)) and not tombstone
        order by xid, id limit 1
        """,
        static reader => reader.GetBoolean(0), stop);
}
