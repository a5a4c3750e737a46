using System.Collections.Immutable;
using Npgsql;
using NpgsqlTypes;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Storage.Database;

namespace ReferralGrains.Storage.Journal;

/// <summary>What a stream is about; the parts stay apart, for caller ids may hold any separator.</summary>
public readonly record struct StreamKey(int Tenant, short Kind, string First, string Second);

/// <summary>A row as it was read. Rows that only continue a posting are not among them.</summary>
public readonly record struct StoredRow(int Seq, DateTimeOffset At, short Type, short Version, string? ActionId, Guid? Hash, string Data)
{
    public TEvent Decode<TEvent>()
        where TEvent : class => EventCodec.Decode<TEvent>(Type, Version, Data, ActionId, Hash);
}

public readonly record struct StoredSnapshot(int Seq, short Fold, string Data);

/// <summary>A stream as it is loaded: its snapshot, if there is one, and the rows after it.</summary>
public sealed record LoadedStream(StreamId Stream, StoredSnapshot? Snapshot, IReadOnlyList<StoredRow> Rows);

/// <summary>Where grains load from. One implementation is PostgreSQL's; a simulation has another.</summary>
/// <exception cref="JournalUnavailableException">From every call: the database cannot be reached.</exception>
public interface IStreamLoader
{
    /// <summary>
    /// Loads a stream. One that is not there gets a number that nobody else has, for the append that begins it; asking leaves no row.
    /// </summary>
    Task<LoadedStream> Load(StreamKey key);

    /// <summary>As <see cref="Load"/>, from the first row: for a snapshot of another fold.</summary>
    Task<LoadedStream> LoadWhole(StreamKey key);

    /// <summary>The last row of a stream; 0 when there is none.</summary>
    Task<int> Head(StreamKey key);

    /// <summary>All that is recorded of some actions of a tenant; unknown ones are left out.</summary>
    Task<ImmutableArray<ActionHistory>> Actions(int tenant, IReadOnlyCollection<CallerId> ids);
}

/// <summary>Loads streams and actions in few queries, however many grains wake at once.</summary>
public sealed class StreamLoader : IStreamLoader, IAsyncDisposable
{
    private const int StreamsPerQuery = 500;
    private const int ActionsPerQuery = 2_000;
    private const int HeadsPerQuery = 2_000;
    private const int QueriesAtOnce = 2;

    private readonly NpgsqlDataSource database;
    private readonly StreamNumbers numbers = new();
    private readonly Coalescer<StreamKey, LoadedStream> streams;
    private readonly Coalescer<StreamKey, int> heads;
    private readonly Coalescer<(int Tenant, CallerId Id), ActionHistory?> actions;

    public StreamLoader(NpgsqlDataSource database)
    {
        this.database = database;
        streams = new(keys => Load(keys, whole: false), StreamsPerQuery, QueriesAtOnce);
        heads = new(Heads, HeadsPerQuery, queries: 1);
        actions = new(ids => ActionQuery.Run(database, ids), ActionsPerQuery, QueriesAtOnce);
    }

    public Task<LoadedStream> Load(StreamKey key) => streams.Ask(key);

    public async Task<LoadedStream> LoadWhole(StreamKey key) => (await Questions.Reached(() => Load([key], whole: true)))[0];

    public Task<int> Head(StreamKey key) => heads.Ask(key);

    public async Task<ImmutableArray<ActionHistory>> Actions(int tenant, IReadOnlyCollection<CallerId> ids)
    {
        var found = await Task.WhenAll(ids.Select(id => actions.Ask((tenant, id))));
        return [.. found.OfType<ActionHistory>()];
    }

    public async ValueTask DisposeAsync()
    {
        await streams.DisposeAsync();
        await heads.DisposeAsync();
        await actions.DisposeAsync();
    }

    private async Task<IReadOnlyList<int>> Heads(IReadOnlyList<StreamKey> keys) => await database.Rows(
        """
        select coalesce((
          select max(e.seq) from stream s join event e on e.stream = s.id where s.tenant = k.tenant and s.kind = k.kind and s.a = k.a and s.b = k.b), 0)
        from unnest($1, $2, $3, $4) with ordinality as k(tenant, kind, a, b, n) order by k.n
        """,
        reader => reader.GetInt32(0), CancellationToken.None, Parameters(keys));

    private async Task<IReadOnlyList<LoadedStream>> Load(IReadOnlyList<StreamKey> keys, bool whole)
    {
        await using var connection = await database.OpenConnectionAsync();
        var ids = new long?[keys.Count];
        var snapshots = new StoredSnapshot?[keys.Count];
        var rows = new List<StoredRow>[keys.Count];
        await Read(connection, keys, whole, ids, snapshots, rows);
        for (var i = 0; i < ids.Length; i++) ids[i] ??= await numbers.Next(connection);
        return [.. keys.Select((_, i) => new LoadedStream(new(ids[i]!.Value), snapshots[i], rows[i] ?? []))];
    }

    private static async Task Read(
        NpgsqlConnection connection, IReadOnlyList<StreamKey> keys, bool whole, long?[] ids, StoredSnapshot?[] snapshots, List<StoredRow>[] rows)
    {
        const string Known =
            """
            unnest($1, $2, $3, $4) with ordinality as k(tenant, kind, a, b, n)
              join stream s on s.tenant = k.tenant and s.kind = k.kind and s.a = k.a and s.b = k.b
              left join snapshot p on p.stream = s.id
            """;
        await using var batch = new NpgsqlBatch(connection);

        // One moment for both: a snapshot written between them would hide the rows that only it has, and the state would miss them.
        CommitBatch.Command(batch, "begin isolation level repeatable read read only");
        CommitBatch.Command(batch, $"select k.n, s.id, p.seq, p.fold, p.data::text from {Known}", Parameters(keys));
        CommitBatch.Command(
            batch,
            $"""
            select k.n, e.seq, e.recorded_at, e.type, e.version, e.action_id, e.action_hash, e.data::text
            from {Known} join event e on e.stream = s.id and e.seq > {(whole ? "0" : "coalesce(p.seq, 0)")} and e.type <> 0
            order by k.n, e.seq
            """,
            Parameters(keys));
        CommitBatch.Command(batch, "commit");
        await using var reader = await batch.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            var n = (int)reader.GetInt64(0) - 1;
            ids[n] = reader.GetInt64(1);
            if (!whole && !reader.IsDBNull(2)) snapshots[n] = new(reader.GetInt32(2), reader.GetInt16(3), reader.GetString(4));
        }

        await reader.NextResultAsync();
        while (await reader.ReadAsync()) (rows[(int)reader.GetInt64(0) - 1] ??= []).Add(ActionQuery.Row(reader, 1));
    }

    internal static NpgsqlParameter[] Parameters(IReadOnlyList<StreamKey> keys) =>
    [
        CommitBatch.Array(NpgsqlDbType.Integer, keys.Select(key => key.Tenant)),
        CommitBatch.Array(NpgsqlDbType.Smallint, keys.Select(key => key.Kind)),
        CommitBatch.Array(NpgsqlDbType.Text, keys.Select(key => key.First)),
        CommitBatch.Array(NpgsqlDbType.Text, keys.Select(key => key.Second)),
    ];
}
