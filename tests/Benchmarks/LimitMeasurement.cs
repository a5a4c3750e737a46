using System.Collections.Immutable;
using System.Diagnostics;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using ReferralGrains.Cli;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Ledger;
using ReferralGrains.Domain.Money;
using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Silos;

namespace Benchmarks;

/// <summary>
/// What the journal and PostgreSQL could take if nothing came before them: the product's own writer, fed from memory with rows as the
/// product writes them, a thousand actions a commit. It continues the streams of a program that nobody else uses any more.
/// </summary>
internal sealed class LimitMeasurement : IAsyncDisposable
{
    private const int PerCommit = 1_000;
    private readonly NpgsqlDataSource database;
    private readonly SiloLease lease;
    private readonly JournalWriter writer;
    private readonly List<Template> templates;

    private LimitMeasurement(NpgsqlDataSource database, SiloLease lease, JournalWriter writer, List<Template> templates) =>
        (this.database, this.lease, this.writer, this.templates) = (database, lease, writer, templates);

    /// <summary>One sale of each enrollment goes through the product; the rows that it wrote are the pattern of all that follow.</summary>
    public static async Task<LimitMeasurement> Prepare(BenchServer server, BenchPlan plan, TimeProvider time, CancellationToken stop)
    {
        var program = new BenchProgram(server.Access, "limit", plan.Referrers, plan.Enrollments);
        await program.Create(isTiered: false, time, stop);
        await StreamLoad.Run([server.Access], new(program, "limit-first", program.Referees, n => n), 1, TimeSpan.MaxValue, stop);

        var database = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(server.Database)
        {
            SearchPath = Migrator.Schema,
            ApplicationName = SiloLease.NewConnectionName(),
            MaxAutoPrepare = 200,
        });
        var lease = await SiloLease.Begin(database, $"benchmark {Guid.NewGuid():n}", "benchmark", time, NullLogger.Instance, stop);
        var writer = new JournalWriter(database, new Assets(database), lease, time, NullLogger<JournalWriter>.Instance);
        return new(database, lease, writer, await Read(database, stop));
    }

    /// <returns>Actions per second.</returns>
    public async Task<double> Run(int round, int count)
    {
        var appends = Enumerable.Range(0, count).Select(n => templates[n % templates.Count].Next($"limit{round}-{n}")).ToList();
        var began = Stopwatch.GetTimestamp();

        // Two at a time: while one commits, the next has gathered. A stream is in only one of them.
        var groups = new Queue<Append[]>(appends.Chunk(PerCommit));
        var pending = new Queue<Task<AppendOutcome[]>>();
        while (groups.Count > 0 || pending.Count > 0)
        {
            while (pending.Count < 2 && groups.TryDequeue(out var group)) pending.Enqueue(Task.WhenAll(group.Select(writer.Append)));
            if ((await pending.Dequeue()).Any(outcome => outcome != AppendOutcome.Committed))
                throw new CommandFailed("limit: an append of the journal's writer did not hold");
        }

        return count / Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    public async ValueTask DisposeAsync()
    {
        await writer.DisposeAsync();
        await lease.DisposeAsync();
        await database.DisposeAsync();
    }

    private static async Task<List<Template>> Read(NpgsqlDataSource database, CancellationToken stop)
    {
        await using var command = database.CreateCommand(
            """
            SELECT e.stream, e.seq, e.tenant, e.type, e.version, e.from_account, e.to_account, e.amount, a.name, e.data::text, p.version, r.version
            FROM event e JOIN asset a ON a.id = e.asset JOIN fact p ON p.stream = e.from_account >> 3 JOIN fact r ON r.stream = e.to_account >> 3
            WHERE e.action_id LIKE 'limit-first-%'
            """);
        var templates = new List<Template>();
        await using var reader = await command.ExecuteReaderAsync(stop);
        while (await reader.ReadAsync(stop))
        {
            var posting = new Posting(
                Account.FromNumber(reader.GetInt64(5)), Account.FromNumber(reader.GetInt64(6)), new Amount(reader.GetInt64(7), new Asset(reader.GetString(8))));
            var row = new EventRow(reader.GetInt16(3), reader.GetInt16(4), null, TimeProvider.System.GetUtcNow(), posting, null, null, Encoding.UTF8.GetBytes(reader.GetString(9)));
            templates.Add(new(
                reader.GetInt32(2), new(reader.GetInt64(0)), row, [new(posting.From.Owner, reader.GetInt32(10)), new(posting.To.Owner, reader.GetInt32(11))], reader.GetInt32(1)));
        }

        return templates.Count > 0 ? templates : throw new CommandFailed("limit: the product has written no rows to take as a pattern");
    }

    private sealed class Template(int tenant, StreamId stream, EventRow row, ImmutableArray<FactRead> reads, int head)
    {
        private int head = head;

        public Append Next(string action) => new()
        {
            Tenant = tenant,
            Streams = [new(stream, ++head, [row with { ActionId = new CallerId(action), Hash = new ContentHash((UInt128)Random.Shared.NextInt64()) }])],
            Reads = reads,
        };
    }
}
