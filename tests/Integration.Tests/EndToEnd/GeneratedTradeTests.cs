using System.Text.Json.Nodes;
using ReferralGrains.Integration.Tests.Faults.World;

namespace ReferralGrains.Integration.Tests.EndToEnd;

/// <summary>Random trade against a second opinion.</summary>
[Collection(OneServer.Name)]
public sealed class GeneratedTradeTests(LivingServer server)
{
    private const long Cap = 5_000;

    [Fact]
    public async Task R5_D5_D8_a_stream_comes_to_what_a_second_opinion_says_and_again_to_nothing_new()
    {
        var shop = await server.OpenShop(referrers: 5, refereesEach: 8, Shop.Percent(new { max_amount_minor = Cap, cap_mode = "clamp", days_after_approved = 365 }));
        var actions = shop.Trade(Seed.Plant(), 3_000);
        var opinion = new CappedPercent(shop, Cap);
        var rewards = actions.Select(opinion.Take).ToList();

        var (lines, summary) = await Stream(actions);
        Assert.Equal(actions.Select(action => action.Id), lines.Select(line => (string)line["action_id"]!));
        Assert.Equal(
            actions.Zip(rewards).Where(pair => pair.First.IsSale).Select(pair => $"{pair.First.Id} {pair.Second}"),
            lines.Zip(actions).Where(pair => pair.Second.IsSale).Select(pair => $"{pair.Second.Id} {Given(pair.First)}"));
        Assert.Equal(opinion.Balances, await shop.Balances(server.Api));
        Assert.Equal(actions.Count(action => !action.IsSale), (int)summary["reversed"]!);
        Assert.Equal(rewards.Zip(actions).Count(pair => pair.Second.IsSale && pair.First > 0), (int)summary["rewarded"]!);
        Assert.Equal((actions.Count, 0, 0), ((int)summary["lines"]!, (int)summary["duplicates"]!, (int)summary["errors"]!));

        // D11: all of it once more.
        (lines, summary) = await Stream(actions);
        Assert.All(lines, line => Assert.True((bool)line["duplicate"]!));
        Assert.Equal((actions.Count, actions.Count), ((int)summary["lines"]!, (int)summary["duplicates"]!));
        Assert.Equal(opinion.Balances, await shop.Balances(server.Api));
        await LedgerCheck.Clean(server.Api);
    }

    [Fact]
    public async Task R13_an_action_is_decided_within_a_second_at_the_99th_percentile_under_load()
    {
        // From sending it to its decision, which is durable: what the field does in up to an hour. The promise is of a machine that does nothing
        // else, and here other tests run on it: one try in four that holds it is enough.
        var slowest = double.MaxValue;
        for (var attempt = 0; attempt < 4 && slowest > 1_000; attempt++) slowest = Math.Min(slowest, await SlowestHundredthUnderLoad());
        Assert.InRange(slowest, 0, 1_000);
    }

    private async Task<double> SlowestHundredthUnderLoad()
    {
        var shop = await server.OpenShop(referrers: 4, refereesEach: 8, Shop.TenPercent);
        var answers = new TaskCompletionSource();
        var load = Stream(shop.Trade(Seed.Plant(), 20_000), () => answers.TrySetResult());
        await Task.WhenAny(answers.Task, load);

        // Only what is answered while the load is counts, however fast a machine is through with that.
        var latencies = new System.Collections.Concurrent.ConcurrentBag<double>();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async client =>
        {
            for (var i = 0; !load.IsCompleted; i++)
            {
                var sale = shop.Sale(shop.Referees[(client + (8 * i)) % shop.Referees.Count], 1_000);
                var began = System.Diagnostics.Stopwatch.GetTimestamp();
                var decided = await server.Api.PostRaw("/v1/actions", sale.Json);
                if (!load.IsCompleted) latencies.Add(System.Diagnostics.Stopwatch.GetElapsedTime(began).TotalMilliseconds);
                Assert.Equal("rewarded", (string?)decided.Json["status"]);
            }
        }));
        var (lines, summary) = await load;
        Assert.Equal((20_000, 20_000, 0), (lines.Count, (int)summary["lines"]!, (int)summary["errors"]!));
        Assert.InRange(latencies.Count, 200, int.MaxValue);
        var ordered = latencies.Order().ToList();
        return ordered[(int)(ordered.Count * 0.99)];
    }

    [Fact]
    public async Task H2_D6_tiers_by_value_follow_the_order_of_arrival_over_all_referees()
    {
        long[] bounds = [0, 20_000, 60_000, 100_000];
        long[] rates = [500, 1_000, 1_500];
        var rule = new
        {
            id = "tiers",
            name = "more for more",
            trigger = "recurring_action",
            reward = new { kind = "cash" },
            tiers = Enumerable.Range(0, 3).Select(i => new { by = "value", min_minor = i == 0 ? 0 : bounds[i] + 1, max_minor = bounds[i + 1], basis_points = rates[i] }),
            hold = new { mode = "none" },
        };
        var shop = await server.OpenShop(referrers: 2, refereesEach: 3, rule);
        var random = Seed.Plant();
        var (tally, earned) = (shop.Referrers.ToDictionary(id => id, _ => 0L), shop.Referrers.ToDictionary(id => id, _ => 0L));
        for (var i = 0; i < 120; i++)
        {
            var sale = shop.Sale(shop.Referees[random.Next(shop.Referees.Count)], random.Next(1, 4_000));
            var referrer = shop.ReferrerOf(sale.Referee);
            tally[referrer] += sale.Minor;
            var tier = Enumerable.Range(0, 3).FirstOrDefault(one => tally[referrer] <= bounds[one + 1], -1);
            var reward = tier < 0 ? 0 : EffectOracle.Share(sale.Minor, rates[tier], 10_000);
            earned[referrer] += reward;

            var answer = await server.Api.PostRaw("/v1/actions", sale.Json);
            Assert.True(answer.IsSuccess, answer.Body);
            Assert.Equal((reward, tier < 0 ? null : tier + 1), (Given(answer.Json), (int?)answer.Json["decisions"]![0]!["tier"]));
            if (tier < 0) Assert.Equal("no_tier", (string?)answer.Json["decisions"]![0]!["code"]);
        }

        Assert.Equal(earned.ToDictionary(pair => pair.Key, pair => new Earned(pair.Value, 0)), await shop.Balances(server.Api));
        await LedgerCheck.Clean(server.Api);
    }

    private static long Given(JsonNode answer) => (long?)answer["decisions"]![0]!["reward"]?["amount_minor"] ?? 0;

    private async Task<(List<JsonNode> Lines, JsonNode Summary)> Stream(List<SentAction> actions, Action? answered = null)
    {
        await using var stream = await LineSocket.Open(server.Process.Address);
        var sending = Task.Run(async () =>
        {
            await stream.SendLines(actions.Select(action => action.Json));
            await stream.End();
        });
        var lines = new List<JsonNode>();
        await foreach (var line in stream.Answers())
        {
            lines.Add(line);
            answered?.Invoke();
        }

        await sending;
        return (lines[..^1], lines[^1]["summary"]!);
    }
}
