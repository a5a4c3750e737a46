using Npgsql;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Storage.Database;

namespace ReferralGrains.Storage.Reports;

/// <summary>Referrals from the rows that commit with their streams.</summary>
internal sealed class ReferralPages(NpgsqlDataSource database, Directory directory)
{
    private const string Columns = "r.stream, s.a, s.b, w.a, r.status, r.attributed_at, r.approved_at, r.active";
    private const string Tables = "referral r join stream s on s.id = r.stream join stream w on w.id = r.referrer";

    public async Task<Page<ReferralView>?> Read(ListFilter filter, ReferralStatus? status, CancellationToken stop)
    {
        var after = filter.After is null ? 0 : PageCursor.Stream(filter.After);
        var (program, referrer) = (await Program(filter, stop), await Referrer(filter, stop));
        if ((filter.Program is not null && program is null) || (filter.Referrer is not null && referrer is null)) return new([], false);

        // Said as a number, so that it meets the index of the few that are not approved.
        var rest = $"""
            r.tenant = $1 {(status is { } one ? $"and r.status = {(int)one}" : "")}
            and ($2 is null or r.program = $2) and ($3 is null or r.referrer = $3)
            and ($4 is null or r.attributed_at >= $4) and ($5 is null or r.attributed_at < $5)
            """;
        var parameters = new[]
        {
            Questions.Int(filter.Tenant), Questions.Long(program?.Value), Questions.Long(referrer?.Value), Questions.Time(filter.From), Questions.Time(filter.To),
            Questions.Long(after), Questions.Int(filter.Rows),
        };
        if (filter.Referee is null && filter.Prefix is null)
            return filter.Page(await database.Rows(
                $"""
                select {Columns} from {Tables}
                where {rest} and r.stream > $6 {(program is null && referrer is null && status is null or ReferralStatus.Approved ? $"and s.tenant = $1 and s.kind = {Directory.Enrollment}" : "")}
                order by r.stream limit $7
                """,
                View, stop, parameters));

        if (filter.After is not null && (await directory.FindReferral(filter.Tenant, new StreamId(after), stop))?.Program != filter.Program) return null;

        // Any id of a referee leads to its referral (X8).
        var referee = filter.Referee is { } id ? await directory.FindReferral(filter.Tenant, filter.Program!.Value, id, stop) : null;
        return filter.Page(await database.Rows(
            $"""
            select {Columns} from {Tables}
            where {rest} and s.tenant = $1 and s.kind = {Directory.Enrollment} and s.a = $8 and ($9 is null or s.b = $9) and ($10 is null or s.b >= $10 and s.b < $11)
              and ($6 = 0 or s.b > (select b from stream where id = $6))
            order by s.b limit $7
            """,
            View, stop,
            [.. parameters, Questions.Text(filter.Program!.Value.Value), Questions.Text((referee?.Referee ?? filter.Referee)?.Value), Questions.Text(filter.Prefix), filter.PrefixEnd]));
    }

    private async Task<StreamId?> Program(ListFilter filter, CancellationToken stop) =>
        filter.Program is { } program ? await directory.FindProgram(filter.Tenant, program, stop) : null;

    private async Task<StreamId?> Referrer(ListFilter filter, CancellationToken stop) =>
        filter.Referrer is { } referrer ? await directory.FindReferrer(filter.Tenant, referrer, stop) : null;

    private static ReferralView View(NpgsqlDataReader reader) => new(
        new(reader.GetInt64(0)), new(reader.GetString(1)), new(reader.GetString(2)), new(reader.GetString(3)), (ReferralStatus)reader.GetInt16(4),
        reader.GetFieldValue<DateTimeOffset>(5), reader.Maybe<DateTimeOffset>(6), reader.GetBoolean(7));
}
