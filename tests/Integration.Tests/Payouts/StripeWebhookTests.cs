using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Payouts.Tests.World;
using ReferralGrains.Domain.Payouts;
using ReferralGrains.Integration.Tests.Gateway.World;
using ReferralGrains.Integration.Tests.Journal;
using ReferralGrains.Integration.Tests.Payouts.World;
using ReferralGrains.Integration.Tests.Postgres;
using ReferralGrains.Payouts.Sending;
using ReferralGrains.Payouts.Standin;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Turns.Payouts;

namespace ReferralGrains.Integration.Tests.Payouts;

/// <summary>What Stripe tells is believed where it is signed, and follows the same way as what a sender was answered.</summary>
public sealed class StripeWebhookTests(PostgresServer server)
{
    private const string Live = """{"id":"evt_1","object":"event","type":"transfer.created","livemode":true,"data":{"object":{"id":"tr_1"}}}""";

    private static readonly StripeKeys keys = StripeKeys.Parse("""
        {"default": {"secret_key": "sk_live_1", "webhook_secrets": ["whsec_new", "whsec_old"]}, "closed": {"secret_key": "sk_live_2"},
         "trial": {"secret_key": "sk_test_1", "webhook_secrets": ["whsec_trial"]}, "ghost": {"secret_key": "sk_live_3", "webhook_secrets": ["whsec_ghost"]}}
        """);

    private static readonly string test = Live.Replace("true", "false", StringComparison.Ordinal);
    private static readonly DateTimeOffset now = TimeProvider.System.GetUtcNow();

    public static TheoryData<string, string, string, string?, int> Told => new()
    {
        { "signed by the new secret", "default", Live, Sign(Live, "whsec_new"), 200 },
        { "signed by the old secret", "default", Live, Sign(Live, "whsec_old"), 200 },
        { "signed by another scheme as well", "default", Live, Sign(Live, "whsec_new") + ",v0=00", 200 },
        { "forged", "default", Live, Sign(Live, "whsec_theirs"), 400 },
        { "of another tenant's secret", "default", Live, Sign(Live, "whsec_trial"), 400 },
        { "altered", "default", Live.Replace("tr_1", "tr_2", StringComparison.Ordinal), Sign(Live, "whsec_new"), 400 },
        { "old", "default", Live, StandinWebhooks.Sign(Live, "whsec_new", now.AddSeconds(-330)), 400 },
        { "test mode in live", "default", test, Sign(test, "whsec_new"), 400 },
        { "test mode in a sandbox", "trial", test, Sign(test, "whsec_trial"), 200 },
        { "live in a sandbox", "trial", Live, Sign(Live, "whsec_trial"), 400 },
        { "without a header", "default", Live, null, 400 },
        { "with a header that is none", "default", Live, ",=,t=,v1", 400 },
        { "with a huge time", "default", Live, "t=99999999999999999999999999,v1=00", 400 },
        { "with the largest time", "default", Live, "t=9223372036854775807,v1=00", 400 },
        { "no event", "default", "{}", Sign("{}", "whsec_new"), 400 },
        { "no JSON", "default", "x", Sign("x", "whsec_new"), 400 },
        { "empty", "default", "", Sign("", "whsec_new"), 400 },
        { "for a tenant without secrets", "closed", Live, Sign(Live, "whsec_new"), 400 },
        { "for a tenant that is not there", "ghost", Live, Sign(Live, "whsec_ghost"), 400 },
        { "for a tenant without a key", "nobody", Live, Sign(Live, "whsec_new"), 400 },
        { "for what is no tenant's name", "a%20b", Live, Sign(Live, "whsec_new"), 400 },
        { "too large", "default", Large, Sign(Large, "whsec_new"), 400 },
        { "with too long an id", "default", LongId, Sign(LongId, "whsec_new"), 400 },
    };

    private static string Large => Live[..^1] + ",\"x\":\"" + new string('x', 300_000) + "\"}";

    private static string LongId => Live.Replace("evt_1", new string('e', 300), StringComparison.Ordinal);

    [Theory]
    [MemberData(nameof(Told), DisableDiscoveryEnumeration = true)]
    public async Task What_is_signed_is_taken_and_all_else_is_one_answer(string how, string tenant, string payload, string? signature, int status)
    {
        await using var host = await GatewayHost.Start(keys: keys);
        await host.Ok("POST", "/v1/referrers", """{"id":"rita"}""");
        await host.Tenants.Create(new("trial"), true, null, CancellationToken.None);
        var (answered, code) = await Post(host, tenant, Encoding.UTF8.GetBytes(payload), signature);
        Assert.Equal((how, status, status == 200 ? null : "webhook_not_believed"), (how, answered, code));
        Assert.Equal(status == 200 ? 1 : 0, host.Services.GetRequiredService<InMemoryReconciliations>().Events.Count);
    }

    [Fact]
    public async Task What_cannot_be_written_down_is_told_again()
    {
        await using var host = await GatewayHost.Start(keys: keys);
        host.Services.GetRequiredService<InMemoryReconciliations>().Failure = new JournalUnavailableException("away");
        Assert.Equal((503, "unavailable"), await Post(host, "default", Encoding.UTF8.GetBytes(Live), Sign(Live, "whsec_new")));
    }

    // Bytes that are no UTF-8 would become others on the way through a string.
    [Fact]
    public async Task The_signature_is_over_the_bytes_that_came()
    {
        await using var host = await GatewayHost.Start(keys: keys);
        byte[] bytes = [.. Encoding.UTF8.GetBytes(Live[..^1] + ",\"x\":\""), 0xFF, .. "\"}"u8];
        Assert.Equal(400, (await Post(host, "default", bytes, Sign(Encoding.UTF8.GetString(bytes), "whsec_theirs"))).Status);
        Assert.Equal(400, (await Post(host, "default", bytes, Sign(Encoding.Latin1.GetString(bytes), "whsec_new"))).Status);
    }

