using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ReferralGrains.Domain.Flags;
using ReferralGrains.Domain.Money;
using ReferralGrains.Domain.Payouts;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Referrers;
using ReferralGrains.Integration.Tests.Journal;
using ReferralGrains.Integration.Tests.Postgres;
using ReferralGrains.Integration.Tests.Webhooks.World;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Webhooks;

namespace ReferralGrains.Integration.Tests.Webhooks;

/// <summary>docs/webhooks.md against the types that there are, and what is made up against what is told.</summary>
public sealed partial class WebhookPageTests(PostgresServer server)
{
    private static readonly Asset gbp = Asset.Cash("GBP");

    [Fact]
    public void The_page_shows_each_type_with_its_data()
    {
        var shown = Type().Matches(File.ReadAllText(Path.Combine(Checkout.Folder, "docs", "webhooks.md"))).ToDictionary(static one => one.Groups[1].Value, static one => one.Groups[2].Value);
        Assert.Equal(WebhookEventTypes.Words, shown.Keys);
        Assert.All(shown, static one => Assert.Equal(JsonNode.Parse(WebhookSamples.Of(WebhookEventTypes.Find(one.Key)!.Value))!.ToJsonString(), JsonNode.Parse(one.Value)!.ToJsonString()));
    }

    [Fact]
    public async Task What_is_told_of_each_type_has_the_properties_that_the_page_shows()
    {
        await using var house = await WebhookHouse.Open(server);
        var world = house.World;
        Assert.Empty(await house.Events()); // From now on they are gathered.
        await world.Refer("anna");
        await world.Sell("anna", 5_000, "sale");
        await world.Refund("anna", "sale", 1_000, "refund");
        await world.Send("anna", Domain.Actions.ActionKind.RefundFailed, null, "failed", "refund");
        await world.Sell("anna", 3_000, "sale2");
        await Cancel(house, "anna");
        world.Now += TimeSpan.FromDays(40);
        await world.Settle("anna");
        await world.Turn("anna", static turn => ReferralCommands.Cancel(turn, "reason", "ada", cancelPending: false));
        await world.AddReferrer("ralf");
        await world.Book("bonus", 1_000);
        await Append(house, 3, "uma", new GroupReleased(world.Program.Stream, 1, gbp, 1, 10_000, null), new ReferrerClosed(null, "ada"));
        await Append(house, 2, "program", "carl", new ReferralReassigned(new(1), new(1), true, null, "ada"));
        await Items(house);
        await Append(
            house, 1, "batch", new BatchFrozen("5f0c", []), new BatchApproved("ada"), new SendingPaused(true, "why"), new BatchSettled(), new BatchCancelled());
        var flagged = (await world.Stream("anna")).Value;
        await house.Database.Run($"insert into flag (stream, kind, tenant, state, reason, opened_at) values ({flagged}, {(int)FlagKind.SelfReferral}, {world.Tenant}, 1, 'same_id', now())");
        foreach (var state in (int[])[2, 3]) await house.Database.Run($"update flag set state = {state}, resolved_at = now() where stream = {flagged}");
        await using var process = await house.Deliver();
        await Eventually.Holds("all types are there", async () => (await house.Events()).Select(static message => message.Type).Distinct().Count() == WebhookEventTypes.Words.Length);

        foreach (var told in (await house.Events()).GroupBy(static message => message.Type))
        {
            var body = JsonNode.Parse(told.First().Body.Span)!;
            Assert.Equal(["id", "type", "timestamp", "data"], body.AsObject().Select(static one => one.Key));
            Assert.True(told.First().Body.Length < 1_000);
            var (data, sample) = (body["data"]!.AsObject(), JsonNode.Parse(WebhookSamples.Of(told.Key))!.AsObject());
            Assert.True(
                sample.Select(static one => one.Key).Order().SequenceEqual(data.Select(static one => one.Key).Order()), $"{told.Key.ToWord()}: {data.ToJsonString()}, and the page has {sample.ToJsonString()}");
            Assert.All(sample, one => Assert.Equal(one.Value!.GetValueKind() is System.Text.Json.JsonValueKind.True or System.Text.Json.JsonValueKind.False, data[one.Key]!.GetValueKind() is System.Text.Json.JsonValueKind.True or System.Text.Json.JsonValueKind.False));
        }
    }

    // The reward of the sale that was made last.
    private static async Task Cancel(WebhookHouse house, string referee)
    {
        var rows = await house.World.RowsOf(referee);
        var (last, referrer) = (rows[^1], ((SaleDecided)rows[^1].Decode<ReferralEvent>()).Referrer);
        var taken = new RewardChange(new RewardId(last.Seq, 0).Key, 1, referrer, gbp, 300, Pending: true);
        Assert.Equal(AppendOutcome.Committed, await house.World.Writer.Append(new()
        {
            Tenant = house.World.Tenant,
            Streams = [new(await house.World.Stream(referee), last.Seq + 1, [EventCodec.Encode(new RewardCancelled(last.Seq, taken, "reason", "ada"), house.World.Now)])],
        }));
    }

    private static async Task Items(WebhookHouse house)
    {
        var order = new PayoutOrder("item", new(77_001), new(77_002), new(5_000, gbp), "acct_1");
        await Append(
            house, 5, "item", new PayoutReserved(order), new TransferMade(1, "tr_1", false), new TransferRejected(1, "account_closed"), new PayoutReleased("account_not_ready", null),
            new TransferReversed(5_000), new PayoutToReview(ReviewReason.Differs, null), new ReviewResolved(ReviewAnswer.NeverPaid, "why", "ada", null),
            new ReversalAsked("back-17", 500, "why", "ada"), new ReversalStep("back-17", new FundsRanShort(1)), new ReversalStep("back-17", new TransferRejected(1, "balance_insufficient")));
        await house.Database.Run($"""
            insert into stream (id, tenant, kind, a) values (77001, {house.World.Tenant}, 1, 'batch_1'), (77002, {house.World.Tenant}, 3, 'paula');
            insert into payout_item (stream, tenant, batch, referrer, asset, minor, destination, status, in_transit, generation, step)
              select id, tenant, 77001, 77002, 'GBP', 5000, 'acct_1', 1, true, 1, 1 from stream where kind = 5
            """);
    }

    private static Task Append(WebhookHouse house, short kind, string name, params object[] events) => Append(house, kind, name, "", events);

    private static async Task Append(WebhookHouse house, short kind, string first, string second, params object[] events)
    {
        var loader = new StreamLoader(house.Database.Source);
        var key = new StreamKey(house.World.Tenant, kind, first, second);
        var stream = (await loader.Load(key)).Stream;
        Assert.Equal(AppendOutcome.Committed, await house.World.Writer.Append(new()
        {
            Tenant = house.World.Tenant,
            Streams = [new(stream, 1, [.. events.Select(static e => EventCodec.Encode(e, Rows.At))], key)],
        }));
        await loader.DisposeAsync();
    }

    [GeneratedRegex("### `([a-z_.]+)`\n\n[^\n]+\n\n```json\n(.*?)\n```")]
    private static partial Regex Type();
}
