using System.Text.Json.Nodes;
using ReferralGrains.Integration.Tests.Faults.World;
using ReferralGrains.Integration.Tests.Postgres;

[assembly: AssemblyFixture(typeof(ReferralGrains.Web.Tests.World.Marketplace))]
[assembly: CollectionBehavior(MaxParallelThreads = 3)]

namespace ReferralGrains.Web.Tests.World;

/// <summary>
/// A real server on a real PostgreSQL with a sandbox tenant in it: two programs, three referrers, sales, a refund and one payable balance.
/// Tests that change something make things of their own beside these.
/// </summary>
public sealed class Marketplace : IAsyncLifetime
{
    public const string Tenant = "acme";

    private readonly Dictionary<string, string> keys = [];
    private readonly PostgresServer postgres = new();
    private ServerHouse house = null!;
    private Provider provider = null!;
    private Api root = null!;

    public Uri Address => Server.Address;

    public ServerProcess Server { get; private set; } = null!;

    /// <summary>The API as an admin of the tenant.</summary>
    public Api Admin { get; private set; } = null!;

    public string Key(string role) => keys[role];

    public async ValueTask InitializeAsync()
    {
        await postgres.InitializeAsync();
        house = await NewHouse();
        provider = await Provider.Open();
        var people = Path.Combine(house.Folder, "people.json");
        await File.WriteAllTextAsync(people, "[]");
        Server = await house.Start(settings: new Dictionary<string, string>
        {
            ["GRAINS_OIDC_AUTHORITY"] = provider.Authority,
            ["GRAINS_OIDC_CLIENT_ID"] = Provider.Client,
            ["GRAINS_OIDC_CLIENT_SECRET"] = Provider.Secret,
            ["GRAINS_OIDC_KEYS"] = people,
            ["GRAINS_WEBHOOK_NETWORKS"] = "127.0.0.0/8",
        });
        root = new(Address);
        await root.Ok("/v1/tenants", new { id = Tenant, sandbox = true, clock_at = "2026-01-01T00:00:00Z" });
        foreach (var role in (string[])["ingest", "read", "admin", "finance", "key_admin"]) keys[role] = (await NewKey(role)).Key;
        keys["operator"] = (string)(await root.Ok("/v1/api_keys", new { role = "operator" }))["key"]!;
        Admin = new(Address, Key("admin"));
        await LetIn(people);
        await Trade();
    }

    // The server has begun by now: it reads the file when somebody comes.
    private async Task LetIn(string people)
    {
        var (id, ended) = await NewKey("admin");
        await Revoke(id);
        (string Claim, string Value, string Key)[] lines =
            [("email", "jane@acme.example", Key("finance")), ("groups", "readers", Key("read")), ("sub", "p-4", ended)];
        await File.WriteAllTextAsync(people, System.Text.Json.JsonSerializer.Serialize(lines.Select(static line => new { claim = line.Claim, value = line.Value, key = line.Key })));
    }

    /// <summary>A key of its own for a test that revokes it.</summary>
    public async Task<(string Id, string Key)> NewKey(string role, string tenant = Tenant)
    {
        var made = await root.Ok("/v1/api_keys", new { role, tenant });
        return ((string)made["id"]!, (string)made["key"]!);
    }

    /// <summary>For another server, on a database of its own.</summary>
    public Task<ServerHouse> NewHouse() => ServerHouse.On(postgres);

    public Task Revoke(string id) => root.Send(HttpMethod.Delete, $"/v1/api_keys/{id}", null);

    /// <summary>As a break does that reconciliation has found in its last run, which the stand-in gives no cause for.</summary>
    public async Task ShutGate(string tenant)
    {
        await using var database = Npgsql.NpgsqlDataSource.Create(house.Owner + ";Search Path=grains");
        await using var shut = database.CreateCommand(
            """
            with t as (select id from tenant where name = $1), run as (select max(r.id) as id from reconciliation_run r join t on t.id = r.tenant),
              found as (
                insert into reconciliation_break (tenant, kind, item, transfer, detail, first_run, last_run)
                select t.id, 7, 'item_of_nobody', 'tr_twice', '900 gbp to acct_bob', run.id, run.id from t, run)
            update send_gate set is_shut = true, shut_why = 'somebody paid twice', shut_by = 'reconciliation', shut_at = now() where tenant = (select id from t)
            """);
        shut.Parameters.Add(new() { Value = tenant });
        Assert.Equal(1, await shut.ExecuteNonQueryAsync());
    }

