using ReferralGrains.Integration.Tests.Postgres;

namespace ReferralGrains.Integration.Tests.Faults.World;

/// <summary>One server for all tests that leave it alive; each makes a program of its own in it.</summary>
public sealed class LivingServer(PostgresServer postgres) : IAsyncLifetime
{
    private ServerHouse house = null!;
    private int shops;

    public ServerProcess Process { get; private set; } = null!;

    /// <summary>Where it speaks HTTP/2 in clear.</summary>
    public int Http2Port { get; } = Ports.Next();

    public Api Api { get; private set; } = null!;

    /// <summary>The superuser's connection to its database.</summary>
    public string Owner => house.Owner;

    public async ValueTask InitializeAsync()
    {
        house = await ServerHouse.On(postgres);
        Process = house.Launch(http2Port: Http2Port);
        await Process.Ready();
        Api = new(Process.Address);
    }

    public Task<Shop> OpenShop(int referrers = 1, int refereesEach = 1, object? rule = null) =>
        Shop.Open(Api, $"shop{Interlocked.Increment(ref shops)}", referrers, refereesEach, rule);

    public async ValueTask DisposeAsync()
    {
        Api.Dispose();
        await house.DisposeAsync();
    }
}

/// <summary>Tests of this collection share one <see cref="LivingServer"/> and run one after another.</summary>
[CollectionDefinition(Name)]
public sealed class OneServer : ICollectionFixture<LivingServer>
{
    public const string Name = "One living server";
}
