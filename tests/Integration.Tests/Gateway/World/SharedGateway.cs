namespace ReferralGrains.Integration.Tests.Gateway.World;

/// <summary>One gateway, with the program <c>p</c>, for all tests of a class that do not disturb one another.</summary>
public sealed class SharedGateway : IAsyncLifetime
{
    internal GatewayHost Host { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Host = await (await (await GatewayHost.Start()).WithProgram()).WithReferees(2);

    public ValueTask DisposeAsync() => Host.DisposeAsync();
}
