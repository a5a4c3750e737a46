using System.Text;
using System.Text.RegularExpressions;
using ReferralGrains.Cli.Files;
using ReferralGrains.Cli.Import;
using Spectre.Console;

namespace Cli.Tests;

/// <summary>History is brought in once: what its order and its age would do is said before it is sent.</summary>
public sealed partial class ImportOrderTests
{
    private const string Capped = """
        {"id":"classic10","currency":"GBP","rules":[{"id":"three","program_id":"classic10","version":1,"trigger":"recurring_action","enabled":true,
         "limits":{"max_count":3},"hold":{"mode":"none"}}]}
        """;

    private const string Held = """
        {"id":"classic10","currency":"GBP","rules":[{"id":"ten","program_id":"classic10","version":1,"name":"10 %","trigger":"recurring_action","enabled":true,
         "limits":{"max_count":null},"hold":{"mode":"days","days":30,"from":"unlocked"}}]}
        """;

    private static readonly string[] newestFirst =
    [
        "action_id,type,referee_id,occurred_at,refund_of",
        "r1,refund,c,2026-01-03T00:00:00Z,a3",
        "a3,sale,c,2026-01-03T00:00:00Z,",
        "a2,sale,c,2026-01-02T00:00:00Z,",
        "a1,sale,c,2026-01-01T00:00:00Z,",
        "a9,sale,c,,",
    ];

    [Fact]
    public async Task D3_newest_first_file_under_a_cap_is_named_before_it_is_sent()
    {
        await using var server = await StandIn.Start();
        server.ProgramBody = Capped;
        using var files = new Files();

        var ran = await Ran.Command(server, "import", "--program", StandIn.Program, "--actions", files.Write("a.csv", newestFirst));

        Assert.Contains("a.csv is newest first. What arrives first is what rule 'three' pays (at most 3 rewards of each referral): --sort", ran.Out, StringComparison.Ordinal);
        Assert.True(ran.Out.IndexOf("newest first", StringComparison.Ordinal) < ran.Out.IndexOf("actions: 5", StringComparison.Ordinal));
        Assert.Equal(["r1", "a3", "a2", "a1", "a9"], Sent(server));
    }

    [Fact]
    public async Task D3_sort_sends_the_oldest_first_and_a_sale_before_its_refund_of_the_same_instant()
    {
        await using var server = await StandIn.Start();
        server.ProgramBody = Capped;
        using var files = new Files();

        var ran = await Ran.Command(server, "import", "--program", StandIn.Program, "--actions", files.Write("a.csv", newestFirst), "--sort");

        Assert.Equal(0, ran.ExitCode);
        Assert.Equal(["a1", "a2", "a3", "r1", "a9"], Sent(server));
    }

