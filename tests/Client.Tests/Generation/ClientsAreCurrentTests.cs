using System.Text.Json.Nodes;

namespace ReferralGrains.Client.Tests.Generation;

/// <summary>What is checked in is what docs/openapi.json gives; that this is what the server says, an integration test holds.</summary>
public sealed class ClientsAreCurrentTests
{
    [Fact]
    public void The_clients_are_what_the_description_gives()
    {
        var api = new ApiDescription(JsonNode.Parse(File.ReadAllText(Path.Combine(Checkout.Folder, "docs", "openapi.json")))!);
        Assert.True(api.Operations.Count > 40 && api.Types.Count > 40);
        IsCurrent(Path.Combine("src", "ReferralGrains.Client", "Api.g.cs"), CSharpClient.Write(api));
        IsCurrent(Path.Combine("src", "client-typescript", "src", "api.ts"), TypeScriptClient.Write(api));
    }

    private static void IsCurrent(string file, string expected)
    {
        var path = Path.Combine(Checkout.Folder, file);
        if (Environment.GetEnvironmentVariable("GRAINS_WRITE") == "1") File.WriteAllText(path, expected);
        Assert.True(File.Exists(path) && File.ReadAllText(path) == expected, $"{file} is not what docs/openapi.json gives: GRAINS_WRITE=1 writes it anew.");
    }
}
