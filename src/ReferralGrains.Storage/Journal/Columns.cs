using Npgsql;
using NpgsqlTypes;

namespace ReferralGrains.Storage.Journal;

/// <summary>The event rows of a commit, column by column, as <c>unnest</c> takes them.</summary>
internal sealed class Columns
{
    private readonly List<long> streams = [];
    private readonly List<int> seqs = [];
    private readonly List<int> tenants = [];
    private readonly List<short> types = [];
    private readonly List<short> versions = [];
    private readonly List<int?> abouts = [];
    private readonly List<DateTimeOffset> times = [];
    private readonly List<long?> froms = [];
    private readonly List<long?> tos = [];
    private readonly List<int?> assets = [];
    private readonly List<long?> amounts = [];
    private readonly List<string?> actions = [];
    private readonly List<Guid?> hashes = [];
    private readonly List<string?> data = [];

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
            Column(streams, NpgsqlDbType.Bigint),
            Column(seqs, NpgsqlDbType.Integer),
            Column(tenants, NpgsqlDbType.Integer),
            Column(types, NpgsqlDbType.Smallint),
            Column(versions, NpgsqlDbType.Smallint),
            Column(abouts, NpgsqlDbType.Integer),
            Column(times, NpgsqlDbType.TimestampTz),
            Column(froms, NpgsqlDbType.Bigint),
            Column(tos, NpgsqlDbType.Bigint),
            Column(assets, NpgsqlDbType.Integer),
            Column(amounts, NpgsqlDbType.Bigint),
            Column(actions, NpgsqlDbType.Text),
            Column(hashes, NpgsqlDbType.Uuid),
            Column(data, NpgsqlDbType.Json),
            CommitBatch.Value(commitId));
    }

    private static NpgsqlParameter<List<T>> Column<T>(List<T> values, NpgsqlDbType type) =>
        new() { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | type };
}
