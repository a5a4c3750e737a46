using ReferralGrains.Integration.Tests.Gateway.World;
using ReferralGrains.Storage.Audit;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Tenants;

namespace ReferralGrains.Integration.Tests.Gateway;

/// <summary>Which requests are logged, and what an entry says.</summary>
public sealed class AuditTests : IAsyncLifetime
{
    private GatewayHost host = null!;

    public async ValueTask InitializeAsync() => host = await GatewayHost.Start();

    public ValueTask DisposeAsync() => host.DisposeAsync();

    [Fact]
    public async Task A_change_is_logged_with_who_what_why_and_what_came_of_it()
    {
        var key = await host.KeyFor(KeyRole.Admin);
        var by = (await host.Send("GET", "/v1/session", key: key)).Body.GetProperty("key_id").GetString();
        await host.Send("POST", "/v1/referrers", """{"id":"rita","email":"rita@example.org","name":"Rita"}""", key);
        await host.Send("POST", "/v1/referrers/rita/close?x=1", "{}", key); // Not let in: nobody reads x.
        await host.Send("POST", "/v1/referrers/rita/close", """{"reason":"left the team"}""", key);
        await host.Send("POST", "/v1/referrers/nobody/close", """{"reason":"left as well"}""", key);
        await host.Send("PATCH", "/v1/referrers/rita", "{", key);

        Assert.Equal(
            [
                ("createReferrer", "POST /v1/referrers", null, "rita", 201, null), ("closeReferrer", "POST /v1/referrers/rita/close", "rita", null, 200, "left the team"),
                ("closeReferrer", "POST /v1/referrers/nobody/close", "nobody", null, 404, null), ("changeReferrer", "PATCH /v1/referrers/rita", "rita", null, 400, null),
            ],
            host.Audit.All.Select(one => (one.Entry.Operation, one.Entry.Request, one.Entry.Subject, one.Outcome!.Subject, one.Outcome.Status, one.Outcome.Reason)));
        Assert.All(host.Audit.All, one => Assert.Equal((1, by, KeyRole.Admin), (one.Entry.Tenant, one.Entry.By, one.Entry.Role)));
    }

    [Fact]
    public async Task A_look_is_logged_where_it_shows_a_person_or_takes_a_list_out()
    {
        await host.Ok("POST", "/v1/referrers", """{"id":"rita","email":"rita@example.org"}""");
        var link = await host.LinkFor("rita");
        Assert.Equal("rita", host.Audit.All[^1].Outcome!.Subject);
        var before = host.Audit.All.Count;
        var (admin, read) = (await host.KeyFor(KeyRole.Admin), await host.KeyFor(KeyRole.Read));
        await host.Send("GET", "/v1/referrers/rita", key: read);
        await host.Send("GET", "/v1/referrers", key: read);
        await host.Send("GET", "/v1/referrers/rita/balance", key: admin);
        await host.Send("GET", "/v1/programs", key: admin);
        Assert.Equal(before, host.Audit.All.Count);

        await host.Send("GET", "/v1/referrers/rita", key: admin);
        await host.Send("GET", "/v1/referrers?limit=1", key: admin);
        await host.Send("GET", "/v1/referrers/rita/statement", key: read);
        await host.Send("GET", "/v1/portal", key: link);
        foreach (var list in (string[])["/v1/programs", "/v1/referrers"])
        {
            using var table = new HttpRequestMessage(HttpMethod.Get, list) { Headers = { Accept = { new("text/csv") }, Authorization = new("Bearer", read) } };
            (await host.Client.SendAsync(table)).Dispose();
        }

        Assert.Equal(
            [
                ("GET /v1/referrers/rita", "rita", KeyRole.Admin), ("GET /v1/referrers", null, KeyRole.Admin), ("GET /v1/referrers/rita/statement", "rita", KeyRole.Read),
                ("GET /v1/portal", "rita", KeyRole.Portal), ("GET /v1/programs", null, KeyRole.Read), ("GET /v1/referrers", null, KeyRole.Read), // Without a name in it, a list all the same.
            ],
            host.Audit.All.Skip(before).Select(one => (one.Entry.Request, one.Entry.Subject, one.Entry.Role)));
        Assert.All(host.Audit.All, one => Assert.InRange(one.Outcome!.Status, 200, 299));
    }