    /// <summary>As a batch looks whose money does not suffice, with an item that nobody knows the fate of, and something that Stripe told.</summary>
    public async Task Pause(string tenant)
    {
        await using var database = Npgsql.NpgsqlDataSource.Create(house.Owner + ";Search Path=grains");
        await using var pause = database.CreateCommand(
            """
            with t as (select id from tenant where name = $1),
              batch as (update payout_batch set status = 6 where tenant = (select id from t)),
              notice as (
                insert into webhook_inbox (tenant, source, account, event, type, about, outcome, detail)
                select id, 'stripe', 'acct_ann', 'evt_7', 'payout.failed', 'po_7', 4, 'the bank sent it back' from t)
            update payout_item i set status = 13, review = 1 from stream s where s.id = i.referrer and s.a = 'ann' and i.tenant = (select id from t)
            """);
        pause.Parameters.Add(new() { Value = tenant });
        Assert.Equal(1, await pause.ExecuteNonQueryAsync());
    }

    /// <summary>A process on the same database that only serves: it knows nothing but what is there.</summary>
    public Task<ServerProcess> AnotherGateway() => house.Start(port: Ports.Next(), role: "gateway");

    /// <summary>Another sandbox, whose clock a test may move.</summary>
    public async Task<(Api Admin, string Key)> NewSandbox(string tenant, string clockAt = "2026-01-01T00:00:00Z")
    {
        await root.Ok("/v1/tenants", new { id = tenant, sandbox = true, clock_at = clockAt });
        var (_, key) = await NewKey("admin", tenant);
        return (new(Address, key), key);
    }

    public async ValueTask DisposeAsync()
    {
        Admin.Dispose();
        root.Dispose();
        await house.DisposeAsync();
        await provider.DisposeAsync();
        await postgres.DisposeAsync();
    }

    private async Task Trade()
    {
        await Admin.Ok("/v1/programs", new { id = "classic", name = "Classic", currency = "GBP", time_zone = "Europe/London" });
        await Admin.Ok("/v1/programs/classic/rules", Rule("ten", "10% of each sale", 1000, 30));
        await Admin.Ok("/v1/programs", new { id = "club", name = "Club", currency = "EUR", time_zone = "Europe/Berlin" });
        await Admin.Ok("/v1/programs/club/rules", Rule("five", "5% of each sale", 500, 0));
        foreach (var referrer in (string[])["jane", "rita", "zoe"]) await Admin.Ok("/v1/referrers", new { id = referrer, name = $"{referrer} of {Tenant}" });
        await Refer("classic", "kiera", "jane");
        await Refer("classic", "liam", "jane");
        await Refer("classic", "mona", "rita");
        await Refer("club", "nils", "zoe");
        await Admin.Ok("/v1/test_clock/advance", new { to = "2026-01-20T00:00:00Z" });
        await Act("inv_1", "classic", "kiera", 4_900, day: 2);
        await Act("inv_2", "classic", "kiera", 12_000, day: 5);
        await Act("inv_3", "classic", "liam", 3_350, day: 9);
        await Act("inv_4", "classic", "mona", 8_000, day: 12);
        await Act("inv_5", "club", "nils", 20_000, day: 15);
        await Admin.Ok("/v1/actions", new { action_id = "inv_6", program_id = "classic", type = "sale", referee_id = "nobody", amount_minor = 1_000, occurred_at = "2026-01-16T12:00:00Z" });
        await Admin.Ok("/v1/actions", new { action_id = "ref_2", program_id = "classic", type = "refund", referee_id = "kiera", refund_of = "inv_2", amount_minor = 6_000 });
        await Admin.Ok("/v1/test_clock/advance", new { to = "2026-02-10T00:00:00Z" });
    }

    public static JsonObject Rule(string id, string name, int basisPoints, int holdDays) => new()
    {
        ["id"] = id,
        ["name"] = name,
        ["trigger"] = "recurring_action",
        ["reward"] = new JsonObject { ["kind"] = "cash", ["type"] = "percent", ["basis_points"] = basisPoints },
        ["limits"] = new JsonObject { ["max_amount_minor"] = 10_000, ["days_after_approved"] = 365 },
        ["hold"] = holdDays == 0 ? new JsonObject { ["mode"] = "none" } : new JsonObject { ["mode"] = "days", ["days"] = holdDays },
    };

    public Task Refer(string program, string referee, string referrer) => Admin.Ok(
        "/v1/referrals", new { program_id = program, referee_id = referee, referrer_id = referrer, approved_at = "2026-01-01T00:00:00Z", status = "approved" });

    private Task<JsonNode> Act(string id, string program, string referee, long minor, int day) => Admin.Ok(
        "/v1/actions", new { action_id = id, program_id = program, type = "sale", referee_id = referee, amount_minor = minor, occurred_at = $"2026-01-{day:00}T12:00:00Z" });
}
