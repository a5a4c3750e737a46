using System.Runtime.InteropServices;
using Npgsql;
using NpgsqlTypes;
using ReferralGrains.Domain.Ledger;
using ReferralGrains.Storage.Database;

namespace ReferralGrains.Storage.Journal;

/// <summary>
/// One group commit as columns, and as the statements that write it. All statements go out in one round trip and are one
/// transaction: they stand or fall together.
/// </summary>
internal sealed class CommitBatch(long commitId, long silo, List<PendingAppend> appends, Assets assets)
{
    private readonly Columns rows = new(appends.Sum(static pending => pending.Append.RowCount));
    private readonly Dictionary<(long Referrer, int Asset), (int Tenant, Balance Balance)> balances = new(appends.Count);

    // Each with what the batch has moved of its balance up to it.
    private readonly List<((long Referrer, int Asset) Key, long Payable)> guards = [];

    public long CommitId => commitId;

    public SideTables Sides { get; } = new(appends);

    /// <summary>Fills in a connection's batch.</summary>
    public async ValueTask<NpgsqlBatch> Build(NpgsqlConnection connection, CancellationToken stop)
    {
        var (before, beforeSeqs) = (new List<long>(appends.Count), new List<int>(appends.Count));
        foreach (var pending in appends)
        {
            foreach (var stream in pending.Append.Streams)
            {
                if (stream.FirstSeq > 1)
                {
                    before.Add(stream.Stream.Value);
                    beforeSeqs.Add(stream.FirstSeq - 1);
                }

                for (var i = 0; i < stream.Rows.Length; i++) await Add(pending.Append.Tenant, stream, i, stop);
            }

            foreach (var guard in pending.Append.Guards)
            {
                var key = (guard.Referrer.Value, await assets.Number(guard.Asset, stop));
                guards.Add((key, balances.GetValueOrDefault(key).Balance.Payable));
            }
        }

        var batch = new NpgsqlBatch(connection);
        var alone = appends.Exists(static pending => ChangesFacts(pending.Append));
        Command(batch, "select enter($1, $2)", Value(silo), Value(alone));
        Command(batch, "insert into commit (id, silo) values ($1, $2)", Value(commitId), Value(silo));
        AddReads(batch);
        AddDirectory(batch);
        rows.AddTo(batch, commitId);
        if (before.Count > 0) Command(batch, "select check_previous($1, $2)", Column(before, NpgsqlDbType.Bigint), Column(beforeSeqs, NpgsqlDbType.Integer));
        AddBalances(batch);
        AddGuards(batch);
        AddFacts(batch);
        Sides.AddTo(batch);
        return batch;
    }

    // A fact whose stream begins in the same append is new: nobody can have decided on what was there before.
    private static bool ChangesFacts(Append append)
    {
        foreach (var fact in append.Facts)
        {
            var isNew = false;
            foreach (var stream in append.Streams) isNew |= stream.Stream == fact.Stream && stream.FirstSeq == 1;
            if (!isNew) return true;
        }

        return false;
    }

