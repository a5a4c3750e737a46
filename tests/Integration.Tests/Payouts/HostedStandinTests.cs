using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using ReferralGrains.Integration.Tests.Journal;
using ReferralGrains.Integration.Tests.Postgres;
using ReferralGrains.Payouts.Standin;
using ReferralGrains.Storage.Payouts;

namespace ReferralGrains.Integration.Tests.Payouts;

/// <summary>The stand-in of sandboxes: one for all processes on a database, and there again after a restart.</summary>
public sealed class HostedStandinTests(PostgresServer server) : JournalTest(server)
{
    private const string Key = "sk_test_standin_7";

    [Fact]
    public async Task Two_processes_have_one_stand_in_that_survives_both()
    {
        await using var turn = new SenderTurn(Database.Source);
        string account, transfer;
        var (one, two) = (New(turn), New(turn));
        try
        {
            account = (string)(await Call(one, "/v1/accounts", "type=express&country=GB&capabilities[transfers][requested]=true", "a"))["id"]!;
            Assert.Equal(account, (string?)(await Call(two, $"/v1/accounts/{account}"))["id"]);

            // The link that one has made is good at the other, and what its page does is seen by both.
            var link = (string)(await Call(one, "/v1/account_links", $"account={account}&type=account_onboarding&return_url=https://x.test&refresh_url=https://x.test", "l"))["url"]!;
            Assert.StartsWith("http://shop.test:8080/standin/onboarding/", link, StringComparison.Ordinal);
            using var browser = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false });
            using var finished = await browser.PostAsync(new Uri(await two.Address(), new Uri(link).AbsolutePath), null);
            Assert.Equal(302, (int)finished.StatusCode);
            Assert.Equal("active", (string?)(await Call(one, $"/v1/accounts/{account}"))["capabilities"]!["transfers"]);

            // The same key from both at once pays once.
            var paid = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => Call(i % 2 == 0 ? one : two, "/v1/transfers", $"amount=5&currency=gbp&destination={account}&transfer_group=g", $"k{i / 4}")));
            Assert.Equal(3, paid.Select(one => (string?)one["id"]).Distinct().Count());
            transfer = (string)paid[0]["id"]!;
        }
        finally
        {
            await one.DisposeAsync();
            await two.DisposeAsync();
        }

        await using var again = New(turn);
        var all = (await Call(again, "/v1/transfers?transfer_group=g"))["data"]!.AsArray();
        Assert.Equal((3, true), (all.Count, all.Any(found => (string?)found!["id"] == transfer)));
    }

    // Each is kept for good, so there is an end to them; what only reads, and other tenants, go on.
    [Fact]
    public async Task A_sandbox_changes_it_so_often_and_no_more_also_after_a_restart()
    {
        await using var turn = new SenderTurn(Database.Source);
        for (var restart = 0; restart < 2; restart++)
        {
            await using var standin = New(turn, most: 3);
            for (var i = 0; i < 3 && restart == 0; i++) await Call(standin, "/v1/customers", $"name=c{i}", $"k{i}");
            Assert.Contains("standin_full", (await Assert.ThrowsAnyAsync<Exception>(() => Call(standin, "/v1/customers", "name=d", "d"))).Message, StringComparison.Ordinal);
            Assert.Equal(3, (await Call(standin, "/v1/customers"))["data"]!.AsArray().Count);
        }

        Assert.Equal(3, await Database.Ask<long>("select count(*) from standin_call"));
    }

    private HostedStandin New(SenderTurn turn, int most = HostedStandin.MostChanges) =>
        new(new StandinCalls(Database.Source), turn, new StandinAddress(new("http://shop.test:8080")), TimeProvider.System, most);

    private static async Task<JsonNode> Call(HostedStandin standin, string path, string? form = null, string? key = null)
    {
        using var http = new HttpClient { BaseAddress = await standin.Address() };
        using var request = new HttpRequestMessage(form is null ? HttpMethod.Get : HttpMethod.Post, path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Key);
        if (key is not null) request.Headers.Add("Idempotency-Key", key);
        if (form is not null) request.Content = new StringContent(form, MediaTypeHeaderValue.Parse("application/x-www-form-urlencoded"));
        using var answer = await http.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, text);
        return JsonNode.Parse(text)!;
    }
}
