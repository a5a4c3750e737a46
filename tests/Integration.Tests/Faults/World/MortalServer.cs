using ReferralGrains.Integration.Tests.Postgres;

namespace ReferralGrains.Integration.Tests.Faults.World;

/// <summary>Servers that live one after another on one database, for tests that kill them; each makes a program of its own.</summary>
public sealed class MortalServer(PostgresServer postgres) : IAsyncLifetime
{
    private ServerProcess? last;

    public ServerHouse House { get; private set; } = null!;

    public async ValueTask InitializeAsync() => House = await ServerHouse.On(postgres);

    /// <summary>The one that another test has left, or the next when it has left none.</summary>
    public async Task<ServerProcess> Alive() => last is { HasExited: false } left ? left : await Next();

    public async Task<ServerProcess> Next(string? failpoint = null) => last = await House.Start(failpoint);

    public ValueTask DisposeAsync() => House.DisposeAsync();
}

/// <summary>Tests of this collection share one <see cref="MortalServer"/> and run one after another: to start a server takes longer than most of them.</summary>
[CollectionDefinition(Name)]
public sealed class OneMortalServer : ICollectionFixture<MortalServer>
{
    public const string Name = "One mortal server";
}
