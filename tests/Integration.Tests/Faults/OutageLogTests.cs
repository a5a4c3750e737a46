using System.Text.Json.Nodes;
using ReferralGrains.Integration.Tests.Faults.World;

namespace ReferralGrains.Integration.Tests.Faults;

/// <summary>What an operator reads after the database was away.</summary>
public sealed class OutageLogTests
{
    [Fact]
    public async Task An_outage_is_a_line_when_it_begins_and_one_when_it_ends_from_each_who_meets_it()
    {
        await using var house = ServerHouse.Embedded();
        var server = await house.Start();
        using var api = new Api(server.Address);
        var shop = await Shop.Open(api, "shop", referrers: 1, refereesEach: 4);
        await api.Ok("/v1/actions", JsonNode.Parse(shop.Sale(shop.Referees[0], 1_000).Json)!);

        // A line that PostgreSQL refuses keeps it away until it is taken out again.
        var settings = Path.Combine(house.Folder, "pg", "postgresql.conf");
        var good = await File.ReadAllTextAsync(settings, TestContext.Current.CancellationToken);
        await File.AppendAllTextAsync(settings, "max_connections = many\n", TestContext.Current.CancellationToken);
        var quiet = Lines(server).Count;
        ServerProcess.Signal("KILL", house.Postmaster!.Value);
        foreach (var _ in Enumerable.Range(0, 15))
        {
            await Task.WhenAll(Enumerable.Range(0, 10).Select(async i =>
            {
                await api.Try("/v1/actions", shop.Sale(shop.Referees[i % 4], 1_000).Json);
                await api.Try("/health/ready");
            }));
        }

        await File.WriteAllTextAsync(settings, good, TestContext.Current.CancellationToken);
        await server.Ready();
        foreach (var end in (string[])["Sealing goes on", "Ready again", "The lease is renewed again"])
            await Eventually.Holds($"it says: {end}", () => Task.FromResult(server.Log.Contains(end, StringComparison.Ordinal)));

        // A look that began before it may end in the middle of it, and a slow disk may be a second one, but nobody says it at each try.
        var said = Lines(server).Skip(quiet).ToList();
        foreach (var (category, lines) in said.GroupBy(line => line.Category).Select(group => (group.Key, group.ToList())))
            Assert.True(lines.Count <= 12, $"{category} has {lines.Count} lines:\n{string.Join('\n', lines.Select(line => line.Message))}");
        foreach (var (begins, ends) in ((string, string)[])[("The lease could not be renewed", "The lease is renewed again"), ("Sealing waits", "Sealing goes on"), ("Not ready", "Ready again")])
        {
            Assert.InRange(Count(begins), 1, 3);
            Assert.Equal(Count(begins), Count(ends));
        }

        Assert.True(said.Count <= 60, string.Join('\n', said));

        // Whoever meets it before the lease does may say more.
        var log = server.Log;
        var known = log[log.IndexOf("The lease could not be renewed", StringComparison.Ordinal)..];
        Assert.InRange(known.Split('\n').Count(line => line.Contains("   at Npgsql", StringComparison.Ordinal)), 0, 3);

        int Count(string message) => said.Count(line => line.Message.StartsWith(message, StringComparison.Ordinal));
    }

    private static List<(string Category, string Message)> Lines(ServerProcess server) =>
    [
        .. server.Log.Split('\n').Where(line => line.StartsWith('{')).Select(line => JsonNode.Parse(line)!)
            .Select(line => ((string)line["Category"]!, (string)line["Message"]!)),
    ];
}
