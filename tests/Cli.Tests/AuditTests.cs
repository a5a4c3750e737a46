namespace Cli.Tests;

public sealed class AuditTests
{
    private const string Entries = """
        {"data":[{"id":"aud_2","at":"2026-11-28T10:00:00Z","by":"key_7","role":"admin","operation":"closeReferrer","request":"POST /v1/referrers/jane/close","subject_id":"jane","status":200,
                  "reason":"asked to","request_id":"r2"},
                 {"id":"aud_1","at":"2026-11-28T09:00:00Z","by":"admin_key","role":"all","operation":"createProgram","request":"POST /v1/programs","request_id":"r1"}],"has_more":true}
        """;

    [Fact]
    public async Task The_newest_entries_are_a_line_each()
    {
        await using var server = await StandIn.Start();
        server.Answers["GET /v1/audit_entries"] = new(200, Entries);
        var ran = await Ran.Command(server, "audit", "list", "--about", "jane", "--limit", "2");
        Assert.Equal(
            """
            2026-11-28T10:00:00Z  key_7 (admin)  closeReferrer jane  200: asked to
            2026-11-28T09:00:00Z  admin_key (all)  createProgram  not answered

            """,
            ran.Out);
        Assert.Equal((0, ""), (ran.ExitCode, ran.Error));
    }

    [Fact]
    public async Task All_of_them_go_to_a_file_or_to_standard_output()
    {
        const string table = "id,at\r\naud_1,2026-11-28T09:00:00Z\r\n";
        await using var server = await StandIn.Start();
        server.Answers["GET /v1/audit_entries"] = new(200, table);
        Assert.Equal(table, (await Ran.Command(server, "audit", "export", "--by", "key_7")).Out);
        var file = Path.Combine(Directory.CreateTempSubdirectory("rg-audit-").FullName, "audit.csv");
        Assert.Equal((0, "", ""), (await Ran.Command(server, "audit", "export", "--out", file)) is var ran ? (ran.ExitCode, ran.Out, ran.Error) : default);
        Assert.Equal(table, await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken));
        Directory.Delete(Path.GetDirectoryName(file)!, recursive: true);
    }

    [Fact]
    public async Task A_key_that_may_not_is_told_so_in_one_line()
    {
        await using var server = await StandIn.Start();
        server.Answers["GET /v1/audit_entries"] = new(403, """{"type":"/docs/errors#forbidden","title":"forbidden","status":403,"code":"forbidden","request_id":"req_1","detail":"The key has not the role admin."}""");
        foreach (var what in (string[])["list", "export"])
        {
            var ran = await Ran.Command(server, "audit", what);
            Assert.NotEqual(0, ran.ExitCode);
            Assert.StartsWith("grains: this key may not GET /v1/audit_entries", ran.Line, StringComparison.Ordinal);
            Assert.EndsWith("(403 forbidden): The key has not the role admin.", ran.Line, StringComparison.Ordinal);
        }
    }
}