    // Whoever sent them heard nothing: what is left is what Stripe tells, of which a third never comes, and what comes is twice and in any order.
    [Fact]
    public async Task Dropped_repeated_and_reordered_they_end_where_all_of_them_would()
    {
        await using var database = await JournalDatabase.Create(server);
        await using var standin = await RunningStandin.Start();
        standin.Platform.Fund("usd", 10_000_000);
        standin.Platform.Webhooks.AddTarget(new("http://127.0.0.1:1/nobody"));
        await using var house = await PayoutHouse.Open(database.Source, standin);
        var client = standin.Client();
        var orders = new List<PayoutOrder>();
        for (var i = 0; i < 40; i++) orders.Add(await house.Order($"w{i}", 1_000 + i, intend: false));
        foreach (var order in orders)
        {
            var made = await client.V1.Transfers.CreateAsync(new()
            {
                Amount = order.StripeAmount,
                Currency = "usd",
                Destination = order.Destination,
                TransferGroup = order.Item,
                Metadata = new() { ["item"] = order.Item },
            });
            if (order == orders[0]) await client.V1.Transfers.Reversals.CreateAsync(made.Id, new() { Amount = 400 });
            if (order == orders[1]) await client.V1.Transfers.Reversals.CreateAsync(made.Id, new());
        }

        standin.Platform.Tell("payout.failed", new JsonObject { ["id"] = "po_1", ["object"] = "payout" }, orders[0].Destination);
        var (random, door) = (new Random(20_261_128), house.Services.GetRequiredService<IStripeDoor>());
        var told = standin.Platform.Webhooks.Take().Select(one => one.Payload).Where(_ => random.Next(100) >= 30).ToList();
        Assert.True(told.Count < 100, $"{told.Count} of them are told");
        var sent = told.Concat(told.Where(_ => random.Next(2) == 0)).OrderBy(_ => random.Next()).ToList();
        await Parallel.ForEachAsync(sent, async (payload, stop) => Assert.Equal(
            StripeTold.Taken, await door.Take(new("shop"), Encoding.UTF8.GetBytes(payload), StandinWebhooks.Sign(payload, PayoutHouse.Secret, TimeProvider.System.GetUtcNow()), stop)));
        Assert.Equal(told.Count, await database.Ask<long>("select count(*) from webhook_inbox"));

        await using (house.Follow())
        {
            foreach (var order in orders.Skip(2)) await house.Until(order, PayoutItemStatus.Confirmed);
            await house.Until(orders[0], PayoutItemStatus.PartlyReversed);
            await house.Until(orders[1], PayoutItemStatus.Reversed);
            await Eventually.Holds("all is followed", async () => await database.Ask<long>("select count(*) from webhook_inbox where next_at is not null") == 0);
        }

        Assert.Equal(orders.Sum(order => order.Amount.Minor) - 400 - 1_001, await database.Ask<decimal>("select sum(paid) from balance"));
        Assert.Equal(0, await database.Ask<decimal>("select sum(in_transit) from balance"));
        Assert.True(await database.Ask<long>("select count(*) from webhook_inbox where type like 'transfer.%'") >= 42, "what never came was asked for");
        Assert.Equal(0, await database.Ask<long>("select count(*) from webhook_inbox where outcome = 4"));
    }

    // Sources of tenants that pay nothing out have the same inbox.
    [Fact]
    public async Task What_came_long_ago_is_forgotten_whosoever_it_was()
    {
        await using var database = await JournalDatabase.Create(server);
        await using var standin = await RunningStandin.Start();
        await using var house = await PayoutHouse.Open(database.Source, standin);
        await database.Run(
            """
            insert into webhook_inbox (tenant, source, account, event, type, received_at, outcome)
              select 7000, 'src_1', '', 'evt_' || i, 'refund.created', case when i <= 12000 then now() - interval '61 days' else now() end, 1 from generate_series(1, 12001) i;
            insert into webhook_inbox (tenant, source, account, event, type, received_at, next_at) values (7000, 'src_1', '', 'under way', 'refund.created', now() - interval '61 days', 'infinity');
            create table portion (size bigint);
            create function count_portion() returns trigger language plpgsql security definer as $$ begin insert into portion select count(*) from gone; return null; end $$;
            create trigger portions after delete on webhook_inbox referencing old table as gone for each statement execute function count_portion();
            """);
        await using var following = house.Follow();
        await Eventually.Holds("it is forgotten", async () => await database.Ask<string>("select string_agg(event, ', ' order by id) from webhook_inbox where tenant = 7000") == "evt_12001, under way");
        Assert.InRange(await database.Ask<long>("select max(size) from portion"), 1, 5_000);
    }

    private static string Sign(string payload, string secret) => StandinWebhooks.Sign(payload, secret, TimeProvider.System.GetUtcNow());

    private static async Task<(int Status, string? Code)> Post(GatewayHost host, string tenant, byte[] payload, string? signature)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/webhooks/stripe/" + tenant) { Content = new ByteArrayContent(payload) };
        if (signature is not null) request.Headers.TryAddWithoutValidation("Stripe-Signature", signature);
        using var answer = await host.Client.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        return ((int)answer.StatusCode, answer.StatusCode == HttpStatusCode.OK ? null : (string?)JsonNode.Parse(text)!["code"]);
    }
}
