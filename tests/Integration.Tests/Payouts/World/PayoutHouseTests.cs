using Payouts.Tests.World;
using ReferralGrains.Integration.Tests.Journal;
using ReferralGrains.Integration.Tests.Postgres;
using ReferralGrains.Payouts.Standin;

namespace ReferralGrains.Integration.Tests.Payouts.World;

/// <summary>Tests that each have a database, a stand-in for Stripe with money, and a house over both.</summary>
public abstract class PayoutHouseTests(PostgresServer server, FakeStripeOptions? options = null) : IAsyncLifetime
{
    private protected JournalDatabase database = null!;
    private protected RunningStandin standin = null!;
    private protected PayoutHouse house = null!;

    public async ValueTask InitializeAsync()
    {
        database = await JournalDatabase.Create(server);
        standin = await RunningStandin.Start(options);
        standin.Platform.Fund("usd", 10_000_000);

        // Somebody is to be told, so that there is what Stripe would tell; who tells it is the test.
        standin.Platform.Webhooks.AddTarget(new("http://127.0.0.1:1/nobody"));
        house = await PayoutHouse.Open(database.Source, standin);
    }

    public async ValueTask DisposeAsync()
    {
        await house.DisposeAsync();
        await standin.DisposeAsync();
        await database.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}
