using ReferralGrains.Integration.Tests.Faults.World;

namespace ReferralGrains.Web.Tests.World;

/// <summary>What a newcomer has after <c>./grains up --demo</c>: a server, and what it has printed.</summary>
public sealed class DemoHouse(Marketplace market) : IAsyncLifetime
{
    // Half a minute on a machine that does nothing else.
    private static readonly TimeSpan patience = TimeSpan.FromMinutes(10);

    private ServerHouse house = null!;

    public ServerProcess Server { get; private set; } = null!;

    /// <summary>All that it has printed.</summary>
    public string Printed => Server.Log;

    public async ValueTask InitializeAsync()
    {
        house = await market.NewHouse();
        Server = house.Launch(demo: true);
        await Integration.Tests.Eventually.Holds("the demo is loaded", () =>
        {
            Assert.False(Server.HasExited, Printed);
            Assert.False(Printed.Contains("not loaded", StringComparison.Ordinal), Printed);
            return Task.FromResult(Printed.Contains("the demo is loaded", StringComparison.Ordinal));
        }, patience);
    }

    /// <summary>A key of the sandbox, by what it is for.</summary>
    public string Key(string name) => (string)System.Text.Json.Nodes.JsonNode.Parse(File.ReadAllText(Path.Combine(house.Folder, "demo.keys.json")))![name]!;

    public ValueTask DisposeAsync() => house.DisposeAsync();
}
