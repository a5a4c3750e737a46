using System.Text.Json;
using Npgsql;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Ledger;
using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Storage.Reports;

/// <summary>A referrer's profile and balances.</summary>
internal sealed class ReferrerReports(NpgsqlDataSource database, Directory directory)
{
    public async Task<IReadOnlyList<AssetBalance>?> Balances(int tenant, CallerId referrer, CancellationToken stop)
    {
        if (await directory.FindReferrer(tenant, referrer, stop) is not { } stream) return null;
        return await database.Rows(
            """
            select a.name, b.earned, b.clawed_back, b.pending, b.payable, b.in_transit, b.paid
            from balance b join asset a on a.id = b.asset where b.referrer = $1 order by a.name
            """,
            reader => new AssetBalance(
                new(reader.GetString(0)),
                new Balance(reader.GetInt64(1), reader.GetInt64(2), reader.GetInt64(3), reader.GetInt64(4), reader.GetInt64(5), reader.GetInt64(6))),
            stop, Questions.Long(stream.Value));
    }

    public Task<ReferrerProfile?> Profile(int tenant, CallerId referrer, CancellationToken stop) =>
        database.Row(
            $"""
            select r.stream, s.a, r.code, r.email, r.name, r.cash_opt_in, r.stripe_customer_id, r.created_at, f.body::text
            from stream s join referrer r on r.stream = s.id join fact f on f.stream = s.id
            where s.tenant = $1 and s.kind = {Directory.Referrer} and s.a = $2 and s.b = ''
            """,
            Profile, stop, Questions.Int(tenant), Questions.Text(referrer.Value));

    public async Task<Page<ReferrerProfile>?> List(ListFilter filter, bool? closed, CancellationToken stop)
    {
        if (filter.Program is { } program) return await directory.FindProgram(filter.Tenant, program, stop) is { } stream ? await OfProgram(stream, filter, closed, stop) : new([], false);
        return filter.Page(await database.Rows(
            $"""
            select r.stream, s.a, r.code, r.email, r.name, r.cash_opt_in, r.stripe_customer_id, r.created_at, f.body::text
            from stream s join referrer r on r.stream = s.id join fact f on f.stream = s.id
            where s.tenant = $1 and s.kind = {Directory.Referrer} and s.a > $2 and ($3 is null or s.a >= $3 and s.a < $4) {Is(closed)}
            order by s.a limit $5
            """,
            Profile, stop,
            Questions.Int(filter.Tenant), Questions.Text(filter.After ?? ""), Questions.Text(filter.Prefix), filter.PrefixEnd, Questions.Int(filter.Rows)));
    }

    private async Task<Page<ReferrerProfile>?> OfProgram(StreamId program, ListFilter filter, bool? closed, CancellationToken stop)
    {
        StreamId? after = null;
        if (filter.After is { } last && (after = await directory.FindReferrer(filter.Tenant, new(last), stop)) is null) return null;
        return filter.Page(await database.Rows(
            $"""
            select r.stream, s.a, r.code, r.email, r.name, r.cash_opt_in, r.stripe_customer_id, r.created_at, f.body::text
            from (select distinct referrer from referral where program = $1 and referrer > $2) p
            join referrer r on r.stream = p.referrer join stream s on s.id = r.stream join fact f on f.stream = r.stream
            where true {Is(closed)}
            order by p.referrer limit $3
            """,
            Profile, stop, Questions.Long(program.Value), Questions.Long(after?.Value ?? 0), Questions.Int(filter.Rows)));
    }

    // In the words of the index that has those that are.
    private static string Is(bool? closed) => closed switch
    {
        true => "and (f.body ->> 'closed')::bool",
        false => "and not coalesce((f.body ->> 'closed')::bool, false)",
        null => "",
    };

    public async Task<CallerId?> OfCode(int tenant, string code, CancellationToken stop)
    {
        var name = await database.Row(
            "select s.a from referrer r join stream s on s.id = r.stream where r.tenant = $1 and r.code = $2",
            reader => reader.GetString(0), stop, Questions.Int(tenant), Questions.Text(code));
        return name is null ? null : new CallerId(name);
    }

    private static ReferrerProfile Profile(NpgsqlDataReader reader)
    {
        var facts = JsonSerializer.Deserialize(reader.GetString(8), JournalJson.Default.ReferrerFacts)!;
        return new(
            new(reader.GetInt64(0)), new(reader.GetString(1)), reader.GetString(2), reader.MaybeText(3), reader.MaybeText(4), facts.Tags,
            reader.GetBoolean(5), reader.MaybeText(6), facts.Closed, facts.Granted, reader.GetFieldValue<DateTimeOffset>(7));
    }
}
