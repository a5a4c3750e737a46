using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Storage.Ledger;

/// <summary>
/// Reads every stream from its first row, one row at a time: rows dense from 1, each with the postings of its event, and due rows,
/// referral rows, facts and snapshots as the fold says; then what is kept of all of them together.
/// </summary>
internal sealed class StreamCheck(LedgerSnapshot snapshot, KeptSnapshots kept, int? tenant, Differences differences)
{
    private readonly KeptTotals totals = new(snapshot, tenant, differences);
    private CheckedStream? current;

    public long Rows { get; private set; }

    public long Postings { get; private set; }

    public long Streams { get; private set; }

    public async Task Run(CancellationToken stop)
    {
        await snapshot.Each(
            $"""
            select e.stream, e.seq, e.recorded_at, e.type, e.version, e.action_id, e.action_hash, e.data::text,
              e.about, e.from_account, e.to_account, e.amount, a.name, e.tenant,
              s.kind, s.tenant, p.id, d.at, r.program, r.referrer, r.status, r.attributed_at, r.approved_at, f.version, f.body::text, k.payload, r.active,
              o.status, o.in_transit, o.generation, o.transfer, o.minor, o.referrer, g.seq, g.fold, g.state::text,
              case when w.program = p.id and w.tenant = s.tenant then w.seqs when w.stream is not null then array[0] end
            from event e
            left join asset a on a.id = e.asset
            left join stream s on s.id = e.stream and e.seq = 1
            left join stream p on p.tenant = s.tenant and p.kind = 4 and p.a = s.a and p.b = '' and s.kind = 2
            left join due d on d.stream = e.stream and e.seq = 1
            left join referral r on r.stream = e.stream and e.seq = 1
            left join referral_page g on g.stream = e.stream and e.seq = 1
            left join fact f on f.stream = e.stream and e.seq = 1
            left join payout_item o on o.stream = e.stream and e.seq = 1
            left join (
              select stream, array_agg(seq order by seq) as seqs, case when min(program) = max(program) then min(program) end as program,
                case when min(tenant) = max(tenant) then min(tenant) end as tenant
              from parked_action group by stream) w on w.stream = e.stream and e.seq = 1
            left join ({kept.Sql}) k on k.kind = s.kind and k.tenant = s.tenant and k.a = s.a and k.b = s.b
            where $1 is null or e.tenant = $1
            order by e.stream, e.seq
            """,
            reader => Add(CheckedRow.Read(reader), reader.GetInt32(1) == 1 ? KeptBeside.Read(reader) : null), stop, Questions.Int(tenant));
        current?.Finish();
        await Orphans(stop);
        await totals.Compare(stop);
    }

    private void Add(CheckedRow row, KeptBeside? beside)
    {
        Rows++;
        if (row.Posting is not null) Postings++;
        if (current?.Stream != row.Stream)
        {
            current?.Finish();
            current = new(row.Stream, beside, differences, totals);
            Streams++;
        }

        current.Add(row);
    }

    private Task Orphans(CancellationToken stop) => snapshot.Each(
        """
        select o.what, o.stream from (
          select 'due' as what, stream, tenant from due
          union all select 'referral', stream, tenant from referral
          union all select 'page', stream, tenant from referral_page
          union all select 'parked', stream, tenant from parked_action
          union all select 'referrer', stream, tenant from referrer
          union all select 'payout_item', stream, tenant from payout_item
          union all select 'discount', stream, tenant from discount
          union all select 'referral_use', referral, tenant from referral_use
          union all select 'budget', owner, tenant from budget_use
          union all select 'flag', stream, tenant from flag
          union all select 'group', referrer, tenant from reward_group
          union all select 'gathering', referrer, tenant from gathering
          union all select 'fact', f.stream, s.tenant from fact f left join stream s on s.id = f.stream) o
        where not exists (select from event e where e.stream = o.stream) and ($1 is null or o.tenant = $1)
        order by 2, 1 limit 100
        """,
        reader => differences.Add(reader.GetString(0), $"Stream {reader.GetInt64(1)} has a {reader.GetString(0)} row and no events."),
        stop, Questions.Int(tenant));
}
