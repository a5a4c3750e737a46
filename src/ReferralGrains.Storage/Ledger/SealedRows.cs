using ReferralGrains.Storage.Database;

namespace ReferralGrains.Storage.Ledger;

/// <summary>The rows of one commit beside the hashes under which they were sealed: which were changed, deleted or added.</summary>
internal sealed class SealedRows(LedgerSnapshot snapshot, int? tenant, Differences differences)
{
    private const int HashLength = 8;

    public async Task Compare(long position, long commit, CancellationToken stop)
    {
        var hashes = Array.Empty<byte>();
        var (count, streams, seqs) = (0, 0L, 0L);
        await snapshot.Each(
            "select row_hashes, row_count, stream_sum, seq_sum from seal where position = $1",
            reader => (hashes, count, streams, seqs) = (reader.GetFieldValue<byte[]>(0), reader.GetInt32(1), reader.GetInt64(2), reader.GetInt64(3)),
            stop, Questions.Long(position));
        var rows = new List<(long Stream, int Seq, byte[] Hash)>();
        await snapshot.Each(
            "select stream, seq, substr(row_hash(e), 1, 8) from event e where commit_id = $1 order by stream, seq",
            reader => rows.Add((reader.GetInt64(0), reader.GetInt32(1), reader.GetFieldValue<byte[]>(2))), stop, Questions.Long(commit));

        if (hashes.Length != count * HashLength) differences.Add("seal", $"Seal {position} was changed.");
        else if (rows.Count == count) await Changed(position, rows, hashes, stop);
        else if (rows.Count == count - 1)
            await Add(position, streams - rows.Sum(row => row.Stream), (int)(seqs - rows.Sum(row => (long)row.Seq)), "was deleted", stop);
        else if (rows.Count < count) await Deleted(position, rows, hashes, count - rows.Count, stop);
        else await Added(position, rows, hashes, stop);
    }

    private async Task Changed(long position, List<(long Stream, int Seq, byte[] Hash)> rows, byte[] hashes, CancellationToken stop)
    {
        var found = false;
        for (var i = 0; i < rows.Count && !differences.IsFull; i++)
            if (!Sealed(hashes, i).SequenceEqual(rows[i].Hash))
            {
                found = true;
                await Add(position, rows[i].Stream, rows[i].Seq, "was changed", stop);
            }

        if (!found) differences.Add("seal", $"Seal {position} was changed.");
    }

    private async Task Deleted(long position, List<(long Stream, int Seq, byte[] Hash)> rows, byte[] hashes, int missing, CancellationToken stop)
    {
        var first = 0;
        while (first < rows.Count && Sealed(hashes, first).SequenceEqual(rows[first].Hash)) first++;
        if (first == 0) differences.Add("row", $"{missing} rows of seal {position} were deleted, its first among them.");
        else await Add(position, rows[first - 1].Stream, rows[first - 1].Seq, $"is followed by deleted rows; {missing} are missing", stop);
    }

    private async Task Added(long position, List<(long Stream, int Seq, byte[] Hash)> rows, byte[] hashes, CancellationToken stop)
    {
        var i = 0;
        foreach (var row in rows)
            if (i * HashLength < hashes.Length && Sealed(hashes, i).SequenceEqual(row.Hash)) i++;
            else if (!differences.IsFull) await Add(position, row.Stream, row.Seq, "was added or changed", stop);
    }

    private async Task Add(long position, long stream, int seq, string what, CancellationToken stop)
    {
        int? owner = null;
        await snapshot.Each("select tenant from stream where id = $1", reader => owner = reader.GetInt32(0), stop, Questions.Long(stream));
        var name = tenant is null || owner == tenant ? $"Row ({stream}, {seq})" : "A row of another tenant";
        differences.Add("row", $"{name} {what}, seal {position}.");
    }

    private static ReadOnlySpan<byte> Sealed(byte[] hashes, int i) => hashes.AsSpan(i * HashLength, HashLength);
}
