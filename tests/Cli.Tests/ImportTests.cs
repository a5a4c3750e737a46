using System.Text.Json;

namespace Cli.Tests;

public sealed class ImportTests
{
    [Fact]
    public async Task First_run_creates_referrers_and_sends_every_line()
    {
        await using var server = await StandIn.Start();
        using var files = new Files();

        var ran = await Ran.Command(server, "import", "--program", StandIn.Program, "--actions", files.Sales(300), "--referrals", files.Referrals(20), "--json");

        Assert.Equal((0, ""), (ran.ExitCode, ran.Error));
        Assert.Equal((3, 20, 300), (server.Referrers.Count, server.Referees, server.Actions));
        var summary = JsonDocument.Parse(ran.Out).RootElement;
        Assert.Equal(3, summary.GetProperty("referrers").GetProperty("created").GetInt32());
        Assert.Equal(20, summary.GetProperty("referrals").GetProperty("accepted").GetInt32());
        Assert.Equal(300, summary.GetProperty("accepted").GetInt32());
        Assert.Equal(300, summary.GetProperty("rewarded").GetInt32());
        Assert.Equal(0, summary.GetProperty("duplicate").GetInt32());
    }

    [Fact]
    public async Task Second_run_finds_only_duplicates_and_succeeds()
    {
        await using var server = await StandIn.Start();
        using var files = new Files();
        string[] import = ["import", "--program", StandIn.Program, "--actions", files.Sales(300), "--referrals", files.Referrals(20), "--json"];
        await Ran.Command(server, import);

        var ran = await Ran.Command(server, import);

        Assert.Equal(0, ran.ExitCode);
        var summary = JsonDocument.Parse(ran.Out).RootElement;
        Assert.Equal(3, summary.GetProperty("referrers").GetProperty("existing").GetInt32());
        Assert.Equal(20, summary.GetProperty("referrals").GetProperty("duplicate").GetInt32());
        Assert.Equal(0, summary.GetProperty("accepted").GetInt32());
        Assert.Equal(300, summary.GetProperty("duplicate").GetInt32());
    }

    [Fact]
    public async Task Refused_lines_are_named_by_code_and_line_and_fail_the_command()
    {
        await using var server = await StandIn.Start();
        using var files = new Files();
        var actions = files.Write("a.csv", "action_id,type,referee_id", "a1,sale,c", "bad1,sale,c", "", "bad2,sale,c");

        var ran = await Ran.Command(server, "import", "--program", StandIn.Program, "--actions", actions);

        Assert.Equal(1, ran.ExitCode);
        Assert.Equal("grains: 2 lines were refused", ran.Line);
        Assert.Contains("refused: invalid 2, line 3, 5: not like this", ran.Out, StringComparison.Ordinal);
        Assert.Contains("1 accepted, 0 duplicate, 2 refused", ran.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ndjson_lines_go_out_as_they_are_with_the_program_added_where_it_is_left_out()
    {
        await using var server = await StandIn.Start();
        using var files = new Files();
        var actions = files.Write(
            "a.ndjson", """{"action_id":"a1","type":"sale","referee_id":"c"}""", "", $$"""{"program_id":"{{StandIn.Program}}","action_id":"a2","type":"refund","referee_id":"c","refund_of":"a1"}""");

        var ran = await Ran.Command(server, "import", "--program", StandIn.Program, "--actions", actions);

        Assert.Equal((0, 2), (ran.ExitCode, server.Actions));
        Assert.Contains("1 rewarded, 0 not rewarded, 1 reversed", ran.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("actions.csv", 30)]
    [InlineData("referrals.csv", 20)]
    public async Task File_that_changes_between_its_two_readings_is_told_and_not_taken_for_whole(string file, int lines)
    {
        await using var server = await StandIn.Start();
        using var files = new Files();
        string[] import = ["import", "--program", StandIn.Program, "--actions", files.Sales(30), "--referrals", files.Referrals(20)];
        server.BetweenReadings = () => files.Write(file, File.ReadLines(Path.Combine(files.Path, file)).Take(11).ToArray());

        var ran = await Ran.Command(server, import);

        Assert.Equal(1, ran.ExitCode);
        Assert.EndsWith($"{file} changed while it was read: {lines} lines were fit to be sent, and 10 were sent; run the same command again", ran.Line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Import_that_is_stopped_says_how_far_it_was_and_how_to_go_on()
    {
        await using var server = await StandIn.Start();
        using var files = new Files();
        using var stop = new CancellationTokenSource();
        server.Troubles.Enqueue(async context =>
        {
            await stop.CancelAsync();
            await server.AnswerLines(context, int.MaxValue);
        });

        var ran = await Ran.Stopped(stop.Token, "import", "--program", StandIn.Program, "--actions", files.Sales(30), "--url", server.Url.ToString(), "--key", StandIn.Key);

        Assert.Equal((130, "grains: stopped"), (ran.ExitCode, ran.Line));
        Assert.Contains("0 of 30 actions were answered; run the same command again to go on, nothing is taken twice", ran.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Absent_program_is_one_line_that_says_how_to_create_it()
    {
        await using var server = await StandIn.Start();
        using var files = new Files();

        var ran = await Ran.Command(server, "import", "--program", "other", "--actions", files.Sales(3));

        Assert.Equal(1, ran.ExitCode);
        Assert.StartsWith("grains: there is no program 'other'; create it first: curl -X POST", ran.Line, StringComparison.Ordinal);
        ran = await Ran.Raw("import", "--program", "other", "--actions", files.Sales(3), "--url", server.Url + "grains", "--key", StandIn.Key);
        Assert.Contains($"curl -X POST {server.Url}grains/v1/programs -H", ran.Line, StringComparison.Ordinal);
        Assert.Equal(0, server.Actions);
    }
}
