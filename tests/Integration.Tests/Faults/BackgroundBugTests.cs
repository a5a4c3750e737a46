using Npgsql;
using ReferralGrains.Integration.Tests.Faults.World;
using ReferralGrains.Integration.Tests.Postgres;

namespace ReferralGrains.Integration.Tests.Faults;

/// <summary>What runs beside the requests meets a bug, which is no outage: the server does not live on without it.</summary>
public sealed class BackgroundBugTests(PostgresServer postgres)
{
    [Fact]
    public async Task A_sweeper_that_crashes_ends_the_server_with_code_4_and_says_why()
    {
        await using var house = await ServerHouse.On(postgres);
        var server = await house.Start();
        await using (var owner = NpgsqlDataSource.Create(house.Owner))
        await using (var command = owner.CreateCommand("alter table grains.due rename to overdue"))
            await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);

        Assert.Equal(4, await server.Exit());
        Assert.Contains("42P01", server.Log, StringComparison.Ordinal);
    }
}
