using System.Diagnostics;

namespace Cli.Tests;

public sealed class CommandTests
{
    private const string Explained = """
        {"action_id":"inv_1","type":"sale","status":"rewarded","referee_id":"cus_1","program_id":"classic10","amount_minor":13912,"currency":"GBP",
         "decisions":[{"enrollment_id":"enr_1","rule_id":"r","rule_version":2,"reward":{"id":"rew_1","asset":"GBP","amount_minor":1391,"state":"pending"},
          "code":"rewarded","because":["10 % of 13912","cap 0 of 10000 used before"]}],
         "conflicts":[{"amount_minor":5}]}
        """;

    [Fact]
    public async Task D20_explain_prints_rule_version_reward_and_reasons()
    {
        await using var server = await StandIn.Start();
        server.Answers["GET /v1/actions/inv_1"] = new(200, Explained);

        var ran = await Ran.Command(server, "explain", "inv_1");

        Assert.Equal(
            """
            inv_1: rewarded
              sale, 13912 GBP (minor units), of cus_1, in classic10
              rule r version 2: rewarded
                reward rew_1: 1391 GBP (minor units), pending
                - 10 % of 13912
                - cap 0 of 10000 used before
              also sent with other content, and refused: {"amount_minor":5}

            """,
            ran.Out);
        Assert.Equal((0, ""), (ran.ExitCode, ran.Error));
    }

    [Fact]
    public async Task D10_explain_says_what_a_parked_action_waits_for()
    {
        await using var server = await StandIn.Start();
        server.Answers["GET /v1/actions/inv_2"] = new(
            200, """{"action_id":"inv_2","status":"parked","code":"referral_missing","decisions":[],"because":["No referral of this customer yet."]}""");

        var ran = await Ran.Command(server, "explain", "inv_2");

        Assert.Equal("inv_2: parked (referral_missing)\n  - No referral of this customer yet.\n", ran.Out);
    }

    [Fact]
    public async Task Explain_passes_the_body_through_for_programs()
    {
        await using var server = await StandIn.Start();
        server.Answers["GET /v1/actions/inv_1"] = new(200, Explained);

        var ran = await Ran.Command(server, "explain", "inv_1", "--json");

        Assert.Equal(Explained + "\n", ran.Out);
    }

    [Fact]
    public async Task Explain_of_an_unknown_action_is_one_line()
    {
        await using var server = await StandIn.Start();

        var ran = await Ran.Command(server, "explain", "nothing");

        Assert.Equal((1, "grains: there is no action 'nothing'"), (ran.ExitCode, ran.Line));
    }

    [Fact]
    public async Task Ledger_check_that_agrees_succeeds()
    {
        await using var server = await StandIn.Start();
        server.Answers["POST /v1/ledger/check"] = new(200, """{"ok":true,"checked":{"postings":12,"balances":3},"differences":[]}""");

        var ran = await Ran.Command(server, "ledger", "check");

        Assert.Equal((0, ""), (ran.ExitCode, ran.Error));
        Assert.Equal("The ledger agrees with the journal.\n  postings: 12\n  balances: 3\n", ran.Out);
    }

