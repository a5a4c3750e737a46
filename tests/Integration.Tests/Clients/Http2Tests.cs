using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using ReferralGrains.Integration.Tests.Faults.World;

namespace ReferralGrains.Integration.Tests.Clients;

/// <summary>HTTP/2 in clear, for clients that begin with it.</summary>
[Collection(OneServer.Name)]
public sealed class Http2Tests(LivingServer server)
{
    [Fact]
    public async Task A_client_that_begins_with_HTTP_2_in_clear_is_served_on_a_port_of_its_own()
    {
        var shop = await server.OpenShop(refereesEach: 2);
        using var client = new HttpClient { BaseAddress = new($"http://127.0.0.1:{server.Http2Port}") };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/actions:stream")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Headers = { Authorization = new("Bearer", ServerProcess.AdminKey) },
            Content = new StringContent(string.Join('\n', shop.Referees.Select(referee => shop.Sale(referee, 1_000).Json)), MediaTypeHeaderValue.Parse("application/x-ndjson")),
        };
        using var answer = await client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal((HttpStatusCode.OK, HttpVersion.Version20), (answer.StatusCode, answer.Version));
        var lines = (await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).TrimEnd('\n').Split('\n');
        Assert.Equal(2, (int)JsonNode.Parse(lines[^1])!["summary"]!["rewarded"]!);
    }
}
