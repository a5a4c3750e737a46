using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using ReferralGrains.Integration.Tests.Faults.World;
using ReferralGrains.LocalPostgres;

namespace ReferralGrains.Integration.Tests.Postgres;

/// <summary>The PostgreSQL of our own that becomes its operator's, as docs/operations.md has it.</summary>
public sealed class MovedPostgresTests
{
    private const string StrangersThings =
        """
        select count(*) from (
          select relowner from pg_class where relnamespace in ('grains'::regnamespace, 'orleans'::regnamespace) union all
          select proowner from pg_proc where pronamespace in ('grains'::regnamespace, 'orleans'::regnamespace) union all
          select nspowner from pg_namespace where nspname in ('grains', 'orleans')) as thing (owner)
        where owner <> 'referralgrains'::regrole
        """;

    [Fact]
    public async Task By_the_statements_of_the_page_a_role_without_other_rights_owns_all_of_it_and_serves()
    {
        await using var house = ServerHouse.Embedded();
        var (before, log) = (await house.Start(), new ClientLog());
        using var toBefore = new Api(before.Address);
        var shop = await Shop.Open(toBefore, "shop", referrers: 1, refereesEach: 2);
        await log.SendUntilAcknowledged(toBefore, shop.Sale(shop.Referees[0], 1_000));
        before.Term();
        Assert.Equal(0, await before.Exit());

        await using var postgres = await LocalPostgresServer.Start(
            new() { DataDirectory = house.Folder, Small = true }, NullLogger.Instance, TestContext.Current.CancellationToken);
        await PostgresHouse.Ask(postgres.OwnerConnectionString, Statements());
        Assert.Equal(0L, await PostgresHouse.Ask(postgres.OwnerConnectionString, StrangersThings));
        var port = Ports.Next();
        var moved = new NpgsqlConnectionStringBuilder(postgres.OwnerConnectionString) { Username = "referralgrains" }.ConnectionString;
        await using var after = ServerProcess.Launch(port, house.FolderOf(port), moved, failpoint: null);
        await after.Ready();
        using var toAfter = new Api(after.Address);
        await log.SendUntilAcknowledged(toAfter, shop.Sale(shop.Referees[1], 2_000));
        Assert.Empty(EffectOracle.Complaints(shop, log, await shop.Balances(toAfter)));
        await LedgerCheck.Clean(toAfter);
    }

    private static string Statements()
    {
        var page = File.ReadAllText(Path.Combine(Checkout.Folder, "docs/operations.md"));
        var from = page.IndexOf("create role referralgrains", StringComparison.Ordinal);
        return page[from..page.IndexOf("```", from, StringComparison.Ordinal)];
    }
}
