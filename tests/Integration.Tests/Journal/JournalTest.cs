using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using ReferralGrains.Integration.Tests.Postgres;
using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Integration.Tests.Journal;

/// <summary>A database and a writer of its own for each test of the journal's rules.</summary>
public abstract class JournalTest(PostgresServer server) : IAsyncLifetime
{
    protected PostgresServer Server => server;

    protected JournalDatabase Database { get; private set; } = null!;

    protected JournalWriter Writer { get; private set; } = null!;

    protected static CancellationToken Stop => TestContext.Current.CancellationToken;

    public virtual async ValueTask InitializeAsync()
    {
        Database = await JournalDatabase.Create(server);
        Writer = NewWriter(Database.Source);
    }

    public virtual async ValueTask DisposeAsync()
    {
        await Writer.DisposeAsync();
        await Database.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    protected static JournalWriter NewWriter(NpgsqlDataSource source, long silo = StillLease.First) =>
        new(source, new Assets(source), new StillLease(silo), TimeProvider.System, NullLogger<JournalWriter>.Instance);

    /// <summary>Queues appends while the writer waits, so that they are one batch.</summary>
    protected async Task<AppendOutcome[]> Together(params Append[] appends)
    {
        await using var gate = await CommitGate.Close(Database);
        var first = Writer.Append(new() { Tenant = 1, Streams = [] });
        await gate.UntilSomebodyWaits();
        var waiting = appends.Select(Writer.Append).ToList();
        await gate.Open();
        Assert.Equal(AppendOutcome.Committed, await first);
        return await Task.WhenAll(waiting);
    }

    protected Task<long> RowsOf(long stream) => Database.Ask<long>($"select count(*) from event where stream = {stream}");

    protected Task<long> Commits(params long[] streams) =>
        Database.Ask<long>($"select count(distinct commit_id) from event where stream in ({string.Join(", ", streams)})");

    protected Task<long> Pending(long referrer) => Database.Ask<long>($"select coalesce(sum(pending), 0)::int8 from balance where referrer = {referrer}");
}
