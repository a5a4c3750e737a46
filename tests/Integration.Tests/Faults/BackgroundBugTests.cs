using Npgsql;
using ReferralGrains.Integration.Tests.Faults.World;
using ReferralGrains.Integration.Tests.Postgres;

namespace ReferralGrains.Integration.Tests.Faults;

/// <summary>What runs beside the requests meets a bug, which is no outage: it says so each time, and goes on when it is mended.</summary>
public sealed class BackgroundBugTests(PostgresServer postgres)
{
    [Fact]
    public async Task A_sweep_that_crashes_is_in_the_log_and_the_next_one_comes_all_the_same()
    {
        await using var house = await ServerHouse.On(postgres);
        var server = await house.Start();
        await Run(house, "alter table grains.due rename to overdue");
        await Eventually.Holds("a sweep that crashes is in the log, each time", () => Task.FromResult(Times(server.Log, "42P01") >= 2));
        await Run(house, "alter table grains.overdue rename to due");
        server.Term();
        Assert.Equal(0, await server.Exit());
    }

    private static int Times(string log, string text) => log.Split(text).Length - 1;

    private static async Task Run(ServerHouse house, string sql)
    {
        await using var owner = NpgsqlDataSource.Create(house.Owner);
        await using var command = owner.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }
}
