using Microsoft.Extensions.DependencyInjection;
using ReferralGrains.Domain.Money;
using ReferralGrains.Domain.Payouts;
using ReferralGrains.Gateway;
using ReferralGrains.Gateway.Sources;
using ReferralGrains.Integration.Tests.Gateway.World;

namespace ReferralGrains.Integration.Tests.Gateway;

/// <summary>Codes, each by a call that is answered with it; most have a test where their rule has its tests.</summary>
public sealed class CodeTests(SharedGateway gateway) : IClassFixture<SharedGateway>
{
    private readonly GatewayHost host = gateway.Host;

    [Theory]
    [InlineData("GET", "/v1/rewards/rwd_1_99_0", null, 404, "reward_not_found", "id")]
    [InlineData("GET", "/v1/webhook_endpoints/we_99", null, 404, "webhook_endpoint_not_found", "id")]
    [InlineData("DELETE", "/v1/portal_links/pl_99", null, 404, "portal_link_not_found", "id")]
    [InlineData("POST", "/v1/flags/flag_99_1/clear", null, 404, "flag_not_found", "id")]
    [InlineData("GET", "/v1/payout_batches/none", null, 404, "payout_batch_not_found", "id")]
    [InlineData("GET", "/v1/referrers/rita/payout_account", null, 404, "payout_account_not_found", "referrer_id")]
    [InlineData("GET", "/v1/reconciliation?run_id=rec_99", null, 404, "reconciliation_not_found", "run_id")]
    [InlineData("PUT", "/v1/payout_terms", """{"schedule":{"every":"amount"}}""", 422, "amount_needs_minimum", "minimums")]
    [InlineData("PUT", "/v1/payout_terms", """{"second_person":true,"auto_approve":true}""", 422, "auto_approve_needs_nobody", "auto_approve")]
    public Task What_is_not_there_or_contradicts_itself(string method, string path, string? body, int status, string code, string param) =>
        Refused(method, path, body, status, code, param);

    [Fact]
    public async Task A_delivery_is_of_its_endpoint()
    {
        var endpoint = (await host.Ok("POST", "/v1/webhook_endpoints", """{"url":"https://shop.test/told","events":["reward.payable"]}""")).GetProperty("id").GetString();
        await Refused("POST", $"/v1/webhook_endpoints/{endpoint}/deliveries/whd_99/resend", null, 404, "delivery_not_found", "delivery");
    }

    [Fact]
    public async Task D16_a_referral_whose_rewards_wait_in_a_group_is_not_given_to_another()
    {
        await host.WithProgram("grouped");
        await host.Ok("POST", "/v1/programs/grouped/rules", """
            {"id":"together","trigger":"recurring_action","reward":{"kind":"cash","type":"fixed","amount_minor":5},"hold":{"mode":"group","amount_minor":1000} }
            """);
        await host.Ok("POST", "/v1/referrers", """{"id":"tom"}""");
        await host.Ok("POST", "/v1/referrals", """{"program_id":"grouped","referee_id":"carl","referrer_id":"rita"}""");
        await host.Ok("POST", "/v1/actions", """{"action_id":"grouped1","program_id":"grouped","type":"sale","referee_id":"carl","amount_minor":100}""");
        await Refused("POST", "/v1/referrals/grouped/carl/reassign", """{"referrer_id":"tom"}""", 409, "rewards_grouped", null);
    }

    [Fact]
    public async Task A_tenant_has_so_many_sources()
    {
        await using var few = await GatewayHost.Start(configure: static options => options.SourceSecrets = SourceSecrets.Parse("""{"default":{"known":["whsec_of_the_test"]}}"""));
        await few.WithProgram();
        const string source = """{"kind":"stripe","program_id":"p","secret_ref":"known"}""";
        for (var i = 0; i < SourceEndpoints.MaxSources; i++) await few.Ok("POST", "/v1/sources", source);
        Assert.Equal((409, "too_many_sources", null), Seen(await few.Send("POST", "/v1/sources", source)));
    }

