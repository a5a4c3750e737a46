using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Cli.Tests;

/// <summary>All that is wrong with a file is known before anything is sent.</summary>
public sealed class ImportCheckTests
{
    private static readonly JsonSerializerOptions readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [Fact]
    public async Task All_errors_of_a_file_are_grouped_by_code_and_field_each_with_its_own_lines_and_reason()
    {
        await using var server = await StandIn.Start();
        using var files = new Files();
        var actions = files.Write("a.csv",
            "action_id,type,referee_id,occurred_at,amount_minor",
            "a1,sale,c,2026-02-01,1",
            "a2,sale,c,02/01/2026 00:00 +00:00,x",
            "a3,sold,c,2026-02-01T00:00:00Z,1",
            "a 4,sale,,2026-02-30T00:00:00Z,1",
            "a5,refund,c,2026-02-01T00:00:00Z,0",
            "a6,sale,c,2026-02-01T00:00:00Z,1");

        var ran = await Ran.Command(server, "import", "--program", StandIn.Program, "--actions", actions);

        Assert.Equal((1, 0), (ran.ExitCode, server.Received.Count));
        Assert.Contains("5 lines are wrong", ran.Line, StringComparison.Ordinal);
        Assert.Contains("refused: invalid_field (occurred_at) 3:", ran.Out, StringComparison.Ordinal);
        Assert.Contains("  line 2: '2026-02-01' is not a time such as", ran.Out, StringComparison.Ordinal);
        Assert.Contains("  line 3: '02/01/2026 00:00 +00:00' is not a time such as", ran.Out, StringComparison.Ordinal);
        Assert.Contains("  line 5: '2026-02-30T00:00:00Z' is not a time such as", ran.Out, StringComparison.Ordinal);
        Assert.Contains("refused: invalid_field (amount_minor) 2:", ran.Out, StringComparison.Ordinal);
        Assert.Contains("  line 6: a refund is above zero", ran.Out, StringComparison.Ordinal);
        Assert.Contains("refused: invalid_field (type) 1, line 4: 'sold' is none of sale, refund,", ran.Out, StringComparison.Ordinal);
        Assert.Contains("refused: missing_field (referee_id) 1, line 5: is empty", ran.Out, StringComparison.Ordinal);
        Assert.Contains("refused: missing_field (refund_of) 1, line 6: is empty", ran.Out, StringComparison.Ordinal);
        Assert.Contains("refused: invalid_id (action_id) 1, line 5: 'a 4' is not an id", ran.Out, StringComparison.Ordinal);
        Assert.Contains("1 fit to be sent, 5 wrong", ran.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refusals_of_the_server_have_their_field_and_each_its_own_reason()
    {
        await using var server = await StandIn.Start();
        using var files = new Files();
        var actions = files.Write("a.csv", "action_id,type,referee_id", "odd1,sale,c", "a1,sale,c", "odd2,sale,c", "bad1,sale,c");

        var ran = await Ran.Command(server, "import", "--program", StandIn.Program, "--actions", actions, "--json");

        var refusals = JsonDocument.Parse(ran.Out).RootElement.GetProperty("refusals").EnumerateArray().ToList();
        Assert.All(refusals, static kind => Assert.Equal("actions", kind.GetProperty("file").GetString()));
        Assert.Equal(["note", ""], refusals.Select(kind => kind.GetProperty("param").GetString() ?? ""));
        Assert.Equal("""[{"line":2,"detail":"'odd1' is odd"},{"line":4,"detail":"'odd2' is odd"}]""", Compact(refusals[0].GetProperty("lines")));
    }

    [Fact]
    public async Task Dry_run_says_what_would_be_sent_and_sends_nothing()
    {
        await using var server = await StandIn.Start();
        using var files = new Files();

        var ran = await Ran.Command(
            server, "import", "--program", StandIn.Program, "--actions", files.Sales(30), "--referrals", files.Referrals(20), "--dry-run");

        Assert.Equal((0, 0, 0, 0), (ran.ExitCode, server.Received.Count, server.Referees, server.Referrers.Count));
        Assert.Contains("20 fit to be sent, 0 wrong", ran.Out, StringComparison.Ordinal);
        Assert.Contains("30 fit to be sent, 0 wrong", ran.Out, StringComparison.Ordinal);
        Assert.Contains("30 of type sale, 300.00 GBP together", ran.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bad_referrer_stops_before_any_is_made()
    {
        await using var server = await StandIn.Start();
        using var files = new Files();
        var referrals = files.Write("r.csv", "referee_id,referrer_id", "c1,r1", "c2,r 2", "c3,");

        var ran = await Ran.Command(server, "import", "--program", StandIn.Program, "--actions", files.Sales(3), "--referrals", referrals);

        Assert.Equal((1, 0, 0), (ran.ExitCode, server.Referrers.Count, server.Received.Count));
        Assert.Contains("refused: invalid_id (referrer_id) 1, line 3: 'r 2' is not an id", ran.Out, StringComparison.Ordinal);
        Assert.Contains("refused: missing_field (referrer_id) 1, line 4: is empty", ran.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rejects_are_written_with_their_reasons_and_the_rest_is_sent()
    {
        await using var server = await StandIn.Start();
        using var files = new Files();
        var actions = files.Write("a.csv", "action_id;type;referee_id;amount_minor", "a1;sale;c;1,5", "bad2;sale;c;2", "a3;sale;c;3");
        var rejects = Path.Combine(files.Path, "rejects.csv");

        var ran = await Ran.Command(server, "import", "--program", StandIn.Program, "--actions", actions, "--rejects", rejects);

        Assert.Equal((1, "grains: 2 lines were refused"), (ran.ExitCode, ran.Line));
        Assert.Contains("  actions     1 accepted, 0 duplicate, 1 refused, 1 wrong\n", ran.Out, StringComparison.Ordinal);
        Assert.Equal(["bad2", "a3"], server.Received.Select(Id));
        var lines = await File.ReadAllLinesAsync(rejects, TestContext.Current.CancellationToken);
        Assert.Equal("action_id;type;referee_id;amount_minor;rejected_because", lines[0]);
        Assert.StartsWith("a1;sale;c;1,5;\"line 2, amount_minor: '1,5' is not a whole number of minor units; for", lines[1], StringComparison.Ordinal);
        Assert.Equal("bad2;sale;c;2;line 3, invalid: not like this", lines[2]);
        Assert.Equal(3, lines.Length);
    }

    // To make it anew would empty it before a line of it is read.
    [Theory]
    [InlineData("actions", "as it is")]
    [InlineData("actions", "spelled in another way")]
    [InlineData("actions", "a link")]
    [InlineData("actions", "another name of it")]
    [InlineData("actions", "a link", "--dry-run")]
    [InlineData("referrals", "a link")]
    [InlineData("map", "a link")]
    public async Task Rejects_are_not_written_over_what_is_read(string option, string how, params string[] more)
    {
        await using var server = await StandIn.Start();
        using var files = new Files();
        var read = new Dictionary<string, string>
        {
            ["actions"] = files.Write("a.csv", "action_id,type,referee_id,at,minor", "a1,sale,c,2026-01-01T00:00:00Z,1"),
            ["referrals"] = files.Write("r.csv", "referee_id,referrer_id", "c,r"),
            ["map"] = files.Write("m.json", """{"columns":{"action_id":"action_id","type":"type","referee_id":"referee_id","occurred_at":"at","amount_minor":"minor"} }"""),
        };
        var before = await File.ReadAllTextAsync(read[option], TestContext.Current.CancellationToken);
        var rejects = how switch
        {
            "as it is" => read[option],
            "spelled in another way" => Path.Combine(files.Path, ".", Path.GetFileName(read[option])),
            _ => Path.Combine(files.Path, "rejects.csv"),
        };
        if (how == "a link") File.CreateSymbolicLink(rejects, read[option]);
        if (how == "another name of it") await Run("ln", read[option], rejects);

        var ran = await Ran.Command(
            server, ["import", "--program", StandIn.Program, "--actions", read["actions"], "--referrals", read["referrals"], "--map", read["map"], "--rejects", rejects, .. more]);

        Assert.Equal((2, 0, before), (ran.ExitCode, server.Received.Count, await File.ReadAllTextAsync(read[option], TestContext.Current.CancellationToken)));
        Assert.Contains("--rejects would write over", ran.Line, StringComparison.Ordinal);
    }

    private static async Task Run(string program, params string[] arguments)
    {
        using var process = System.Diagnostics.Process.Start(program, arguments);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, process.ExitCode);
    }

    [Fact]
    public async Task Rejects_that_were_mended_are_imported_as_they_are()
    {
        await using var server = await StandIn.Start();
        using var files = new Files();
        var csv = files.Write("rejects.csv", "action_id,type,referee_id,rejected_because", "a1,sale,c,\"line 3, type: it was odd\"");
        var ndjson = files.Write("rejects.ndjson", """{"action_id":"a2","type":"sale","referee_id":"c","rejected_because":"odd"}""");

        var first = await Ran.Command(server, "import", "--program", StandIn.Program, "--actions", csv);
        var second = await Ran.Command(server, "import", "--program", StandIn.Program, "--actions", ndjson);

        Assert.Equal((0, 0), (first.ExitCode, second.ExitCode));
        Assert.All(server.Received, action => Assert.False(action.TryGetProperty("rejected_because", out _)));
    }

    [Fact]
    public async Task Rejected_object_keeps_its_fields_and_gets_its_reason()
    {
        await using var server = await StandIn.Start();
        using var files = new Files();
        var actions = files.Write("a.ndjson", """{"action_id":"bad1","type":"sale","referee_id":"c","note":"n"}""", "{", """{"action_id":"a3","type":"sale","referee_id":"c"}""");
        var rejects = Path.Combine(files.Path, "rejects.ndjson");

        await Ran.Command(server, "import", "--program", StandIn.Program, "--actions", actions, "--rejects", rejects);

        Assert.Equal(
            ["{", """{"action_id":"bad1","type":"sale","referee_id":"c","note":"n","rejected_because":"line 1, invalid: not like this"}"""],
            await File.ReadAllLinesAsync(rejects, TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("", ";", "its cells are separated by ';'")]
    [InlineData("", "\t", "its cells are separated by tabs")]
    [InlineData("sep=;\n", ";", "its cells are separated by ';'")]
    public async Task Other_separators_are_seen_and_named(string first, string separator, string expected)
    {
        await using var server = await StandIn.Start();
        using var files = new Files();
        var actions = files.Write("a.csv", $"{first}action_id{separator}type{separator}referee_id{separator}note", $"a1{separator}sale{separator}c{separator}x, y");

        var ran = await Ran.Command(server, "import", "--program", StandIn.Program, "--actions", actions);

        Assert.Equal((0, "x, y"), (ran.ExitCode, server.Received.Single().GetProperty("note").GetString()));
        Assert.Contains(expected, ran.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Headers_are_trimmed_and_case_free_and_cells_are_trimmed()
    {
        await using var server = await StandIn.Start();
        using var files = new Files();
        var actions = files.Write("a.csv", "Action_ID , TYPE, Referee_Id, products", " a1 , sale , c , A; B ;; C");

        var ran = await Ran.Command(server, "import", "--program", StandIn.Program, "--actions", actions);

        Assert.Equal(0, ran.ExitCode);
        Assert.Equal(
            """{"action_id":"a1","program_id":"classic10","type":"sale","referee_id":"c","product_ids":["A","B","C"]}""", Compact(server.Received.Single()));
    }

    [Theory]
    [InlineData("action_id,type,referee_id\na1,sale,c\n")]
    [InlineData("\uFEFFaction_id,type,referee_id\na1,sale,c\n")]
    [InlineData("""{"action_id":"a1","type":"sale","referee_id":"c"}""")]
    [InlineData("\uFEFF{\"action_id\":\"a1\",\"type\":\"sale\",\"referee_id\":\"c\"}\r\n\r\n")]
    public async Task Standard_input_is_taken_whatever_it_is_with_or_without_a_mark(string input)
    {
        await using var server = await StandIn.Start();

        var ran = await Ran.Piped(server, input, "import", "--program", StandIn.Program, "--actions", "-");

        Assert.Equal((0, 1), (ran.ExitCode, server.Actions));
    }

    [Theory]
    [InlineData("point", "GBP", "49.00", 4_900)]
    [InlineData("point", "GBP", "49", 4_900)]
    [InlineData("point", "GBP", "49.5", 4_950)]
    [InlineData("point", "gbp", "0.07000", 7)]
    [InlineData("point", "JPY", "500", 500)]
    [InlineData("point", "KWD", "1.234", 1_234)]
    [InlineData("point", "jpy", "500", 500)]
    [InlineData("point", "kwd", "1.234", 1_234)]
    [InlineData("comma", "EUR", "1234,56", 123_456)]
    public async Task Decimals_become_minor_units_by_the_currency(string mark, string currency, string amount, long expected)
    {
        await using var server = await StandIn.Start();
        using var files = new Files();
        var actions = files.Write("a.csv", "action_id;type;referee_id;amount_minor;currency", $"a1;sale;c;{amount};{currency}");

        var ran = await Ran.Command(server, "import", "--program", StandIn.Program, "--actions", actions, "--decimals", mark);

        Assert.Equal(0, ran.ExitCode);
        Assert.Equal(expected, server.Received.Single().GetProperty("amount_minor").GetInt64());
    }

    [Theory]
    [InlineData("1,234.00", "'1,234.00' is not an amount such as 49.00")]
    [InlineData("12.345", "'12.345' has more decimals than GBP has")]
    [InlineData("12.", "'12.' is not an amount")]
    [InlineData("1e3", "'1e3' is not an amount")]
    [InlineData("99999999999999999999", "is too large")]
    [InlineData("100000000000.01", "is not from 0 to 10000000000000")]
    [InlineData("-1.00", "-100 is not from 0 to")]
    public async Task Nothing_is_rounded_or_guessed(string amount, string expected)
    {
        await using var server = await StandIn.Start();
        using var files = new Files();
        var actions = files.Write("a.csv", "action_id;type;referee_id;amount_minor", $"a1;sale;c;{amount}");

        var ran = await Ran.Command(server, "import", "--program", StandIn.Program, "--actions", actions, "--decimals");

        Assert.Equal((1, 0), (ran.ExitCode, server.Received.Count));
        Assert.Contains(expected, ran.Line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("2026-02-01 10:00", "2026-02-01T15:00:00Z")]
    [InlineData("2026-07-01T10:00:00", "2026-07-01T14:00:00Z")]
    [InlineData("2026-03-08 02:30", "2026-03-08T07:00:00Z")] // D15: in the gap, the next instant that exists
    [InlineData("2026-11-01 01:30", "2026-11-01T05:30:00Z")] // D15: in the overlap, the first
    [InlineData("2026-02-01T10:00:00+01:00", "2026-02-01T09:00:00Z")]
    [InlineData("2026-02-01T10:00:00.123456789Z", "2026-02-01T10:00:00.1234567Z")]
    public async Task D15_times_without_an_offset_are_of_the_zone_that_is_named(string time, string expected)
    {
        await using var server = await StandIn.Start();
        using var files = new Files();
        var actions = files.Write("a.csv", "action_id,type,referee_id,occurred_at", $"a1,sale,c,{time}");

        await Ran.Command(server, "import", "--program", StandIn.Program, "--actions", actions, "--time-zone", "America/New_York");

        Assert.Equal(expected, server.Received.Single().GetProperty("occurred_at").GetString());
    }

    [Fact]
    public async Task Summary_has_the_money_and_the_states_at_the_end()
    {
        await using var server = await StandIn.Start();
        using var files = new Files();
        var actions = files.Write("a.csv",
            "action_id,type,referee_id,amount_minor,refund_of", "early1,refund,c,4000,a1", "a1,sale,c,123450,");

        var ran = await Ran.Command(server, "import", "--program", StandIn.Program, "--actions", actions);

        Assert.Contains("2 accepted, 0 duplicate, 0 refused", ran.Out, StringComparison.Ordinal);
        Assert.Contains("1 rewarded, 0 not rewarded, 1 reversed, 0 parked", ran.Out, StringComparison.Ordinal);
        Assert.Contains("earned 123.45 GBP, taken back 4.00 GBP, net 119.45 GBP", ran.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a1,sale,c,100,80", "80")]
    [InlineData("a1,sale,c,100,101", null)]
    [InlineData("a1,sale,c,100,-1", null)]
    [InlineData("a1,sale,c,,1", null)]
    public async Task X1_base_is_at_most_the_amount(string row, string? sent)
    {
        await using var server = await StandIn.Start();
        using var files = new Files();

        await Ran.Command(server, "import", "--program", StandIn.Program, "--actions", files.Write("a.csv", "action_id,type,referee_id,amount_minor,base_minor", row));

        Assert.Equal(sent, server.Received.Select(action => action.GetProperty("base_minor").GetRawText()).SingleOrDefault());
    }

    [Theory]
    [InlineData("a.csv", "action_id,type,referee_id,note", "a1,sale,c,caf\u00e9\n")]
    [InlineData("a.ndjson", """{"action_id":"a1","type":"sale","referee_id":"c"}""", "{\"action_id\":\"caf\u00e9\",\"type\":\"sale\",\"referee_id\":\"c\"}\n")]
    public async Task Text_that_is_not_utf8_is_refused_by_line(string name, string first, string second)
    {
        await using var server = await StandIn.Start();
        using var files = new Files();
        var actions = files.Write(name, first);
        await File.AppendAllTextAsync(actions, second, Encoding.Latin1, TestContext.Current.CancellationToken);

        var ran = await Ran.Command(server, "import", "--program", StandIn.Program, "--actions", actions);

        Assert.Contains("line 2, column 1: the text is not UTF-8", ran.Line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a.csv", "action_id,type,referee_id,note\na1,sale,c,caf\u00e9", ",\"line 2, not_utf8: the text is not UTF-8\"\n")]
    [InlineData("a.ndjson", "{\"action_id\":\"a1\",\"type\":\"sale\",\"referee_id\":\"c\",\"note\":\"caf\u00e9\"}", "\n")]
    public async Task Rejected_text_that_is_not_utf8_is_written_byte_for_byte(string name, string text, string reason)
    {
        await using var server = await StandIn.Start();
        using var files = new Files();
        var (actions, rejects) = (Path.Combine(files.Path, name), Path.Combine(files.Path, "rejects"));
        await File.WriteAllTextAsync(actions, text + "\n", Encoding.Latin1, TestContext.Current.CancellationToken);

        await Ran.Command(server, "import", "--program", StandIn.Program, "--actions", actions, "--rejects", rejects);

        Assert.EndsWith(text.Split('\n')[^1] + reason, await File.ReadAllTextAsync(rejects, Encoding.Latin1, TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a1,sale,c,USD,a0,,,", "(refund_of): a sale has none")]
    [InlineData("a1,refund,c,USD,a0,d1,,", "(chargeback_of): a refund has none")]
    [InlineData("a1,sale,c,ABC,,,,", "(currency): 'ABC' is not a code such as GBP")]
    [InlineData("a1,sale,c,USD,,,NOTE,", "(note): it has 1,001 characters, and 1,000 are possible")]
    [InlineData("a1,sale,c,USD,,,,LONG", "(products): 'pppppppppppppppppppppppppppppppppppppppppppppppppp…' has more than 200 characters")]
    [InlineData("a1,sale,c,USD,,,,MANY", "(products): there are 1,001, and 1,000 are possible")]
    public async Task What_the_server_would_refuse_is_told_before_anything_is_sent(string row, string expected)
    {
        await using var server = await StandIn.Start();
        using var files = new Files();
        var filled = row.Replace("NOTE", new('n', 1_001), StringComparison.Ordinal).Replace("LONG", new('p', 201), StringComparison.Ordinal)
            .Replace("MANY", string.Join(';', Enumerable.Repeat("p", 1_001)), StringComparison.Ordinal);

        var ran = await Ran.Command(server, "import", "--program", StandIn.Program, "--actions", files.Write("a.csv", "action_id,type,referee_id,currency,refund_of,chargeback_of,note,products", filled));

        Assert.Equal((1, 0), (ran.ExitCode, server.Received.Count));
        Assert.Contains(expected, ran.Line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sums_of_several_currencies_share_the_count_of_their_type()
    {
        await using var server = await StandIn.Start();
        using var files = new Files();
        var actions = files.Write("a.csv", "action_id,type,referee_id,amount_minor,currency", "a1,sale,c,100,GBP", "a2,sale,c,500,JPY", "a3,sale,c,100,gbp");

        var ran = await Ran.Command(server, "import", "--program", StandIn.Program, "--actions", actions, "--dry-run");

        Assert.Contains("3 of type sale, 2.00 GBP and 500 JPY together\n", ran.Out, StringComparison.Ordinal);
    }

    private static string Id(JsonElement action) => action.GetProperty("action_id").GetString()!;

    private static string Compact(JsonElement json) => JsonSerializer.Serialize(json, readable);
}
