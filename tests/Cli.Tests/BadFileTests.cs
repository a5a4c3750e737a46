namespace Cli.Tests;

public sealed class BadFileTests
{
    [Theory]
    [InlineData("a1,sale,c,2011-01-01T00:00:00Z,12.50", "line 3, column 5 (amount_minor): '12.50' is not a whole number")]
    [InlineData("a1,sale,c,2011-01-01T00:00:00,12", "line 3, column 4 (occurred_at): '2011-01-01T00:00:00' is not a time")]
    [InlineData("a1,sale,,2011-01-01T00:00:00Z,12", "line 3, column 3 (referee_id): is empty")]
    [InlineData("a1,sale,c", "line 3, column 4: 3 cells where the header has 5")]
    [InlineData("a1,sale,c\"x,,12", "line 3, column 10:")]
    public async Task Bad_csv_line_names_line_and_column_and_nothing_is_sent(string row, string expected)
    {
        await using var server = await StandIn.Start();
        using var files = new Files();
        var actions = files.Write("a.csv", "action_id,type,referee_id,occurred_at,amount_minor", "a0,sale,c,2011-01-01T00:00:00Z,1", row);

        var ran = await Ran.Command(server, "import", "--program", StandIn.Program, "--actions", actions);

        Assert.Equal((1, 0), (ran.ExitCode, server.Actions));
        Assert.Contains(expected, ran.Line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("action_id,type", "line 1, column 3 (referee_id): this column is missing")]
    [InlineData("action_id,type,referee_id,amout_minor", "line 1, column 4 (amout_minor): unknown column")]
    [InlineData("action_id,type,referee_id,type", "line 1, column 4 (type): this column is there twice")]
    public async Task Bad_header_names_the_column(string header, string expected)
    {
        await using var server = await StandIn.Start();
        using var files = new Files();

        var ran = await Ran.Command(server, "import", "--program", StandIn.Program, "--actions", files.Write("a.csv", header));

        Assert.Equal(1, ran.ExitCode);
        Assert.Contains(expected, ran.Line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"action_id\":\"a1\",}", "line 2, column 19: not JSON")]
    [InlineData("[]", "line 2, column 1: not an object")]
    [InlineData("{\"program_id\":5,\"action_id\":\"a2\",\"type\":\"sale\",\"referee_id\":\"c\"}", "line 2, column 15 (program_id): another program than 'classic10'")]
    [InlineData("{\"action_id\":\"\\ud800\",\"type\":\"sale\",\"referee_id\":\"c\"}", "line 2, column 1: a text in it is not Unicode")]
    [InlineData("{} x", "line 2, column 4: not JSON")]
    [InlineData("{\"program_id\":\"other\",\"action_id\":\"a2\",\"type\":\"sale\",\"referee_id\":\"c\"}", "line 2, column 15 (program_id): another program than 'classic10'")]
    public async Task Bad_ndjson_line_names_line_and_column(string line, string expected)
    {
        await using var server = await StandIn.Start();
        using var files = new Files();
        var actions = files.Write("a.ndjson", """{"action_id":"a1","type":"sale","referee_id":"c"}""", line);

        var ran = await Ran.Command(server, "import", "--program", StandIn.Program, "--actions", actions);

        Assert.Equal((1, 0), (ran.ExitCode, server.Actions));
        Assert.Contains(expected, ran.Line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a.csv", "PK\u0003\u0004workbook", "is a workbook or another archive: save it as CSV")]
    [InlineData("a.json", " [{}]", "is one JSON array: what is read is an object in each line")]
    [InlineData("a.csv", "", "is empty")]
    public async Task Another_kind_of_file_is_named(string name, string content, string expected)
    {
        await using var server = await StandIn.Start();
        using var files = new Files();

        var ran = await Ran.Command(server, "import", "--program", StandIn.Program, "--actions", files.Write(name, content));

        Assert.Equal(1, ran.ExitCode);
        Assert.Contains(expected, ran.Line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Absent_file_is_one_line()
    {
        await using var server = await StandIn.Start();

        var ran = await Ran.Command(server, "import", "--program", StandIn.Program, "--actions", "/nowhere/a.csv");

        Assert.Equal(1, ran.ExitCode);
        Assert.StartsWith("grains: cannot read /nowhere/a.csv", ran.Line, StringComparison.Ordinal);
    }
}
