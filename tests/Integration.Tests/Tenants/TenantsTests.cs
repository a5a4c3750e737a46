using ReferralGrains.Domain.Identity;
using ReferralGrains.Integration.Tests.Journal;
using ReferralGrains.Integration.Tests.Postgres;
using ReferralGrains.Storage.Tenants;

namespace ReferralGrains.Integration.Tests.Tenants;

public sealed class TenantsTests(PostgresServer server) : IAsyncLifetime
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly CallerId Acme = new("acme");
    private readonly FixedTime time = new(Start);
    private JournalDatabase database = null!;
    private Storage.Tenants.Tenants tenants = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        database = await JournalDatabase.Create(server);
        tenants = Another();
    }

    public ValueTask DisposeAsync() => database.DisposeAsync();

    [Fact]
    public async Task A_tenant_is_made_once_and_other_content_is_a_conflict()
    {
        var made = Assert.IsType<TenantCreation.Created>(await tenants.Create(Acme, sandbox: true, Start, Stop)).Tenant;

        Assert.Equal(made, Assert.IsType<TenantCreation.Repeated>(await tenants.Create(Acme, true, Start, Stop)).Tenant);
        Assert.IsType<TenantCreation.Conflict>(await tenants.Create(Acme, true, Start.AddDays(1), Stop));
        Assert.IsType<TenantCreation.Conflict>(await tenants.Create(Acme, false, null, Stop));
        Assert.Equal(made, await tenants.Find(Acme, Stop));
        Assert.Null(await tenants.Find(new("ACME"), Stop));
    }

    [Fact]
    public async Task A_repeat_is_compared_with_the_content_and_not_with_the_advanced_clock()
    {
        var made = Assert.IsType<TenantCreation.Created>(await tenants.Create(Acme, sandbox: true, Start, Stop)).Tenant;
        await tenants.Advance(made.Number, Start.AddDays(3), Stop);

        var again = Assert.IsType<TenantCreation.Repeated>(await tenants.Create(Acme, true, Start, Stop)).Tenant;
        Assert.Equal(Start.AddDays(3), again.ClockAt);
    }

    [Fact]
    public async Task Thirty_two_creations_at_once_make_one_tenant()
    {
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 32).Select(_ => Another().Create(Acme, false, null, Stop)));

        Assert.Single(outcomes.OfType<TenantCreation.Created>());
        Assert.Equal(31, outcomes.OfType<TenantCreation.Repeated>().Count());
    }

    [Fact]
    public async Task The_default_tenant_is_ensured_and_all_are_listed()
    {
        var standard = await tenants.EnsureDefault(Stop);
        Assert.Equal(standard, await Another().EnsureDefault(Stop));
        await tenants.Create(Acme, sandbox: true, Start, Stop);

        Assert.Equal(["default", "acme"], (await tenants.All(Stop)).Select(tenant => tenant.Name.Value));
        Assert.Equal(Start, await tenants.Now(standard.Number, Stop));
    }

    [Fact]
    public async Task A_test_clock_stands_still_and_only_goes_forward()
    {
        var sandbox = Assert.IsType<TenantCreation.Created>(await tenants.Create(Acme, true, null, Stop)).Tenant.Number;
        time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(Start.AddHours(1), await tenants.Now(sandbox, Stop));
        Assert.Equal(new ClockAdvance.Backwards(Start.AddHours(1)), await tenants.Advance(sandbox, Start, Stop));

        Assert.IsType<ClockAdvance.Advanced>(await tenants.Advance(sandbox, Start.AddDays(30), Stop));
        time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(Start.AddDays(30), await tenants.Now(sandbox, Stop));
        Assert.Equal(new ClockAdvance.Backwards(Start.AddDays(30)), await tenants.Advance(sandbox, Start.AddDays(29), Stop));

        var live = await tenants.EnsureDefault(Stop);
        Assert.IsType<ClockAdvance.NotSandbox>(await tenants.Advance(live.Number, Start.AddDays(30), Stop));
    }

    [Fact]
    public async Task A_clock_advanced_by_another_process_is_seen_within_a_second()
    {
        var sandbox = Assert.IsType<TenantCreation.Created>(await tenants.Create(Acme, true, Start, Stop)).Tenant.Number;
        await Another().Advance(sandbox, Start.AddDays(1), Stop);

        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(Start.AddDays(1), await tenants.Now(sandbox, Stop));
    }

    private Storage.Tenants.Tenants Another() => new(database.Source, new StillLease(), time);
}