    [Fact]
    public async Task What_cannot_be_logged_is_not_done_and_not_shown()
    {
        await host.Ok("POST", "/v1/referrers", """{"id":"rita","email":"rita@example.org"}""");
        host.Audit.Outage = new JournalUnavailableException("gone");
        foreach (var (method, path, body) in ((string, string, string?)[])[("GET", "/v1/referrers/rita", null), ("POST", "/v1/referrers", """{"id":"sam"}"""), ("PATCH", "/v1/referrers/rita", """{"name":"R"}""")])
        {
            var (status, answer) = await host.Send(method, path, body);
            Assert.Equal((503, "unavailable"), (status, answer.GetProperty("code").GetString()));
        }

        Assert.Equal(404, (await host.Send("GET", "/v1/referrers/sam", key: await host.KeyFor(KeyRole.Read))).Status);
        host.Audit.Outage = null;
        Assert.False((await host.Ok("GET", "/v1/referrers/rita")).TryGetProperty("name", out _));
    }

    [Fact]
    public async Task What_only_asks_what_would_be_and_what_is_not_let_in_is_in_no_entry()
    {
        await host.WithProgram();
        var before = host.Audit.All.Count;
        await host.Send("POST", "/v1/programs/p/rules?dry_run=true", """{"id":"r2","trigger":"recurring_action","reward":{"kind":"cash","type":"percent","basis_points":1000}}""");
        await host.Send("POST", "/v1/actions", """{"action_id":"a","program_id":"p","type":"sale","referee_id":"c","amount_minor":1}""");
        await host.Send("POST", "/v1/programs", "{}", await host.KeyFor(KeyRole.Read));
        await host.Send("POST", "/v1/programs", "{}", "rg_live_nobodys");
        Assert.Equal(before, host.Audit.All.Count);
    }

    [Fact]
    public async Task The_log_is_listed_in_pages_as_JSON_and_as_a_table()
    {
        await host.Ok("POST", "/v1/referrers", """{"id":"rita"}""");
        await host.Ok("POST", "/v1/programs", """{"id":"p","name":"P","currency":"GBP","time_zone":"Europe/London"}""");
        var page = await host.Ok("GET", "/v1/audit_entries?limit=1");
        var entry = page.GetProperty("data")[0];
        Assert.Equal(
            ("admin_key", "all", "createProgram", "p", 201, true),
            (entry.GetProperty("by").GetString(), entry.GetProperty("role").GetString(), entry.GetProperty("operation").GetString(), entry.GetProperty("subject_id").GetString(),
                entry.GetProperty("status").GetInt32(), page.GetProperty("has_more").GetBoolean()));
        Assert.Equal(400, (await host.Send("GET", "/v1/audit_entries?starting_after=aud_x")).Status);
        Assert.Equal("invalid_id", (await host.Send("GET", "/v1/audit_entries?subject_id=a%20b")).Body.GetProperty("code").GetString());
        using var asked = new HttpRequestMessage(HttpMethod.Get, "/v1/audit_entries") { Headers = { Accept = { new("text/csv") }, Authorization = new("Bearer", GatewayHost.AdminKey) } };
        using var table = await host.Client.SendAsync(asked);
        Assert.StartsWith("id,at,by,role,operation,request,subject_id,status,reason,request_id\r\naud_", await table.Content.ReadAsStringAsync(), StringComparison.Ordinal);

        // What was written down under a name of then is shown under that of now.
        await host.Audit.Begin(host.Audit.All[^1].Entry with { Id = AuditEntry.NewId(TimeProvider.System), Operation = "releasePayoutBatcheItem" });
        var operations = (await host.Ok("GET", "/v1/audit_entries?operation=releasePayoutBatcheItem")).GetProperty("data").EnumerateArray().Select(static one => one.GetProperty("operation").GetString());
        Assert.Equal("releasePayoutBatchItem", operations.First());
        Assert.Equal(0, (await host.Send("GET", "/v1/audit_entries", key: await host.KeyFor(KeyRole.Operator))).Body.GetProperty("data").GetArrayLength());
    }
}
