using Npgsql;
using NpgsqlTypes;

namespace ReferralGrains.Storage.Journal;

/// <summary>The event rows of a commit, column by column, as <c>unnest</c> takes them.</summary>
internal sealed class Columns(int capacity)
{
    private readonly List<long> streams = new(capacity);
    private readonly List<int> seqs = new(capacity);
    private readonly List<int> tenants = new(capacity);
    private readonly List<short> types = new(capacity);
    private readonly List<short> versions = new(capacity);
    private readonly List<int?> abouts = new(capacity);
    private readonly List<DateTimeOffset> times = new(capacity);
    private readonly List<long?> froms = new(capacity);
    private readonly List<long?> tos = new(capacity);
    private readonly List<int?> assets = new(capacity);
    private readonly List<long?> amounts = new(capacity);
    private readonly List<string?> actions = new(capacity);
    private readonly List<Guid?> hashes = new(capacity);
    private readonly List<byte[]?> data = new(capacity);

    public void Add(int tenant, long stream, int seq, in EventRow row, int? asset)
    {
        streams.Add(stream);
        seqs.Add(seq);
        tenants.Add(tenant);
        types.Add(row.Type);
        versions.Add(row.Version);
        abouts.Add(row.About);
        times.Add(row.At);
        froms.Add(row.Posting?.From.Number);
        tos.Add(row.Posting?.To.Number);
        assets.Add(asset);
        amounts.Add(row.Posting?.Amount.Minor);
        actions.Add(row.ActionId?.Value);
        hashes.Add(row.Hash?.ToGuid());
        data.Add(row.Data);
    }

    public void AddTo(NpgsqlBatch batch, long commitId)
    {
        if (streams.Count == 0) return;
        CommitBatch.Command(
            batch,
            """
            insert into event (stream, seq, tenant, type, version, about, recorded_at, from_account, to_account, asset, amount,
              action_id, action_hash, data, commit_id)
            select *, $15 from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
            """,
            CommitBatch.Column(streams, NpgsqlDbType.Bigint),
            CommitBatch.Column(seqs, NpgsqlDbType.Integer),
            CommitBatch.Column(tenants, NpgsqlDbType.Integer),
            CommitBatch.Column(types, NpgsqlDbType.Smallint),
            CommitBatch.Column(versions, NpgsqlDbType.Smallint),
            CommitBatch.Column(abouts, NpgsqlDbType.Integer),
            CommitBatch.Column(times, NpgsqlDbType.TimestampTz),
            CommitBatch.Column(froms, NpgsqlDbType.Bigint),
            CommitBatch.Column(tos, NpgsqlDbType.Bigint),
            CommitBatch.Column(assets, NpgsqlDbType.Integer),
            CommitBatch.Column(amounts, NpgsqlDbType.Bigint),
            CommitBatch.Column(actions, NpgsqlDbType.Text),
            CommitBatch.Column(hashes, NpgsqlDbType.Uuid),
            CommitBatch.Column(data, NpgsqlDbType.Json),
            CommitBatch.Value(commitId));
    }
}