    [Fact]
    public async Task A_batch_of_which_nothing_failed_is_not_paid_once_more()
    {
        host.Grains.Payouts.AddBatch("whole", "item_whole", new("rita"));
        await Refused("POST", "/v1/payout_batches/whole/retry", null, 409, "payout_nothing_failed", null);
    }

    // It is in a batch that was settled meanwhile, after a person had it sent again.
    [Fact]
    public async Task A_batch_of_which_an_item_awaits_funds_is_paid_once_more()
    {
        host.Grains.Payouts.AddBatch("short", "item_short", new("rita"), new(500, Asset.Cash("GBP")), [new FundsRanShort(1)], outside: false);
        Assert.Equal("retrying", (await host.Ok("POST", "/v1/payout_batches/short/retry")).GetProperty("status").GetString());
    }

    public static TheoryData<string, long, PayoutItemEvent[], int, string, string> Reversals => new()
    {
        { "back", 10, [new ReversalAsked("other", 10, "why", "ada")], 409, "reversal_open", "item" },
        { "back", 10, Rejected(PayoutReversalDecider.Most), 409, "too_many_reversals", "item" },
        { "back", 5, [], 422, "amount_indivisible", "amount_minor" },
        { "back", 1_010, [], 422, "reversal_too_large", "amount_minor" },
        { "old", 20, Rejected(1), 409, "conflict", "reversal_id" },
    };

    [Theory]
    [MemberData(nameof(Reversals), DisableDiscoveryEnumeration = true)]
    public async Task What_cannot_be_asked_back(string reversal, long minor, PayoutItemEvent[] before, int status, string code, string param)
    {
        // Stripe moves dinars in steps of ten.
        host.Grains.Payouts.AddBatch($"of_{code}", $"item_{code}", new("rita"), new(1_000, Asset.Cash("KWD")), [new TransferMade(1, "tr_1", ByLookup: false), .. before]);
        await Refused(
            "POST", $"/v1/payout_batches/of_{code}/items/item_{code}/reverse", $$"""{"reversal_id":"{{reversal}}","amount_minor":{{minor}},"reason":"a test"}""", status, code, param);
    }

    [Fact]
    public async Task What_a_person_says_of_an_item_and_Stripe_does_not()
    {
        host.Grains.Payouts.AddBatch("looked_at", "item_looked_at", new("rita"));
        var review = host.Services.GetRequiredService<InMemoryReconciliations>();
        foreach (var (why, status, code, param) in ((PayoutItemRefusal?, int, string, string?)[])
        [
            (PayoutItemRefusal.WrongState, 409, "payout_item_not_in_review", "item"), (PayoutItemRefusal.TransferThere, 409, "transfer_there", "decision"),
            (PayoutItemRefusal.TransferUnfit, 422, "transfer_unfit", "transfer_id"), (PayoutItemRefusal.TooEarly, 409, "too_early", "decision"),
            (null, 503, "stripe_unavailable", null),
        ])
        {
            review.Reviewed = why is null ? null : new(why, false, PayoutItem.None);
            await Refused(
                "POST", "/v1/payout_batches/looked_at/items/item_looked_at/resolve", """{"decision":"paid_by","transfer_id":"tr_1","reason":"a test"}""", status, code, param);
        }
    }

    private static PayoutItemEvent[] Rejected(int times) => [.. Enumerable.Range(0, times).SelectMany(static i => (PayoutItemEvent[])
    [
        new ReversalAsked(i == 0 ? "old" : $"old{i}", 10, "why", "ada"), new ReversalStep(i == 0 ? "old" : $"old{i}", new TransferRejected(1, "balance_insufficient")),
    ])];

    private async Task Refused(string method, string path, string? body, int status, string code, string? param) =>
        Assert.Equal((status, code, param), Seen(await host.Send(method, path, body)));

    private static (int, string?, string?) Seen((int Status, System.Text.Json.JsonElement Problem) answer) => (
        answer.Status, answer.Problem.GetProperty("code").GetString(), answer.Problem.TryGetProperty("param", out var named) ? named.GetString() : null);
}
