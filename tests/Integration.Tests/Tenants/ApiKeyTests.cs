using System.Text;
using ReferralGrains.Integration.Tests.Journal;
using ReferralGrains.Integration.Tests.Postgres;
using ReferralGrains.Storage.Tenants;

namespace ReferralGrains.Integration.Tests.Tenants;

public sealed class ApiKeyTests(PostgresServer server) : IAsyncLifetime
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private const int MostRemembered = 1_000;
    private readonly FixedTime time = new(Start);
    private readonly string secret = ApiKeySecret.Create();
    private JournalDatabase database = null!;
    private Storage.Tenants.Tenants tenants = null!;
    private int tenant;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        database = await JournalDatabase.Create(server);
        tenants = new(database.Source, new StillLease(), time);
        tenant = (await tenants.EnsureDefault(Stop)).Number;
    }

    public ValueTask DisposeAsync() => database.DisposeAsync();

    [Fact]
    public async Task A_key_opens_its_tenant_with_its_role_and_nothing_else_does()
    {
        var key = await tenants.AddKey(tenant, KeyRole.Ingest, secret, null, Stop);

        Assert.Equal(new ApiKey(key.Id, tenant, KeyRole.Ingest, Start, null, null), await tenants.Authenticate(secret, Stop));
        Assert.Null(await tenants.Authenticate(secret + "x", Stop));
        Assert.Null(await tenants.Authenticate("", Stop));
        Assert.Equal(key, await tenants.AddKey(tenant, KeyRole.Admin, secret, null, Stop));
    }

    [Fact]
    public async Task The_secret_is_not_on_record()
    {
        await tenants.AddKey(null, KeyRole.Operator, secret, null, Stop);

        var row = await database.Ask<string>("select api_key::text from api_key");
        Assert.DoesNotContain(secret, row, StringComparison.Ordinal);
        Assert.DoesNotContain(Convert.ToHexStringLower(Encoding.UTF8.GetBytes(secret)), row, StringComparison.Ordinal);
        Assert.Contains(Convert.ToHexStringLower(ApiKeySecret.Hash(secret)), row, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_expires()
    {
        await tenants.AddKey(tenant, KeyRole.Read, secret, Start.AddHours(1), Stop);
        Assert.NotNull(await tenants.Authenticate(secret, Stop));

        time.Advance(TimeSpan.FromHours(1) - TimeSpan.FromTicks(1));
        Assert.NotNull(await tenants.Authenticate(secret, Stop));
        time.Advance(TimeSpan.FromTicks(1));
        Assert.Null(await tenants.Authenticate(secret, Stop));
    }

    [Fact]
    public async Task A_revoked_key_opens_nothing_here_at_once_and_elsewhere_within_its_term()
    {
        var elsewhere = new Storage.Tenants.Tenants(database.Source, new StillLease(), time);
        var key = await tenants.AddKey(tenant, KeyRole.Read, secret, null, Stop);
        Assert.NotNull(await tenants.Authenticate(secret, Stop));
        Assert.NotNull(await elsewhere.Authenticate(secret, Stop));

        Assert.Equal(Start, (await tenants.RevokeKey(key.Id, tenant, Stop))!.RevokedAt);
        Assert.Null(await tenants.Authenticate(secret, Stop));
        time.Advance(Storage.Tenants.Tenants.KeyTerm + TimeSpan.FromTicks(1));
        Assert.Null(await elsewhere.Authenticate(secret, Stop));
        Assert.Equal(Start, (await tenants.RevokeKey(key.Id, tenant, Stop))!.RevokedAt);
    }

    [Fact]
    public async Task A_key_is_read_again_before_its_term_is_over_while_nobody_waits()
    {
        var elsewhere = new Storage.Tenants.Tenants(database.Source, new StillLease(), time);
        var key = await tenants.AddKey(tenant, KeyRole.Read, secret, null, Stop);
        Assert.NotNull(await elsewhere.Authenticate(secret, Stop));
        await tenants.RevokeKey(key.Id, tenant, Stop);

        time.Advance(Storage.Tenants.Tenants.KeyTerm * 0.6);
        var asked = elsewhere.Authenticate(secret, Stop);
        Assert.True(asked.IsCompletedSuccessfully);
        Assert.NotNull(await asked);
        await Eventually.Holds("it was read again", async () => await elsewhere.Authenticate(secret, Stop) is null);
    }

    [Fact]
    public async Task A_secret_that_opens_nothing_is_asked_for_once_in_a_while()
    {
        Assert.Null(await tenants.Authenticate(secret, Stop));

        // As another process would put it on record.
        await new Storage.Tenants.Tenants(database.Source, new StillLease(), time).AddKey(tenant, KeyRole.Read, secret, null, Stop);
        Assert.Null(await tenants.Authenticate(secret, Stop));
        time.Advance(Storage.Tenants.Tenants.UnknownKeyTerm + TimeSpan.FromTicks(1));
        Assert.NotNull(await tenants.Authenticate(secret, Stop));
    }

    [Fact]
    public async Task A_key_made_here_opens_at_once_though_its_secret_was_shown_before()
    {
        Assert.Null(await tenants.Authenticate(secret, Stop));
        await tenants.AddKey(tenant, KeyRole.Read, secret, null, Stop);
        Assert.NotNull(await tenants.Authenticate(secret, Stop));
    }

    [Fact]
    public async Task Only_so_many_that_open_nothing_are_remembered()
    {
        Assert.Null(await tenants.Authenticate(secret, Stop));
        await new Storage.Tenants.Tenants(database.Source, new StillLease(), time).AddKey(tenant, KeyRole.Read, secret, null, Stop);
        for (var i = 0; i < MostRemembered; i++) Assert.Null(await tenants.Authenticate($"guess {i}", Stop));

        Assert.NotNull(await tenants.Authenticate(secret, Stop));
    }

    [Fact]
    public async Task The_key_of_another_tenant_cannot_be_revoked()
    {
        var other = Assert.IsType<TenantCreation.Created>(await tenants.Create(new("other"), false, null, Stop)).Tenant.Number;
        var key = await tenants.AddKey(tenant, KeyRole.Read, secret, null, Stop);

        Assert.Null(await tenants.RevokeKey(key.Id, other, Stop));
        Assert.Null(await tenants.RevokeKey(key.Id + 1, null, Stop));
        Assert.NotNull(await tenants.Authenticate(secret, Stop));
        Assert.NotNull(await tenants.RevokeKey(key.Id, null, Stop));
    }

    [Fact]
    public async Task What_opens_every_tenants_door_is_not_revoked_by_a_key_of_one()
    {
        var key = await tenants.AddKey(tenant, KeyRole.All, secret, null, Stop);
        Assert.Null((await tenants.RevokeKey(key.Id, tenant, Stop))!.RevokedAt);
        Assert.NotNull(await tenants.Authenticate(secret, Stop));
        Assert.NotNull((await tenants.RevokeKey(key.Id, null, Stop))!.RevokedAt);
    }
}
