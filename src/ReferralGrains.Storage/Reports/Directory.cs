using Npgsql;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Storage.Database;

namespace ReferralGrains.Storage.Reports;

/// <summary>Caller ids to stream numbers and back, inside one tenant: what another tenant owns is not there.</summary>
internal sealed class Directory(NpgsqlDataSource database)
{
    public const short Enrollment = 2;
    public const short Referrer = 3;
    public const short Program = 4;

    /// <summary>A referrer that was created; a number alone does not make one.</summary>
    public async Task<StreamId?> FindReferrer(int tenant, CallerId referrer, CancellationToken stop)
    {
        var found = await database.Rows(
            $"select r.stream from stream s join referrer r on r.stream = s.id where s.tenant = $1 and s.kind = {Referrer} and s.a = $2 and s.b = ''",
            reader => new StreamId(reader.GetInt64(0)), stop, Questions.Int(tenant), Questions.Text(referrer.Value));
        return found.Count == 0 ? null : found[0];
    }

    public async Task<StreamId?> FindProgram(int tenant, CallerId program, CancellationToken stop)
    {
        var found = await database.Rows(
            $"select id from stream where tenant = $1 and kind = {Program} and a = $2 and b = ''",
            reader => new StreamId(reader.GetInt64(0)), stop, Questions.Int(tenant), Questions.Text(program.Value));
        return found.Count == 0 ? null : found[0];
    }

    /// <summary>By any id of its referee: an alias leads to the referral that it names (X8).</summary>
    public Task<FoldedStream?> FindReferral(int tenant, CallerId program, CallerId referee, CancellationToken stop) =>
        database.Row(
            $"""
            select r.id, r.a, r.b from stream s left join referral_alias n on n.stream = s.id join stream r on r.id = coalesce(n.referral, s.id)
            where s.tenant = $1 and s.kind = {Enrollment} and s.a = $2 and s.b = $3
            """,
            Referral, stop, Questions.Int(tenant), Questions.Text(program.Value), Questions.Text(referee.Value));

    public Task<FoldedStream?> FindReferral(int tenant, StreamId stream, CancellationToken stop) =>
        database.Row(
            $"select id, a, b from stream where id = $2 and tenant = $1 and kind = {Enrollment}",
            Referral, stop, Questions.Int(tenant), Questions.Long(stream.Value));

    public async Task<Page<ApprovedReferral>> Approved(int tenant, StreamId program, StreamId? after, int limit, CancellationToken stop)
    {
        var found = await database.Rows(
            $"""
            select r.stream, s.b from referral r join stream s on s.id = r.stream
            where r.tenant = $1 and r.program = $2 and r.stream > $3 and r.status = {(int)ReferralStatus.Approved} order by r.stream limit $4
            """,
            reader => new ApprovedReferral(new(reader.GetInt64(0)), new(reader.GetString(1))), stop,
            Questions.Int(tenant), Questions.Long(program.Value), Questions.Long(after?.Value ?? 0), Questions.Int(limit + 1));
        return new([.. found.Take(limit)], found.Count > limit);
    }

    /// <summary>The other ids of a referee, in the order of their streams (X8).</summary>
    public async Task<IReadOnlyList<CallerId>> Aliases(StreamId referral, CancellationToken stop) => await database.Rows(
        "select s.b from referral_alias n join stream s on s.id = n.stream where n.referral = $1 order by n.stream",
        reader => new CallerId(reader.GetString(0)), stop, Questions.Long(referral.Value));

    /// <summary>The caller ids of referrers, by their streams.</summary>
    public async Task<IReadOnlyDictionary<StreamId, CallerId>> ReferrerNames(IEnumerable<StreamId> streams, CancellationToken stop)
    {
        var wanted = streams.Distinct().Select(stream => stream.Value).ToList();
        if (wanted.Count == 0) return new Dictionary<StreamId, CallerId>();
        var names = await database.Rows(
            "select id, a from stream where id = any($1)",
            reader => (Stream: new StreamId(reader.GetInt64(0)), Name: new CallerId(reader.GetString(1))), stop, Questions.Longs(wanted));
        return names.ToDictionary(pair => pair.Stream, pair => pair.Name);
    }

    public static FoldedStream Referral(NpgsqlDataReader reader) =>
        new(new(reader.GetInt64(0)), new(reader.GetString(1)), new(reader.GetString(2)));
}
