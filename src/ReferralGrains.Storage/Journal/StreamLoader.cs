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
public readonly record struct StoredRow(int Seq, DateTimeOffset At, short Type, short Version, string? ActionId, Guid? Hash, ReadOnlyMemory<byte> Data)
{
    public TEvent Decode<TEvent>()
        where TEvent : class => EventCodec.Decode<TEvent>(Type, Version, Data.Span, ActionId, Hash);
}

/// <summary>A stream as it is loaded.</summary>
/// <param name="Head">Its last row; 0 when there is none.</param>
/// <param name="Rows">All of them, or null when they are many: a snapshot may spare reading most of them.</param>
public sealed record LoadedStream(StreamId Stream, int Head, IReadOnlyList<StoredRow>? Rows);

/// <summary>What follows a row of a stream.</summary>
/// <param name="At">When that row was recorded; null when it is not there.</param>
/// <param name="GoesOn">These are as many as are read at once: more may follow.</param>
public sealed record StreamTail(DateTimeOffset? At, IReadOnlyList<StoredRow> Rows, bool GoesOn);

/// <summary>Where grains load from. One implementation is PostgreSQL's; a simulation has another.</summary>
/// <exception cref="JournalUnavailableException">From every call: the database cannot be reached.</exception>
public interface IStreamLoader
{
    /// <summary>Rows of a stream that are loaded without asking for a snapshot first: no shorter one is worth a snapshot.</summary>
    int FewRows { get; }

    /// <summary>
    /// Loads a stream. One that is not there gets a number that nobody else has, for the append that begins it; asking leaves no row.
    /// </summary>
    Task<LoadedStream> Load(StreamKey key);

    /// <summary>The rows of a stream after one of them, or the first of those: a stream may be longer than memory should hold at once.</summary>
    Task<StreamTail> Tail(StreamId stream, int after);

    /// <summary>The last row of a stream; 0 when there is none.</summary>
    Task<int> Head(StreamKey key);

    /// <summary>What a stream is about that has begun.</summary>
    Task<StreamKey> Key(StreamId stream);

    /// <summary>All that is recorded of some actions of a tenant; unknown ones are left out. Each with the row that all of its later rows are about.</summary>
    Task<ImmutableArray<ActionHistory>> Actions(int tenant, IReadOnlyCollection<CallerId> ids);
}

public static class StreamTails
{
    /// <summary>All rows of a tail, to the end of the stream: the next are read when those before them are done with.</summary>
    public static async IAsyncEnumerable<StoredRow> ToTheEnd(this IStreamLoader loader, StreamId stream, StreamTail tail)
    {
        while (true)
        {
            foreach (var row in tail.Rows) yield return row;
            if (!tail.GoesOn) yield break;
            tail = await loader.Tail(stream, tail.Rows[^1].Seq);
        }
    }
}

/// <summary>Loads streams and actions in few queries, however many grains wake at once.</summary>
public sealed class StreamLoader : IStreamLoader, IAsyncDisposable
{
    private const int Few = 128;
    private const int StreamsPerQuery = 500;
    private const int LongStreamsPerQuery = 20;
    private const int ActionsPerQuery = 2_000;
    private const int HeadsPerQuery = 2_000;
    private const int QueriesAtOnce = 2;

    private readonly NpgsqlDataSource database;
    private readonly StreamNumbers numbers = new();
    private readonly Coalescer<StreamKey, LoadedStream> streams;
    private readonly Coalescer<(StreamId Stream, int After), StreamTail> tails;
    private readonly Coalescer<StreamKey, int> heads;
    private readonly Coalescer<(int Tenant, CallerId Id), ActionHistory?> actions;

    public StreamLoader(NpgsqlDataSource database)
    {
        this.database = database;
        streams = new(Load, StreamsPerQuery, QueriesAtOnce);
        tails = new(Tails, LongStreamsPerQuery, QueriesAtOnce);
        heads = new(Heads, HeadsPerQuery, queries: 1);
        actions = new(ids => ActionQuery.Run(database, ids), ActionsPerQuery, QueriesAtOnce);
    }

    /// <inheritdoc/>
    public int FewRows => Few;

    /// <summary>
    /// Rows of all tails in one query, shared among those who ask: some 15 MB. Usual tails are far below their share of it, and a stream of a million
    /// rows that has lost its snapshot is replayed in 50 queries.
    /// </summary>
    public int TailRowsPerQuery { get; init; } = 20_000;

    public Task<LoadedStream> Load(StreamKey key) => streams.Ask(key);

    public Task<StreamTail> Tail(StreamId stream, int after) => tails.Ask((stream, after));

    public Task<int> Head(StreamKey key) => heads.Ask(key);

    public async Task<StreamKey> Key(StreamId stream) => (await database.Rows(
        "select tenant, kind, a, b from stream where id = $1",
        static reader => new StreamKey(reader.GetInt32(0), reader.GetInt16(1), reader.GetString(2), reader.GetString(3)),
        CancellationToken.None, Questions.Long(stream.Value)))[0];

    public async Task<ImmutableArray<ActionHistory>> Actions(int tenant, IReadOnlyCollection<CallerId> ids)
    {
        var found = await Task.WhenAll(ids.Select(id => actions.Ask((tenant, id))));
        return [.. found.OfType<ActionHistory>()];
    }

