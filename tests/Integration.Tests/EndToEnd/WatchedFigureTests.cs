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
        Assert.False((await server.Api.Post("/v1/actions", new { action_id = $"{shop.Program}-a1", program_id = shop.Program, type = "sale", referee_id = shop.Referees[0], amount_minor = 200, currency = "GBP" })).IsSuccess);
        var text = (await File.ReadAllTextAsync(Path.Combine(Checkout.Folder, file), TestContext.Current.CancellationToken)).Replace("\\\"", "\"", StringComparison.Ordinal);
        string[] watched = [.. Figure().Matches(text).Select(static match => match.Value).Concat(Selector().Matches(text).Select(static match => match.Value)).Distinct()];

        Assert.NotEmpty(watched);
        string[] missing = [];
        await Record.ExceptionAsync(() => Eventually.Holds("all figures are there", async () =>
        {
            var there = (await server.Api.Get("/metrics")).Body.Split('\n');
            missing = [.. watched.Where(one => !there.Any(series => Selects(one, series)))];
            return missing.Length == 0;
        }));
        Assert.Empty(missing);
    }

    [Theory]
    [InlineData("""a_b""", """a_b{state="used"} 1""", true)]
    [InlineData("""a_b""", """a_b_c 1""", false)]
    [InlineData("""a_b{state}""", """a_b{pool="x",state="used"} 1""", true)]
    [InlineData("""a_b{state="used", pool="x"}""", """a_b{pool="x",state="used"} 1""", true)]
    [InlineData("""a_b{state="used"}""", """a_b{state="idle"} 1""", false)]
    [InlineData("""a_b{state="used"}""", """a_b{client_state="used"} 1""", false)] // The whole name: Npgsql's state became db_client_connection_state.
    public void A_figure_is_watched_by_the_labels_that_it_has(string watched, string series, bool expected) => Assert.Equal(expected, Selects(watched, series));

    private static bool Selects(string watched, string series)
    {
        var (name, labels) = (watched.Split('{')[0], watched.Split('{', '}').ElementAtOrDefault(1) ?? "");
        if (series.Split('{', ' ')[0] != name) return false;
        return labels.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(static label => label.Contains('=', StringComparison.Ordinal) ? label : label + "=")
            .All(label => series.Contains("{" + label, StringComparison.Ordinal) || series.Contains("," + label, StringComparison.Ordinal));
    }

    // Not the name of a label, which a comparison follows.
    [GeneratedRegex(@"\b(grains|http|db|dotnet|orleans)_[a-z0-9_]*[a-z0-9]\b(?!\s*=)")]
    private static partial Regex Figure();

    [GeneratedRegex(@"\b(grains|http|db|dotnet|orleans)_[a-z0-9_]*[a-z0-9]\{[^}]*\}")]
    private static partial Regex Selector();
}
