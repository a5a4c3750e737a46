using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using ReferralGrains.Cli.Api;

namespace ReferralGrains.Cli.Audit;

/// <summary><c>grains audit</c>: who changed what, and who looked at what is personal.</summary>
internal sealed class AuditCommand
{
    private readonly AccessOptions access;
    private readonly Surroundings around;
    private readonly Option<string?> by = new("--by") { Description = "Only of this key, by its id." };
    private readonly Option<string?> about = new("--about") { Description = "Only what is about this id: a referrer, a batch, a key." };
    private readonly Option<string?> operation = new("--operation") { Description = "Only of this operation, as the description of the API names it." };
    private readonly Option<string?> from = new("--from") { Description = "From this time on, such as 2026-01-31T00:00:00Z." };
    private readonly Option<string?> to = new("--to") { Description = "Before this time." };
    private readonly Option<int> limit = new("--limit") { Description = "How many, at most 100.", DefaultValueFactory = static _ => 20 };
    private readonly Option<string?> file = new("--out") { Description = "Write to this file instead of standard output." };

    private AuditCommand(AccessOptions access, Surroundings around) => (this.access, this.around) = (access, around);

    public static Command Build(AccessOptions access, Surroundings around) => new AuditCommand(access, around).Command();

    private Command Command() => new("audit", "Who changed what and who looked at what is personal, newest first. Needs a key with the role admin or key_admin.")
    {
        Do(new("list", "The newest entries.") { by, about, operation, from, to, limit }, List),
        Do(new("export", "All entries as CSV.") { by, about, operation, from, to, file }, Export),
    };

    private async Task List(ApiClient api, ParseResult parsed, CancellationToken stop)
    {
        var answer = await api.Get(Path(parsed, parsed.GetValue(limit)), stop);
        var body = answer.Json();
        if (parsed.GetValue(access.Json)) around.Out.WriteLine(answer.Body);
        else if (!body.Items("data").Any()) around.Out.WriteLine("There are no such entries.");
        else
            foreach (var entry in body.Items("data")) around.Out.WriteLine(Line(entry));
    }

    private async Task Export(ApiClient api, ParseResult parsed, CancellationToken stop)
    {
        if (parsed.GetValue(file) is { } path)
        {
            await using (var table = File.Create(path)) await api.Table(Path(parsed, 100), table, stop);
            if (parsed.GetValue(access.Json)) around.Out.WriteLine(JsonSerializer.Serialize(new { written = path }));
            return;
        }

        using var whole = new MemoryStream();
        await api.Table(Path(parsed, 100), whole, stop);
        around.Out.Write(Encoding.UTF8.GetString(whole.ToArray()));
    }

    private string Path(ParseResult parsed, int most)
    {
        (string Name, string? Value)[] filters =
        [
            ("by", parsed.GetValue(by)), ("subject_id", parsed.GetValue(about)), ("operation", parsed.GetValue(operation)), ("from", parsed.GetValue(from)), ("to", parsed.GetValue(to)),
        ];
        var given = filters.Where(static one => one.Value is not null).Select(static one => $"&{one.Name}={Uri.EscapeDataString(one.Value!)}");
        return $"/v1/audit_entries?limit={most.ToString(CultureInfo.InvariantCulture)}{string.Concat(given)}";
    }

    private static string Line(JsonElement entry)
    {
        var subject = entry.Text("subject_id") is { } id ? $" {id}" : "";
        var status = entry.Number("status")?.ToString(CultureInfo.InvariantCulture) ?? "not answered";
        var why = entry.Text("reason") is { } reason ? $": {reason}" : "";
        return $"{entry.Text("at")}  {entry.Text("by")} ({entry.Text("role")})  {entry.Text("operation")}{subject}  {status}{why}";
    }

    private Command Do(Command command, Func<ApiClient, ParseResult, CancellationToken, Task> run)
    {
        command.SetAction(async (parsed, stop) =>
        {
            using var api = new ApiClient(access.Read(parsed), ApiClient.Patience(around.Time));
            await run(api, parsed, stop);
            return CommandLine.Succeeded;
        });
        return command;
    }
}
