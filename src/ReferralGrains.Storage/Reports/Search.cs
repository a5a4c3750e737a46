using Npgsql;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Referrers;
using ReferralGrains.Storage.Database;

namespace ReferralGrains.Storage.Reports;

/// <summary>What a caller's id may be of.</summary>
public enum FoundKind
{
    Program = 1,
    Rule = 2,
    Referrer = 3,
    Referral = 4,
    Action = 5,
    Entry = 6,
    Spend = 7,
    PayoutBatch = 8,
    PayoutItem = 9,
}

/// <summary>One thing that an id names.</summary>
/// <param name="Id">As the thing itself has it: a referrer is found by its code too, a referral by an alias, a payout item by its transfer.</param>
/// <param name="In">Of a rule, a referral and an action its program; of an entry and a spend their referrer; of a payout item its batch.</param>
public sealed record Found(FoundKind Kind, CallerId Id, CallerId? In);

/// <summary>
/// All that an id names, whatever that is of: each kind by the index that its id is unique in. Of referees there is no such index, for it would
/// cost every new one; they are looked for program by program instead, by the index that leads to a referral.
/// </summary>
internal sealed class Search(NpgsqlDataSource database)
{
    public async Task<Page<Found>> Read(int tenant, CallerId id, int limit, CancellationToken stop)
    {
        var found = await database.Rows(
            $"""
            select {(int)FoundKind.Program}, a, null from stream where tenant = $1 and kind = {Directory.Program} and a = $2 and b = ''
            union all
            select {(int)FoundKind.Rule}, r.id, p.a from rule r join stream p on p.id = r.program where r.tenant = $1 and r.id = $2
            union all
            select {(int)FoundKind.Referrer}, s.a, null from stream s join referrer r on r.stream = s.id
            where s.tenant = $1 and s.kind = {Directory.Referrer} and s.a = $2 and s.b = ''
            union all
            select {(int)FoundKind.Referrer}, s.a, null from referrer r join stream s on s.id = r.stream where r.tenant = $1 and r.code = $3 and s.a <> $2
            union all
            select {(int)FoundKind.Action}, e.action_id, s.a from event e join stream s on s.id = e.stream
            where e.tenant = $1 and e.action_id = $2 and e.action_id is not null
            union all
            select case e.kind when {(int)EntryKind.Manual} then {(int)FoundKind.Entry} else {(int)FoundKind.Spend} end, e.id, s.a
            from entry e join stream s on s.id = e.stream where e.tenant = $1 and e.kind in ({(int)EntryKind.Manual}, {(int)EntryKind.Spend}) and e.id = $2
            union all
            select {(int)FoundKind.PayoutBatch}, s.a, null from stream s join payout_batch b on b.stream = s.id where s.tenant = $1 and s.kind = 1 and s.a = $2 and s.b = ''
            union all
            select {(int)FoundKind.PayoutItem}, s.a, b.a from stream s join payout_item i on i.stream = s.id join stream b on b.id = i.batch
            where s.tenant = $1 and s.kind = 5 and s.a = $2 and s.b = ''
            union all
            select {(int)FoundKind.PayoutItem}, s.a, b.a from payout_item i join stream s on s.id = i.stream join stream b on b.id = i.batch
            where i.tenant = $1 and i.transfer = $2 and i.transfer is not null
            union all
            (select {(int)FoundKind.Referral}, r.b, r.a from stream p
             cross join lateral (
               select coalesce(n.referral, s.id) as id from stream s left join referral_alias n on n.stream = s.id
               where s.tenant = $1 and s.kind = {Directory.Enrollment} and s.a = p.a and s.b = $2 limit 1) s
             join stream r on r.id = s.id
             where p.tenant = $1 and p.kind = {Directory.Program} and p.b = '' order by p.a limit $4)
            """,
            static row => new Found((FoundKind)row.GetInt32(0), new(row.GetString(1)), row.MaybeText(2) is { } place ? new CallerId(place) : null), stop,
            Questions.Int(tenant), Questions.Text(id.Value), Questions.Text(ReferralCode.Normal(id.Value)), Questions.Int(limit + 1));

        // Of all others there are a few at most.
        var isMore = found.Count(static one => one.Kind == FoundKind.Referral) > limit;
        if (isMore) found.RemoveAt(found.FindLastIndex(static one => one.Kind == FoundKind.Referral));
        return new([.. found], isMore);
    }
}
