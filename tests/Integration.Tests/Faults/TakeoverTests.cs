using System.Text.Json.Nodes;
using Npgsql;
using ReferralGrains.Integration.Tests.Faults.World;
using ReferralGrains.Integration.Tests.Postgres;
using ReferralGrains.Storage.Silos;

namespace ReferralGrains.Integration.Tests.Faults;

/// <summary>Two servers on one database.</summary>
public sealed class TakeoverTests(PostgresServer postgres)
{
    [Fact]
    public async Task X8_both_serve_and_what_one_writes_the_other_answers_by_any_id_of_a_referee()
    {
        await using var house = await ServerHouse.On(postgres);
        var (first, second) = (await house.Start(), await house.Start(port: Ports.Next()));
        using var toFirst = new Api(first.Address);
        using var toSecond = new Api(second.Address);
        var shop = await Shop.Open(toFirst, "shop", referrers: 1, refereesEach: 4);
        var log = new ClientLog();
        foreach (var referee in shop.Referees)
        {
            await log.SendUntilAcknowledged(toFirst, shop.Sale(referee, 1_000));
            await log.SendUntilAcknowledged(toSecond, shop.Sale(referee, 2_000));
        }

        var before = await shop.Balances(toSecond);
        Assert.Empty(EffectOracle.Complaints(shop, log, before));

        // The second has just seen that nobody has an alias when the first makes one. From its answer on it holds there, and keeps the order of lines.
        var (anna, known) = (shop.Referees[0], shop.Sale(shop.Referees[0], 3_000));
        Assert.Equal("parked", (string)(await toSecond.Ok("/v1/actions", JsonNode.Parse(shop.Sale("crm-7", 4_000).Json)!))["status"]!);
        Assert.Equal(["rewarded"], await Streamed(toSecond, known));
        await toFirst.Ok($"/v1/referrals/{shop.Program}/{anna}/aliases", new { alias = "crm-7" });
        var lines = Enumerable.Range(0, 200).Select(i => i % 2 == 0 ? (Sold: "crm-7", Back: anna) : (Sold: anna, Back: "crm-7"))
            .Select(by => (Sale: shop.Sale(by.Sold, 1_000), by.Back)).SelectMany(one => new[] { one.Sale, shop.Refund(one.Sale, one.Back, 400) }).ToArray();
        Assert.Equal(lines.Select((_, i) => i % 2 == 0 ? "rewarded" : "reversed"), await Streamed(toSecond, lines));
        Assert.Equal("rewarded", (string)(await toSecond.Ok("/v1/actions", JsonNode.Parse(shop.Sale("crm-7", 5_000).Json)!))["status"]!);
        foreach (var (again, api, referee) in ((SentAction, Api, string)[])[(lines[0], toFirst, anna), (lines[0], toSecond, "crm-7"), (lines[1], toFirst, "crm-7"), (lines[1], toSecond, anna)])
            Assert.True((bool)(await api.Ok("/v1/actions", JsonNode.Parse(new SentAction(again.Id, again.Program, referee, again.Minor, again.RefundOf).Json)!))["duplicate"]!);
        var (earned, back) = (before[shop.Referrers[0]].EarnedMinor + 400 + 300 + (200 * 100) + 500, before[shop.Referrers[0]].ClawedBackMinor + (200 * 40));
        Assert.Equal(new Earned(earned, back), (await shop.Balances(toSecond))[shop.Referrers[0]]);
        await LedgerCheck.Clean(toFirst);
    }

    [Fact]
    public async Task A_server_that_was_stopped_in_mid_commit_and_ended_lets_go_and_writes_nothing_when_it_wakes()
    {
        await using var house = await ServerHouse.On(postgres);
        await using var database = NpgsqlDataSource.Create(house.Owner + ";Search Path=grains");
        var sleeper = await house.Start();
        using var toSleeper = new Api(sleeper.Address);
        var shop = await Shop.Open(toSleeper, "shop", referrers: 1, refereesEach: 4);
        var log = new ClientLog();
        var known = shop.Sale(shop.Referees[0], 1_000);
        foreach (var referee in shop.Referees.Skip(1)) await log.SendUntilAcknowledged(toSleeper, shop.Sale(referee, 1_000));
        await log.SendUntilAcknowledged(toSleeper, known);
        var silo = await Ask<long>(database, "select max(id) from silo");
        var other = await house.Start(port: Ports.Next());
        using var toOther = new Api(other.Address);

        // A commit is under way and holds locks when the process stops. The kernel takes in for it what is sent after that: it is the
        // first that it sees when it wakes.
        List<Task<Answer?>> asleep;
        var late = shop.Referees.Prepend(shop.Referees[1]).Select(referee => shop.Sale(referee, 5_000)).ToList();
        await using (var holder = await database.OpenConnectionAsync(TestContext.Current.CancellationToken))
        {
            await using (var hold = new NpgsqlCommand("begin; select from balance for update", holder)) await hold.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
            var sale = toSleeper.Try("/v1/actions", late[0].Json);
            await Eventually.Holds("the commit waits", async () => await Ask<bool>(
                database, "select exists (select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock')"));
            sleeper.Stop();
            asleep = [sale, .. late.Skip(1).Select(one => toSleeper.Try("/v1/actions", one.Json)), toSleeper.Try("/v1/actions", known.Json), toSleeper.Try("/v1/tenants", """{"id":"late"}""")];
            await SiloLease.End(database, silo, TestContext.Current.CancellationToken);
            await Eventually.Holds("its connections are gone", async () => await Ask<long>(
                database, $"select count(*) from pg_stat_activity a join silo s on s.connections = a.application_name where s.id = {silo}") == 0);
        }

        await log.SendUntilAcknowledged(toOther, shop.Sale(shop.Referees[0], 2_000));
        var written = await Ask<string>(database, Written(silo));
        sleeper.Continue();
        foreach (var answer in await Task.WhenAll(asleep))
        {
            // It may still hand a request on to a grain that lives in the other process.
            if (answer is null or { Status: 200 }) continue;
            Assert.Equal(503, answer.Status);
            Assert.True(answer.RetryAfter > TimeSpan.Zero);
        }

        Assert.Equal(3, await sleeper.Exit());
        Assert.Equal(written, await Ask<string>(database, Written(silo)));
        foreach (var one in late.Append(known)) await log.SendUntilAcknowledged(toOther, one);
        Assert.Empty(EffectOracle.Complaints(shop, log, await shop.Balances(toOther)));
        Assert.False(other.HasExited);
        await LedgerCheck.Clean(toOther);
    }

    // What became of each line.
    private static async Task<List<string?>> Streamed(Api api, params SentAction[] actions)
    {
        var answers = await api.PostRaw("/v1/actions:stream", string.Join('\n', actions.Select(static action => action.Json)), "application/x-ndjson");
        return [.. answers.Body.Split('\n', StringSplitOptions.RemoveEmptyEntries).SkipLast(1).Select(static line => (string?)JsonNode.Parse(line)!["status"])];
    }

    // Its commits, tombstones too, and what is written without a commit.
    private static string Written(long silo) =>
        $"select concat((select count(*) from commit where silo = {silo}), ' commits, ', (select count(*) from tenant), ' tenants, ', (select count(*) from api_key), ' keys')";

    private static async Task<T> Ask<T>(NpgsqlDataSource database, string sql)
    {
        await using var question = database.CreateCommand(sql);
        return (T)(await question.ExecuteScalarAsync())!;
    }
}
