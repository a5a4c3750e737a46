namespace ReferralGrains.Integration.Tests.Faults.World;

/// <summary>A server with a PostgreSQL of its own, for tests after which both live again.</summary>
public sealed class EmbeddedServer : IAsyncLifetime
{
    public ServerHouse House { get; } = ServerHouse.Embedded();

    public ServerProcess Process { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Process = await House.Start();

    public ValueTask DisposeAsync() => House.DisposeAsync();
}