    [Fact]
    public async Task Order_is_all_one_to_a_program_without_caps()
    {
        await using var server = await StandIn.Start();
        using var files = new Files();

        var ran = await Ran.Command(server, "import", "--program", StandIn.Program, "--actions", files.Write("a.csv", newestFirst));

        Assert.DoesNotContain("newest first", ran.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_does_not_fit_into_memory_is_merged_from_disk()
    {
        using var sort = new TimeSort(runBytes: 1_000);
        var begin = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var days = Enumerable.Range(0, 500).Select(n => n * 7 % 500).ToList();
        var lines = days.Select(day => new FileLine(
            new(day, Encoding.UTF8.GetBytes($"{{\"day\":{day}}}"), day % 2 == 0 ? [1, 2, 3] : null), new("sale", begin.AddDays(day), begin.AddDays(day), 1, null), [], null));

        await sort.Take(lines.ToAsyncEnumerable(), TestContext.Current.CancellationToken);
        var sorted = await sort.Lines(TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken);

        Assert.True(sort.Runs > 3);
        Assert.Equal(Enumerable.Range(0, 500).Select(day => (long)day), sorted.Select(line => line.Number));
        Assert.All(sorted, line => Assert.Equal(line.Number % 2 == 0 ? 3 : null, line.Source?.Length));
        Assert.Equal("{\"day\":17}", Encoding.UTF8.GetString(sorted[17].Json));
    }

    [Fact]
    public async Task D14_history_whose_holds_would_run_from_now_is_named()
    {
        await using var server = await StandIn.Start();
        server.ProgramBody = Held;
        using var files = new Files();

        var ran = await Ran.Command(server, "import", "--program", StandIn.Program, "--actions", files.Sales(3));

        Assert.Equal(0, ran.ExitCode);
        Assert.Contains("rule 'ten' holds rewards for 30 days from now on, and the oldest of these actions is of 2011-01-01", ran.Out, StringComparison.Ordinal);
        Assert.Empty(server.Rules);
    }

    [Fact]
    public async Task D14_on_a_terminal_it_asks_which_is_meant()
    {
        await using var server = await StandIn.Start();
        server.ProgramBody = Held;
        using var files = new Files();
        string[] import = ["import", "--program", StandIn.Program, "--actions", files.Sales(3)];

        var ran = await Ran.OnTerminal(server, import);
        var sent = server.Received.Count;
        var again = await Ran.OnTerminal(server, [.. import, "--holds-from", "unlocked"]);

        Assert.Equal((1, 0, 0, 3), (ran.ExitCode, sent, again.ExitCode, server.Received.Count));
        Assert.Contains("grains: say which is meant: --holds-from occurred or --holds-from unlocked; nothing was sent", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task D14_holds_from_occurred_publishes_the_rule_anew_before_anybody_is_enrolled()
    {
        await using var server = await StandIn.Start();
        server.ProgramBody = Held;
        using var files = new Files();

        var ran = await Ran.Command(
            server, "import", "--program", StandIn.Program, "--actions", files.Sales(3), "--referrals", files.Referrals(3), "--holds-from", "occurred");

        Assert.Equal(0, ran.ExitCode);
        Assert.Equal(
            """{"id":"ten","name":"10 %","trigger":"recurring_action","enabled":true,"limits":{"max_count":null},"hold":{"mode":"days","days":30,"from":"occurred_at"},"acknowledge_warnings":true}""",
            server.Rules.Single().GetRawText());
        Assert.Contains("rule 'ten' is now version 2: its 30 days run from when an action occurred", ran.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task D14_holds_of_referrals_that_are_there_cannot_be_changed_by_an_import()
    {
        await using var server = await StandIn.Start();
        server.ProgramBody = Held;
        using var files = new Files();

        var ran = await Ran.Command(server, "import", "--program", StandIn.Program, "--actions", files.Sales(3), "--holds-from", "occurred");

        Assert.Equal((1, 0, 0), (ran.ExitCode, server.Rules.Count, server.Received.Count));
        Assert.Contains("--holds-from occurred comes with --referrals", ran.Line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(30)]
    [InlineData(40)]
    [InlineData(60)]
    [InlineData(80)]
    [InlineData(200)]
    public void A_terminal_of_any_width_gets_a_progress_line_that_does_not_wrap(int width)
    {
        using var output = new StringWriter();
        var console = AnsiConsole.Create(new() { Out = new AnsiConsoleOutput(output), Ansi = AnsiSupport.Yes, Interactive = InteractionSupport.Yes, ColorSystem = ColorSystemSupport.NoColors });
        console.Profile.Width = width;

        console.Progress().AutoRefresh(false).Columns(Stages.ColumnsFor(width)).Start(context =>
        {
            context.AddTask("parked ones again", maxValue: 1_000_000).Increment(123_456);
            context.Refresh();
        });

        var lines = Control().Replace(output.ToString(), "").Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        Assert.All(lines, line => Assert.InRange(line.Length, 1, width));
        Assert.All(lines, line => Assert.Contains("12%", line, StringComparison.Ordinal));
    }

    [GeneratedRegex(@"\x1B\[[0-9;?]*[A-Za-z]")]
    private static partial Regex Control();

    private static IEnumerable<string> Sent(StandIn server) => server.Received.Select(action => action.GetProperty("action_id").GetString()!);
}
