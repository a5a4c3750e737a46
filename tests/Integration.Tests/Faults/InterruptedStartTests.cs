using ReferralGrains.Integration.Tests.Faults.World;
using ReferralGrains.Integration.Tests.Postgres;

namespace ReferralGrains.Integration.Tests.Faults;

/// <summary>A server that is told to end before it was ready.</summary>
public sealed class InterruptedStartTests(PostgresServer postgres)
{
    // Of the migrations, which whoever starts waits for.
    private const string Lock = "select pg_advisory_lock(7237011)";

    private const string Waiting =
        "select count(*) from pg_locks where locktype = 'advisory' and objid = 7237011 and not granted "
        + "and database = (select oid from pg_database where datname = current_database())";

    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    [InlineData("HUP")]
    public async Task It_ends_without_an_error(string signal)
    {
        await using var house = await ServerHouse.On(postgres);
        await using var holder = new Npgsql.NpgsqlConnection(house.Owner + ";Pooling=false");
        await holder.OpenAsync(TestContext.Current.CancellationToken);
        await using (var hold = new Npgsql.NpgsqlCommand(Lock, holder)) await hold.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);

        var server = house.Launch();
        await Eventually.Holds("it starts", async () => (long)(await PostgresHouse.Ask(house.Owner, Waiting))! > 0);
        server.Signal(signal);

        Assert.Equal((0, ""), (await server.Exit(), server.Log.Trim()));
    }

    [Fact]
    public async Task It_starts_to_the_end_before_it_ends_once_its_silo_joins()
    {
        await using var house = await ServerHouse.On(postgres);
        var server = house.Launch(settings: new Dictionary<string, string> { ["GRAINS_STOP_WITHIN"] = "1m" });
        await Eventually.Holds("its silo joins", async () => await Joined(house.Owner));
        server.Term();

        Assert.Equal(0, await server.Exit());
        Assert.DoesNotContain("   at ", server.Log, StringComparison.Ordinal);
        Assert.DoesNotContain("fail", server.Log, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task It_leaves_nothing_half_made()
    {
        await using var house = ServerHouse.Embedded();
        var server = house.Launch();
        await Eventually.Holds("it makes the database", () => Task.FromResult(Directory.GetDirectories(house.Folder, "pg.unfinished-*").Length > 0));
        server.Term();

        Assert.Equal(0, await server.Exit());
        Assert.DoesNotContain("   at ", server.Log, StringComparison.Ordinal);
        Assert.Empty(Directory.GetDirectories(house.Folder, "pg*"));
        await house.Start();
    }

    private static async Task<bool> Joined(string database)
    {
        try
        {
            return (long)(await PostgresHouse.Ask(database, "select count(*) from orleans.membership"))! > 0;
        }
        catch (Npgsql.PostgresException early) when (early.SqlState is Npgsql.PostgresErrorCodes.UndefinedTable or Npgsql.PostgresErrorCodes.InvalidSchemaName)
        {
            return false;
        }
    }
}
