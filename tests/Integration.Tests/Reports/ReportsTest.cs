using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Integration.Tests.Journal;
using ReferralGrains.Integration.Tests.Postgres;
using ReferralGrains.Storage.Reports;

namespace ReferralGrains.Integration.Tests.Reports;

/// <summary>A tenant's program with these rules in a journal of its own, and the reports over it.</summary>
public abstract class ReportsTest(PostgresServer server, params RewardRule[] rules) : IAsyncLifetime
{
    protected static CallerId Rita { get; } = new("rita");

    protected static CancellationToken Stop => TestContext.Current.CancellationToken;

    protected JournalDatabase Database { get; private set; } = null!;

    protected JournalWorld World { get; private set; } = null!;

    protected PostgresReports Reports { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Database = await JournalDatabase.Create(server);
        World = await JournalWorld.Create(Database, "acme", rules);
        Reports = new(Database.Source);
    }

    public async ValueTask DisposeAsync()
    {
        await World.DisposeAsync();
        await Database.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}
