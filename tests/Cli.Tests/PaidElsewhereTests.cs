namespace Cli.Tests;

/// <summary>What was paid before this server kept the books does not become payable again (X6).</summary>
public sealed class PaidElsewhereTests
{
    private static readonly string[] referrals = ["referee_id,referrer_id", "c1,ann", "c2,ann", "c3,bob"];

    private static readonly string[] actions =
    [
        "action_id,type,referee_id,occurred_at,amount_minor,refund_of",
        "early1,refund,c1,2026-01-20T00:00:00Z,4000,a1",
        "a1,sale,c1,2026-01-10T00:00:00Z,10000,",
        "a2,sale,c2,2026-01-31T22:59:59Z,5000,",
        "a3,sale,c3,2026-01-31T23:00:00Z,7000,",
        "a4,sale,c3,2026-01-05T00:00:00Z,100,",
        "a5,sale,c9,2026-01-05T00:00:00Z,100,",
        "a6,sale,c3,,900,",
    ];

    [Fact]
    public async Task X6_each_referrer_s_rewards_until_that_day_are_booked_as_paid_once()
    {
        await using var server = await StandIn.Start();
        server.ProgramBody = """{"id":"classic10","currency":"GBP","time_zone":"Europe/Berlin","rules":[]}""";
        using var files = new Files();
        string[] import = ["import", "--program", StandIn.Program, "--actions", files.Write("a.csv", actions), "--referrals", files.Write("r.csv", referrals), "--paid-until", "2026-02-01"];

        var first = await Ran.Command(server, import);
        var second = await Ran.Command(server, import);

        Assert.Equal((0, 0), (first.ExitCode, second.ExitCode));
        Assert.Equal(
            ["ann 1100 GBP True", "bob 10 GBP True"],
            server.Entries.Values.Select(entry => $"{entry.Referrer} {entry.Body.GetProperty("amount_minor")} {entry.Body.GetProperty("asset")} {entry.Body.GetProperty("already_paid")}").Order());
        Assert.All(server.Entries, entry => Assert.StartsWith("paid-before:2026-01-31T230000Z:", entry.Key, StringComparison.Ordinal));
        Assert.Contains("paid before 2 referrers booked, 0 duplicate, 0 refused", first.Out, StringComparison.Ordinal);
        Assert.Contains("11.10 GBP together", first.Out, StringComparison.Ordinal);
        Assert.Contains("1 actions that were paid for are of referees whom the file of referrals does not have", first.Out, StringComparison.Ordinal);
        Assert.Contains("paid before 0 referrers booked, 2 duplicate, 0 refused", second.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task X6_another_sum_for_the_same_day_is_told_and_not_booked_twice()
    {
        await using var server = await StandIn.Start();
        using var files = new Files();
        string[] import = ["import", "--program", StandIn.Program, "--referrals", files.Write("r.csv", referrals), "--paid-until", "2026-02-01", "--actions"];
        await Ran.Command(server, [.. import, files.Write("a.csv", actions[..4])]);

        var ran = await Ran.Command(server, [.. import, files.Write("b.csv", actions[0], "b1,sale,c1,2026-01-10T00:00:00Z,10000,")]);

        Assert.Equal(1, ran.ExitCode);
        Assert.Equal("grains: 1 referrers have another sum booked as paid, and 0 lines were refused", ran.Line);
        Assert.Contains("refused: conflict 1, such as ann: another amount", ran.Out, StringComparison.Ordinal);
    }

    // A second run has duplicates alone, so it is not by these that a line is known to be there twice.
    [Fact]
    public async Task X6_an_action_whose_line_is_there_twice_was_paid_once()
    {
        await using var server = await StandIn.Start();
        using var files = new Files();
        var twice = files.Write("a.csv", actions[0], "a1,sale,c1,2026-01-10T00:00:00Z,10000,", "a2,sale,c2,2026-01-11T00:00:00Z,5000,", "a1,sale,c1,2026-01-10T00:00:00Z,10000,");
        string[] import = ["import", "--program", StandIn.Program, "--actions", twice, "--referrals", files.Write("r.csv", referrals), "--paid-until", "2026-02-01"];

        var first = await Ran.Command(server, import);
        var second = await Ran.Command(server, import);

        Assert.Equal((0, 0), (first.ExitCode, second.ExitCode));
        Assert.Equal(1_500, Assert.Single(server.Entries.Values).Body.GetProperty("amount_minor").GetInt64());
        Assert.Contains("1 lines repeat the id of an action that was paid for: each action is booked as paid once", first.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task X6_refunds_whose_time_the_file_does_not_have_are_told_before_anything_is_sent()
    {
        await using var server = await StandIn.Start();
        using var files = new Files();
        var orders = files.Write("orders.csv", "Name,Email,Financial Status,Paid at,Currency,Subtotal,Total,Refunded Amount", "#1,c1,refunded,2026-01-05 10:00:00 +0000,GBP,100.00,100.00,100.00");

        var ran = await Ran.Command(
            server, "import", "--program", StandIn.Program, "--actions", orders, "--preset", "shopify-orders", "--referrals", files.Write("r.csv", referrals), "--paid-until", "2026-02-01", "--dry-run");

        Assert.Contains("has no time for 1 refunds or chargebacks: they count as of now, and are not taken off what is booked as paid", ran.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_paid_is_known_by_referrer_and_no_longer_held()
    {
        await using var server = await StandIn.Start();
        server.ProgramBody = """
            {"id":"classic10","currency":"GBP","time_zone":"Europe/Berlin","rules":[{"id":"ten","enabled":true,"hold":{"mode":"days","days":30,"from":"unlocked"}}]}
            """;
        using var files = new Files();
        string[] import = ["import", "--program", StandIn.Program, "--actions", files.Write("a.csv", actions), "--paid-until"];

        var alone = await Ran.Command(server, [.. import, "2026-02-01"]);
        var held = await Ran.Command(server, [.. import, "2026-02-01", "--referrals", files.Write("r.csv", referrals)]);
        var wrong = await Ran.Command(server, [.. import, "February"]);

        Assert.Contains("--paid-until comes with --referrals", alone.Line, StringComparison.Ordinal);
        Assert.Contains("rule 'ten' holds rewards for 30 days from now on, and what was paid is held no more: say --holds-from occurred", held.Line, StringComparison.Ordinal);
        Assert.Contains("--paid-until takes a day such as 2026-01-31, or an instant, not 'February'", wrong.Line, StringComparison.Ordinal);
        Assert.Empty(server.Received);
    }

    [Fact]
    public async Task X6_what_a_referee_earned_whom_somebody_else_referred_is_not_booked_for_the_referrer_of_the_file()
    {
        await using var server = await StandIn.Start();
        server.Attributed["c1"] = "zoe";
        using var files = new Files();

        // A referee's first line counts (D16), and a second one that is refused takes nothing of it.
        var ran = await Ran.Command(server, "import", "--program", StandIn.Program, "--actions", files.Write("a.csv", actions), "--referrals", files.Write("r.csv", [.. referrals, "c2,bob"]), "--paid-until", "2026-02-01");

        Assert.Equal(1, ran.ExitCode);
        Assert.Equal(["ann 500", "bob 710"], server.Entries.Values.Select(entry => $"{entry.Referrer} {entry.Body.GetProperty("amount_minor")}").Order());
        Assert.Contains("2 actions that were paid for are of referees whose referral was refused, such as 'c1': they are not booked as paid", ran.Out + ran.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("referral_approved", "fixed", null, false)]
    [InlineData("every_n_referrals", "fixed", null, false)]
    [InlineData("every_n_referrals", "percent", "conversion_value", false)]
    [InlineData("every_n_referrals", "percent", "transaction", true)]
    [InlineData("interval", "fixed", null, false)]
    [InlineData("recurring_action", "fixed", null, true)]
    public async Task X6_what_approvals_earn_is_in_no_file_of_actions_and_is_not_left_out_unsaid(string trigger, string type, string? of, bool goes)
    {
        await using var server = await StandIn.Start();
        var reward = $$"""{"kind":"cash","type":"{{type}}"{{(of is null ? "" : $",\"of\":\"{of}\"")}}}""";
        server.ProgramBody = $$"""{"id":"classic10","currency":"GBP","time_zone":"UTC","rules":[{"id":"ten","enabled":true,"trigger":"{{trigger}}","reward":{{reward}}},{"id":"old","enabled":false,"trigger":"referral_approved"}]}""";
        using var files = new Files();

        var ran = await Ran.Command(server, "import", "--program", StandIn.Program, "--actions", files.Write("a.csv", actions), "--referrals", files.Write("r.csv", referrals), "--paid-until", "2026-02-01");

        Assert.Equal(goes ? 0 : 1, ran.ExitCode);
        if (goes) return;
        Assert.Contains("rule 'ten' rewards approved referrals, and no line of the file shows what these earned", ran.Line, StringComparison.Ordinal);
        Assert.Empty(server.Received);
    }
}
