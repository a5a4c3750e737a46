using System.Text.RegularExpressions;
using ReferralGrains.Integration.Tests.Faults.World;

namespace ReferralGrains.Integration.Tests.EndToEnd;

/// <summary>A dashboard, or an alert, of a figure that there is not shows nothing and never rings.</summary>
[Collection(OneServer.Name)]
public sealed partial class WatchedFigureTests(LivingServer server)
{
    public static TheoryData<string> Files => ["deploy/grafana/referralgrains.json", "deploy/prometheus/alerts.yml", "docs/operations.md"];

    [Theory]
    [MemberData(nameof(Files))]
    public async Task Every_figure_that_is_watched_is_there(string file)
    {
        var shop = await server.OpenShop();
        await server.Api.Ok("/v1/actions", new { action_id = $"{shop.Program}-a1", program_id = shop.Program, type = "sale", referee_id = shop.Referees[0], amount_minor = 100, currency = "GBP" });
        var watched = Figure().Matches(await File.ReadAllTextAsync(Path.Combine(Checkout.Folder, file), TestContext.Current.CancellationToken)).Select(static match => match.Value).ToHashSet();

        Assert.NotEmpty(watched);
        string[] missing = [];
        await Record.ExceptionAsync(() => Eventually.Holds("all figures are there", async () =>
        {
            var there = (await server.Api.Get("/metrics")).Body.Split('\n').Select(static line => line.Split('{', ' ')[0]).ToHashSet();
            missing = [.. watched.Where(one => !there.Contains(one))];
            return missing.Length == 0;
        }));
        Assert.Empty(missing);
    }

    // Not the name of a label, which a comparison follows.
    [GeneratedRegex(@"\b(grains|http|db|dotnet|orleans)_[a-z0-9_]*[a-z0-9]\b(?!\s*=)")]
    private static partial Regex Figure();
}