    internal static void Command(NpgsqlBatch batch, string sql, params ReadOnlySpan<NpgsqlParameter> parameters)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var parameter in parameters) command.Parameters.Add(parameter);
        batch.BatchCommands.Add(command);
    }

    internal static NpgsqlParameter<T> Value<T>(T value) => new() { TypedValue = value };

    internal static NpgsqlParameter Array<T>(NpgsqlDbType type, IEnumerable<T> values) =>
        new NpgsqlParameter<T[]> { TypedValue = [.. values], NpgsqlDbType = NpgsqlDbType.Array | type };

    internal static NpgsqlParameter<List<T>> Column<T>(List<T> values, NpgsqlDbType type) =>
        new() { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | type };

    private async ValueTask Add(int tenant, StreamRows stream, int index, CancellationToken stop)
    {
        var row = stream.Rows[index];
        int? asset = null;
        if (row.Posting is { } posting)
        {
            if (!assets.TryNumber(posting.Amount.Asset, out var number)) number = await assets.Number(posting.Amount.Asset, stop);
            asset = number;
            Count(tenant, posting.From, number, -posting.Amount.Minor, posting);
            Count(tenant, posting.To, number, posting.Amount.Minor, posting);
        }

        rows.Add(tenant, stream.Stream.Value, stream.FirstSeq + index, row, asset);
    }

    // Program accounts are summed on reading: one hot row would serialise everything.
    private void Count(int tenant, Account account, int asset, long minor, Posting posting)
    {
        if (account.Kind is AccountKind.Rewards or AccountKind.Clawbacks) return;
        ref var entry = ref CollectionsMarshal.GetValueRefOrAddDefault(balances, (account.Owner.Value, asset), out var exists);
        if (!exists) entry = (tenant, new Balance());
        entry.Balance = entry.Balance.With(account.Kind, minor);
        if (posting.From.Kind == AccountKind.Rewards) entry.Balance = entry.Balance with { Earned = entry.Balance.Earned + posting.Amount.Minor };
        if (posting.To.Kind == AccountKind.Clawbacks) entry.Balance = entry.Balance with { ClawedBack = entry.Balance.ClawedBack + posting.Amount.Minor };
        if (posting.From.Kind == AccountKind.Clawbacks) entry.Balance = entry.Balance with { ClawedBack = entry.Balance.ClawedBack - posting.Amount.Minor };
    }

    private void AddReads(NpgsqlBatch batch)
    {
        var reads = new HashSet<FactRead>();
        foreach (var pending in appends)
            foreach (var read in pending.Append.Reads) reads.Add(read);
        if (reads.Count > 0)
            Command(batch, "select check_facts($1, $2)",
                Array(NpgsqlDbType.Bigint, reads.Select(read => read.Stream.Value)), Array(NpgsqlDbType.Integer, reads.Select(read => read.Version)));
    }

    private void AddFacts(NpgsqlBatch batch)
    {
        var facts = new List<FactChange>();
        foreach (var pending in appends) facts.AddRange(pending.Append.Facts);
        if (facts.Count == 0) return;
        Command(
            batch,
            """
            insert into fact (stream, version, body) select * from unnest($1, $2, $3)
            on conflict (stream) do update set version = excluded.version, body = excluded.body
            """,
            Array(NpgsqlDbType.Bigint, facts.Select(static fact => fact.Stream.Value)),
            Array(NpgsqlDbType.Integer, facts.Select(static fact => fact.Version)),
            Array(NpgsqlDbType.Json, facts.Select(static fact => fact.Body)));
    }

    // Without a way out on purpose: whoever is second with a stream learns of it, and finds the number of the first.
    private void AddDirectory(NpgsqlBatch batch)
    {
        var begun = new List<(long Id, StreamKey Key)>();
        foreach (var pending in appends)
            foreach (var stream in pending.Append.Streams)
                if (stream.NewKey is { } key) begun.Add((stream.Stream.Value, key));
        if (begun.Count == 0) return;
        Command(
            batch,
            "insert into stream (id, tenant, kind, a, b) select * from unnest($1, $2, $3, $4, $5)",
            Array(NpgsqlDbType.Bigint, begun.Select(static stream => stream.Id)),
            Array(NpgsqlDbType.Integer, begun.Select(static stream => stream.Key.Tenant)),
            Array(NpgsqlDbType.Smallint, begun.Select(static stream => stream.Key.Kind)),
            Array(NpgsqlDbType.Text, begun.Select(static stream => stream.Key.First)),
            Array(NpgsqlDbType.Text, begun.Select(static stream => stream.Key.Second)));
    }

    private void AddGuards(NpgsqlBatch batch)
    {
        if (guards.Count == 0) return;
        Command(
            batch,
            "select check_payable($1, $2, $3)",
            Array(NpgsqlDbType.Bigint, guards.Select(static guard => guard.Key.Referrer)),
            Array(NpgsqlDbType.Integer, guards.Select(static guard => guard.Key.Asset)),
            Array(NpgsqlDbType.Bigint, guards.Select(guard => balances.GetValueOrDefault(guard.Key).Balance.Payable - guard.Payable)));
    }

    // In key order, so that two committers never wait for each other in a circle.
    private void AddBalances(NpgsqlBatch batch)
    {
        if (balances.Count == 0) return;
        var ordered = balances.OrderBy(pair => pair.Key).ToList();
        Command(
            batch,
            """
            insert into balance as b (referrer, asset, tenant, earned, clawed_back, pending, payable, in_transit, paid)
            select * from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9)
            on conflict (referrer, asset) do update set
              earned = b.earned + excluded.earned, clawed_back = b.clawed_back + excluded.clawed_back,
              pending = b.pending + excluded.pending, payable = b.payable + excluded.payable,
              in_transit = b.in_transit + excluded.in_transit, paid = b.paid + excluded.paid
            """,
            Array(NpgsqlDbType.Bigint, ordered.Select(pair => pair.Key.Referrer)),
            Array(NpgsqlDbType.Integer, ordered.Select(pair => pair.Key.Asset)),
            Array(NpgsqlDbType.Integer, ordered.Select(pair => pair.Value.Tenant)),
            Array(NpgsqlDbType.Bigint, ordered.Select(pair => pair.Value.Balance.Earned)),
            Array(NpgsqlDbType.Bigint, ordered.Select(pair => pair.Value.Balance.ClawedBack)),
            Array(NpgsqlDbType.Bigint, ordered.Select(pair => pair.Value.Balance.Pending)),
            Array(NpgsqlDbType.Bigint, ordered.Select(pair => pair.Value.Balance.Payable)),
            Array(NpgsqlDbType.Bigint, ordered.Select(pair => pair.Value.Balance.InTransit)),
            Array(NpgsqlDbType.Bigint, ordered.Select(pair => pair.Value.Balance.Paid)));
    }
}
