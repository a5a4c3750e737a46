using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Sealing;

namespace ReferralGrains.Storage.Ledger;

/// <summary>
/// Verifies the chain of seals and names the rows that are not as they were sealed. The chain is one for all tenants; a row of
/// another tenant is only said to be one.
/// </summary>
internal sealed class SealCheck(LedgerSnapshot snapshot, int? tenant, Differences differences)
{
    private const int SealsAtOnce = 200;

    private readonly List<(long Position, long Commit)> bad = [];
    private long verified;
    private SealHead? head;

    public async Task<(long Verified, SealHead? Head)> Run(CancellationToken stop)
    {
        for (var before = -1L; before != verified;)
        {
            before = verified;
            await Links(stop);
            foreach (var (position, commit) in bad) await new SealedRows(snapshot, tenant, differences).Compare(position, commit, stop);
            bad.Clear();
        }

        await Strays(stop);
        return (verified, head);
    }

    private Task Links(CancellationToken stop)
    {
        var from = head?.Position ?? 0;
        return snapshot.Each(
            $"""
            with part as materialized (select * from seal where position > $1 order by position limit {SealsAtOnce})
            select s.position, s.commit_id, s.hash,
              s.hash = seal_hash(p.hash, s.position, s.commit_id, r.whole_hashes),
              (s.row_count, s.stream_sum, s.seq_sum, s.row_hashes) = (coalesce(r.row_count, 0), coalesce(r.stream_sum, 0), coalesce(r.seq_sum, 0), coalesce(r.row_hashes, ''))
            from part s left join seal p on p.position = s.position - 1
            left join commit_rows(array(select commit_id from part)) r on r.commit_id = s.commit_id
            order by s.position
            """,
            reader =>
            {
                var position = reader.GetInt64(0);
                verified++;
                if (position != (head?.Position ?? 0) + 1) differences.Add("seal", $"Seal {(head?.Position ?? 0) + 1} is missing.");
                head = new(position, Convert.ToHexStringLower(reader.GetFieldValue<byte[]>(2)));
                if (!reader.GetBoolean(4)) bad.Add((position, reader.GetInt64(1)));
                else if (!reader.GetBoolean(3)) differences.Add("seal", $"Seal {position} does not follow from the one before: one of the two was rewritten.");
            },
            stop, Questions.Long(from));
    }

    private async Task Strays(CancellationToken stop)
    {
        await snapshot.Each(
            """
            select c.id from commit c
            where not c.tombstone and (c.xid, c.id) < (select xid, commit_id from seal order by position desc limit 1)
              and not exists (select from seal s where s.commit_id = c.id)
            order by c.id limit 100
            """,
            reader => differences.Add("seal", $"Commit {reader.GetInt64(0)} was added after its time: later ones are sealed."), stop);
        await snapshot.Each(
            """
            select s.position, s.commit_id from seal s left join commit c on c.id = s.commit_id
            where c.id is null or c.tombstone or c.xid <> s.xid order by s.position limit 100
            """,
            reader => differences.Add("seal", $"Commit {reader.GetInt64(1)} of seal {reader.GetInt64(0)} was deleted or changed."), stop);
        await snapshot.Each(
            """
            select e.stream, e.seq, e.commit_id from event e
            where not exists (select from commit c where c.id = e.commit_id and not c.tombstone) and ($1 is null or e.tenant = $1)
            order by e.stream, e.seq limit 100
            """,
            reader => differences.Add("row", $"Row ({reader.GetInt64(0)}, {reader.GetInt32(1)}) belongs to commit {reader.GetInt64(2)}, which never was."),
            stop, Questions.Int(tenant));
    }
}