    public async ValueTask DisposeAsync()
    {
        await streams.DisposeAsync();
        await tails.DisposeAsync();
        await heads.DisposeAsync();
        await actions.DisposeAsync();
        numbers.Dispose();
    }

    private async Task<IReadOnlyList<int>> Heads(IReadOnlyList<StreamKey> keys) => await database.Rows(
        """
        select coalesce((
          select max(e.seq) from stream s join event e on e.stream = s.id where s.tenant = k.tenant and s.kind = k.kind and s.a = k.a and s.b = k.b), 0)
        from unnest($1, $2, $3, $4) with ordinality as k(tenant, kind, a, b, n) order by k.n
        """,
        reader => reader.GetInt32(0), CancellationToken.None, Parameters(keys));

    private async Task<IReadOnlyList<LoadedStream>> Load(IReadOnlyList<StreamKey> keys)
    {
        await using var connection = await database.OpenConnectionAsync();
        var found = new (long Id, int Head, List<StoredRow>? Rows)?[keys.Count];
        await Read(connection, keys, found);
        var loaded = new LoadedStream[keys.Count];
        for (var n = 0; n < loaded.Length; n++)
            loaded[n] = found[n] is { } one ? new(new(one.Id), one.Head, one.Rows) : new(new(await numbers.Next(connection)), 0, []);
        return loaded;
    }

    private static async Task Read(NpgsqlConnection connection, IReadOnlyList<StreamKey> keys, (long Id, int Head, List<StoredRow>? Rows)?[] found)
    {
        const string Known =
            """
            unnest($1, $2, $3, $4) with ordinality as k(tenant, kind, a, b, n)
              join stream s on s.tenant = k.tenant and s.kind = k.kind and s.a = k.a and s.b = k.b
              cross join lateral (select coalesce(max(e.seq), 0) as seq from event e where e.stream = s.id) head
            """;
        await using var batch = new NpgsqlBatch(connection);

        // One moment for both: the head says whether the rows are all there.
        CommitBatch.Command(batch, "begin isolation level repeatable read read only");
        CommitBatch.Command(batch, $"select k.n, s.id, head.seq from {Known}", Parameters(keys));
        CommitBatch.Command(
            batch,
            $"""
            select k.n, e.seq, e.recorded_at, e.type, e.version, e.action_id, e.action_hash, e.data::text
            from {Known} join event e on e.stream = s.id and e.type <> 0 where head.seq <= {Few} order by k.n, e.seq
            """,
            Parameters(keys));
        CommitBatch.Command(batch, "commit");
        await using var reader = await batch.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            var head = reader.GetInt32(2);
            found[(int)reader.GetInt64(0) - 1] = (reader.GetInt64(1), head, head <= Few ? [] : null);
        }

        await reader.NextResultAsync();
        while (await reader.ReadAsync()) found[(int)reader.GetInt64(0) - 1]!.Value.Rows!.Add(ActionQuery.Row(reader, 1));
    }

    private async Task<IReadOnlyList<StreamTail>> Tails(IReadOnlyList<(StreamId Stream, int After)> asked)
    {
        var share = TailRowsPerQuery / asked.Count;
        var tails = asked.Select(_ => new List<StoredRow>()).ToArray();
        var times = new DateTimeOffset?[asked.Count];
        NpgsqlParameter[] Of() =>
            [CommitBatch.Array(NpgsqlDbType.Bigint, asked.Select(one => one.Stream.Value)), CommitBatch.Array(NpgsqlDbType.Integer, asked.Select(one => one.After))];
        await using var batch = database.CreateBatch();
        CommitBatch.Command(
            batch,
            "select k.n, e.recorded_at from unnest($1, $2) with ordinality as k(stream, after, n) join event e on e.stream = k.stream and e.seq = k.after", Of());
        CommitBatch.Command(
            batch,
            """
            select k.n, e.* from unnest($1, $2) with ordinality as k(stream, after, n) cross join lateral (
              select e.seq, e.recorded_at, e.type, e.version, e.action_id, e.action_hash, e.data::text
              from event e where e.stream = k.stream and e.seq > k.after and e.type <> 0 order by e.seq limit $3) e
            order by k.n, e.seq
            """,
            [.. Of(), Questions.Int(share)]);
        await using var reader = await batch.ExecuteReaderAsync();
        while (await reader.ReadAsync()) times[(int)reader.GetInt64(0) - 1] = reader.GetFieldValue<DateTimeOffset>(1);
        await reader.NextResultAsync();
        while (await reader.ReadAsync()) tails[(int)reader.GetInt64(0) - 1].Add(ActionQuery.Row(reader, 1));
        return [.. tails.Select((rows, n) => new StreamTail(times[n], rows, GoesOn: rows.Count == share))];
    }

    internal static NpgsqlParameter[] Parameters(IReadOnlyList<StreamKey> keys) =>
    [
        CommitBatch.Array(NpgsqlDbType.Integer, keys.Select(key => key.Tenant)),
        CommitBatch.Array(NpgsqlDbType.Smallint, keys.Select(key => key.Kind)),
        CommitBatch.Array(NpgsqlDbType.Text, keys.Select(key => key.First)),
        CommitBatch.Array(NpgsqlDbType.Text, keys.Select(key => key.Second)),
    ];
}
