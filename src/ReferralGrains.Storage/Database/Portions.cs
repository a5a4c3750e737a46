using Npgsql;

namespace ReferralGrains.Storage.Database;

/// <summary>
/// What has become old in a table whose numbers rise with time. It is deleted in portions, each for itself: a month's rows in one statement would
/// hold their locks, and what vacuum may clear, for as long as that takes.
/// </summary>
internal static class Portions
{
    private const int Size = 5_000;

    /// <summary>Looks through the oldest numbers up to the first portion that reaches into what is not old, so that the time needs no index.</summary>
    /// <param name="at">The column of the time.</param>
    /// <param name="and">What else is so of a row <c>o</c> that may go.</param>
    public static async Task DeleteOld(
        this NpgsqlDataSource database, string table, string at, string and, DateTimeOffset before, long silo, CancellationToken stop)
    {
        var sql = $"""
            with portion as materialized (
              select max(id) as last, max(at) as newest, count(*) as rows from (select id, {at} as at from {table} where id > $1 order by id limit {Size}) p),
            gone as (
              delete from {table} o using portion p where o.id > $1 and o.id <= p.last and o.{at} < $2 and {and} and (select is_alive($3)))
            select case when rows = {Size} and newest < $2 then last end from portion
            """;
        long? after = 0;
        while (after is not null) after = await database.Row(sql, static row => row.Maybe<long>(0), stop, Questions.Long(after), Questions.Time(before), Questions.Long(silo));
    }
}