    [Theory]
    [InlineData("""{"ok":false,"checked":{},"differences":[{"what":"balance ref_1 GBP","detail":"journal 5, balance 6"}]}""")]
    [InlineData("""{"ok":true,"checked":{},"differences":[{"what":"balance ref_1 GBP","detail":"journal 5, balance 6"}]}""")]
    public async Task Ledger_check_fails_on_any_difference(string body)
    {
        await using var server = await StandIn.Start();
        server.Answers["POST /v1/ledger/check"] = new(200, body);

        var ran = await Ran.Command(server, "ledger", "check");

        Assert.Equal((1, "grains: the ledger differs from the journal in 1 places"), (ran.ExitCode, ran.Line));
        Assert.Contains("balance ref_1 GBP: journal 5, balance 6", ran.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_if_says_the_totals_and_the_largest_differences()
    {
        await using var server = await StandIn.Start();
        using var files = new Files();
        server.Answers["POST /v1/rules:what_if"] = new(200, """
            {"progress":{"referrers":1,"of_referrers":2,"actions":40}}
            {"result":{"actions":80,"asset":"GBP","replaces":true,"as_is":{"earned_minor":1000,"clawed_back_minor":100,"net_minor":900},"draft":{"earned_minor":1200,"clawed_back_minor":120,"net_minor":1080},"referrers":[{"referrer_id":"rita","as_is_net_minor":900,"draft_net_minor":1080}],"has_more":false}}
            """);

        var ran = await Ran.Command(server, "what-if", "--program", "p", "--rule", files.Write("draft.json", """{"id":"r"}"""));

        Assert.Equal((0, ""), (ran.ExitCode, ran.Error));
        Assert.Equal(
            """
            80 actions, in GBP (minor units); the draft stands in for its namesake
                                  earned         clawed back                 net
            as is                  1,000                 100                 900
            draft                  1,200                 120               1,080
              rita: 900 -> 1,080 (+180)

            """.ReplaceLineEndings("\n"),
            ran.Out);
    }

    [Fact]
    public async Task What_if_with_a_rule_that_cannot_be_read_is_one_line()
    {
        await using var server = await StandIn.Start();
        using var files = new Files();

        var ran = await Ran.Command(server, "what-if", "--program", "p", "--rule", files.Write("draft.json", "no rule"));

        Assert.Equal(1, ran.ExitCode);
        Assert.StartsWith("grains: the rule in ", ran.Line, StringComparison.Ordinal);
    }

    private const string Agreed = """
        {"send_gate":{"open":true},"run":{"id":"rec_7","state":"clean","transfers":12,"items":0,"breaks":0,"covers_from":"2026-11-01T00:00:00Z"},"breaks":[]}
        """;

    private const string Differing = """
        {"send_gate":{"open":false,"shut_because":"they differ","shut_by":"rec_7","shut_at":"2026-11-28T00:00:00Z"},
         "run":{"id":"rec_7","state":"breaks","transfers":12,"items":1,"breaks":1,"covers_from":"2026-11-01T00:00:00Z"},
         "breaks":[{"kind":"transfer_without_item","transfer_id":"tr_1","detail":"500 usd to acct_1"}]}
        """;

    [Fact]
    public async Task Reconcile_that_agrees_succeeds()
    {
        await using var server = await StandIn.Start();
        server.Answers["POST /v1/reconciliation/run"] = new(200, """{"id":"rec_7","state":"waiting"}""");
        server.Answers["GET /v1/reconciliation"] = new(200, Agreed);

        var ran = await Ran.Command(server, "reconcile", "--full");

        Assert.Equal((0, ""), (ran.ExitCode, ran.Error));
        Assert.Equal("rec_7: clean, 12 transfers and 0 items since 2026-11-01T00:00:00Z\nPayouts may be sent.\n", ran.Out);
    }

    [Fact]
    public async Task Reconcile_fails_on_any_break_and_lists_it()
    {
        await using var server = await StandIn.Start();
        server.Answers["POST /v1/reconciliation/run"] = new(200, """{"id":"rec_7","state":"waiting"}""");
        server.Answers["GET /v1/reconciliation"] = new(200, Differing);

        var ran = await Ran.Command(server, "reconcile");

        Assert.Equal((1, "grains: Stripe and the books differ in 1 places"), (ran.ExitCode, ran.Line));
        Assert.Contains("  transfer_without_item: - tr_1 500 usd to acct_1\nNothing is sent: they differ (rec_7, 2026-11-28T00:00:00Z).\n", ran.Out, StringComparison.Ordinal);
        Assert.Equal((1, Differing + "\n"), (await Ran.Command(server, "reconcile", "--json") is var json ? json.ExitCode : 0, json.Out));
    }

    [Theory]
    [InlineData("explain", "x")]
    [InlineData("ledger", "check")]
    [InlineData("what-if", "--program", "p", "--rule", "RULE")]
    [InlineData("import", "--program", "p", "--actions", "FILE")]
    public async Task Unreachable_server_is_one_line(params string[] command)
    {
        using var files = new Files();
        string[] arguments = [.. command.Select(word => word switch { "FILE" => files.Sales(1), "RULE" => files.Write("r.json", "{}"), _ => word }), "--url", "http://127.0.0.1:1", "--key", "k"];

        var ran = await Ran.WithoutPauses(arguments);

        Assert.Equal(1, ran.ExitCode);
        Assert.StartsWith("grains: no answer from http://127.0.0.1:1 (ConnectionRefused); start the server with ./grains up", ran.Line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refused_key_is_one_line()
    {
        await using var server = await StandIn.Start();

        var ran = await Ran.Raw("explain", "x", "--url", server.Url.ToString(), "--key", "wrong");

        Assert.Equal(1, ran.ExitCode);
        Assert.Contains("refused the key (401)", ran.Line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("payouts", "export", "b", "--out", "/no/such/folder/x.csv")]
    [InlineData("audit", "export", "--out", "/no/such/folder/x.csv")]
    [InlineData("payouts", "export", "b", "--out", "/dev/full")]
    [InlineData("audit", "export", "--out", "/dev/full")]
    [InlineData("import", "--program", StandIn.Program, "--actions", "FILE", "--rejects", "/no/such/folder/x.csv")]
    [InlineData("import", "--program", StandIn.Program, "--actions", "FILE", "--rejects", "/dev/full")]
    public async Task File_that_cannot_be_written_is_one_line_that_names_it(params string[] command)
    {
        await using var server = await StandIn.Start();
        var table = "a,b\r\n" + string.Concat(Enumerable.Repeat("1,2\r\n", 10_000));
        (server.Answers["GET /v1/payout_batches/b"], server.Answers["GET /v1/audit_entries"]) = (new(200, table), new(200, table));
        using var files = new Files();

        var ran = await Ran.Command(server, [.. command.Select(word => word == "FILE" ? files.Write("a.csv", "action_id,type,referee_id", "bad1,sale,c") : word)]);

        Assert.Equal(1, ran.ExitCode);
        Assert.Contains(command[^1].StartsWith("/no", StringComparison.Ordinal) ? "/no/such/folder/x.csv" : "/dev/full", ran.Line, StringComparison.Ordinal);
        Assert.DoesNotContain("no answer", ran.Line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--actions needs a value", "import", "--program", "p", "--actions", "")]
    [InlineData("--actions needs a value", "import", "--program", "p", "--actions", "", "--rejects", "r.csv")]
    [InlineData("--map needs a value", "import", "--program", "p", "--actions", "a.csv", "--map", "")]
    [InlineData("--rejects needs a value", "import", "--program", "p", "--actions", "a.csv", "--rejects", "")]
    [InlineData("--out needs a value", "audit", "export", "--out", "")]
    public async Task Empty_value_is_refused(string expected, params string[] command)
    {
        var ran = await Ran.Raw([.. command, "--url", "http://127.0.0.1:1", "--key", "k"]);

        Assert.Equal((2, "grains: " + expected), (ran.ExitCode, ran.Line));
    }

    [Theory]
    [InlineData(StandIn.Key + "\r\n", null)]
    [InlineData("a\r\nX: b", "grains: the key from --key has a character that no key has")]
    [InlineData("schl\u00fcssel", "grains: the key from --key has a character that no key has")]
    public async Task Key_has_no_line_end_and_nothing_that_cannot_be_sent(string key, string? expected)
    {
        await using var server = await StandIn.Start();
        server.Answers["GET /v1/actions/a"] = new(200, "{}");

        var ran = await Ran.Raw("explain", "a", "--url", server.Url.ToString(), "--key", key);

        Assert.Equal((expected is null ? 0 : 1, expected ?? ""), (ran.ExitCode, ran.Error.TrimEnd('\n')));
    }

    [Fact]
    public async Task Url_with_a_password_is_refused()
    {
        var ran = await Ran.Raw("explain", "a", "--url", "http://me:secret@127.0.0.1:1", "--key", "k");

        Assert.Equal((1, "grains: --url has a name or a password before its host: what opens the server is its key"), (ran.ExitCode, ran.Line));
    }

    [Theory]
    [InlineData("<html>hello</html>")]
    [InlineData("[1]")]
    [InlineData("\"text\"")]
    public async Task Answer_that_is_no_object_is_one_line(string body)
    {
        await using var server = await StandIn.Start();
        using var files = new Files();
        (server.Answers["GET /v1/actions/a"], server.Answers["POST /v1/rules:what_if"]) = (new(200, body), new(200, body));

        var explained = await Ran.Command(server, "explain", "a");
        var replayed = await Ran.Command(server, "what-if", "--program", "p", "--rule", files.Write("draft.json", "{}"));

        Assert.Equal((1, 1), (explained.ExitCode, replayed.ExitCode));
        Assert.StartsWith("grains: GET /v1/actions/a answered with something that is not a JSON object; is http://", explained.Line, StringComparison.Ordinal);
        Assert.StartsWith("grains: POST /v1/rules:what_if?limit=20 answered with something that is not a JSON object; is http://", replayed.Line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Key_is_read_from_the_data_directory_of_the_server()
    {
        await using var server = await StandIn.Start();
        server.Answers["GET /v1/actions/a"] = new(200, "{}");
        using var files = new Files();
        files.Write("admin.key", StandIn.Key);

        var ran = await Ran.Raw("explain", "a", "--url", server.Url.ToString(), "--data", files.Path);

        Assert.Equal(0, ran.ExitCode);
    }

    [Theory]
    [InlineData("--data")]
    [InlineData("GRAINS_DATA")]
    public async Task The_server_that_runs_on_a_data_directory_is_found_by_its_note(string named)
    {
        await using var server = await StandIn.Start();
        server.Answers["GET /v1/actions/a"] = new(200, "{}");
        using var files = new Files();
        files.Write("admin.key", StandIn.Key);
        using var running = Running();
        files.Write("server.json", $$"""{"pid":{{running.Id}},"url":"http://0.0.0.0:{{server.Url.Port}}"}""");

        var ran = named == "--data" ? await Ran.Raw("explain", "a", "--data", files.Path) : await Ran.With(new Dictionary<string, string> { [named] = files.Path }, "explain", "a");

        Assert.Equal((0, ""), (ran.ExitCode, ran.Error));
    }

    [Fact]
    public async Task The_note_of_a_server_that_was_killed_misleads_nobody()
    {
        using var files = new Files();
        // Its number is another process's by now: ours.
        files.Write("server.json", $$"""{"pid":{{Environment.ProcessId}},"url":"http://127.0.0.1:1"}""");

        var ran = await Ran.WithoutPauses("explain", "a", "--key", "k", "--data", files.Path);

        Assert.DoesNotContain("http://127.0.0.1:1 ", ran.Error, StringComparison.Ordinal);
    }

    // What a process is, its arguments say. It ends when nobody holds its input any more.
    private static Process Running() => Process.Start(new ProcessStartInfo("bash", ["-c", "read", "ReferralGrains.Server.dll"]) { RedirectStandardInput = true })!;

    [Theory]
    [InlineData("--help")]
    [InlineData("import", "--help")]
    [InlineData("explain", "--help")]
    [InlineData("ledger", "check", "--help")]
    public async Task Help_succeeds_for_each_command(params string[] arguments)
    {
        var ran = await Ran.Raw(arguments);

        Assert.Equal((0, ""), (ran.ExitCode, ran.Error));
        Assert.Contains("--json", ran.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Missing_option_is_one_line()
    {
        var ran = await Ran.Raw("import", "--program", "p");

        Assert.Equal(2, ran.ExitCode);
        Assert.Contains("--actions", ran.Line, StringComparison.Ordinal);
    }
}
