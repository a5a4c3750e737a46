using System.CommandLine;
using ReferralGrains.Cli.Api;
using ReferralGrains.Cli.Files;

namespace ReferralGrains.Cli.Import;

/// <summary><c>grains import</c>: a file of referrals and a file of actions into a program that exists.</summary>
internal sealed class ImportCommand
{
    private readonly Option<string> program = new("--program") { Description = "The program to import into; it has to exist.", Required = true };

    private readonly Option<string> actions = new("--actions")
    {
        Description = "The referral actions, or - for standard input: CSV (action_id, type, referee_id, occurred_at, amount_minor, base_minor, currency, refund_of, " +
            "chargeback_of, products with ';' between, note; cells separated by ',' ';' '|' or tabs) or NDJSON (one object per line, as POST /v1/actions takes it).",
        Required = true,
    };

    private readonly Option<string?> referrals = new("--referrals")
    {
        Description = "Who referred whom, or - for standard input: CSV (referee_id, referrer_id, approved_at). Referrers are created.",
    };

    private readonly Option<bool> dryRun = new("--dry-run") { Description = "Read the files to their ends, say what is wrong and what would be sent, and send nothing." };

    private readonly Option<string?> rejects = new("--rejects")
    {
        Description = "Write the action lines that are wrong, or that the server refuses, to this file, each with its reason, and send the others. Without it one wrong line stops all.",
    };

    private readonly Option<bool> sort = new("--sort") { Description = "Send the actions oldest first, whatever their order in the file." };

    private readonly Option<string?> decimals = new("--decimals")
    {
        Description = "Amounts have decimals, such as 49.00 (point, which is the default) or 49,00 (comma).",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string?> timeZone = new("--time-zone") { Description = "Times without an offset are of this zone, such as Europe/London." };

    private readonly Option<string?> map = new("--map") { Description = "A JSON file that says which column is what (docs/import.md)." };

    private readonly Option<string?> preset = new("--preset") { Description = $"A map that comes with ReferralGrains: {string.Join(", ", FileMap.Presets)}." };

    private readonly Option<string?> holdsFrom = new("--holds-from")
    {
        Description = "From when rewards of this import are held: occurred (a rule that counts from now is published anew, counting from when an action occurred) or unlocked (as the rules are).",
    };

    private readonly Option<string?> paidUntil = new("--paid-until")
    {
        Description = "What occurred before this day (in the program's zone) or instant was paid for elsewhere: each referrer's rewards until then are booked as paid.",
    };

    public static Command Build(AccessOptions access, Surroundings around) => new ImportCommand().Command(access, around);

    private Command Command(AccessOptions access, Surroundings around)
    {
        decimals.AcceptOnlyFromAmong("point", "comma");
        holdsFrom.AcceptOnlyFromAmong("unlocked", "occurred");
        var command = new Command("import", "Import referrals and actions. Safe to run again: what the server has is reported as duplicate.")
        {
            program, actions, referrals, dryRun, rejects, sort, decimals, timeZone, map, preset, holdsFrom, paidUntil,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(map) is not null && result.GetValue(preset) is not null) result.AddError("--map and --preset exclude each other");
            if (result.GetValue(actions) == "-" && result.GetValue(referrals) == "-") result.AddError("only one file can come on standard input");
            if (result.GetValue(rejects) is { Length: > 0 } path && new[] { result.GetValue(actions), result.GetValue(referrals), result.GetValue(map) }.FirstOrDefault(read => InputFile.IsOver(path, read)) is { } over)
                result.AddError($"--rejects would write over {over}, which is read");
        });
        command.SetAction((parsed, stop) =>
            new Import(access.Read(parsed), Options(parsed), ExchangeLimits.Default, around).Run(parsed.GetValue(access.Json), stop));
        return command;
    }

    private ImportOptions Options(ParseResult parsed) => new(parsed.GetValue(program)!, parsed.GetValue(actions)!, parsed.GetValue(referrals))
    {
        DryRun = parsed.GetValue(dryRun),
        Rejects = parsed.GetValue(rejects),
        Sort = parsed.GetValue(sort),
        TimeZone = parsed.GetValue(timeZone),
        Map = parsed.GetValue(map) is { } path ? FileMap.Load(path) : parsed.GetValue(preset) is { } name ? FileMap.Preset(name) : FileMap.Ours,
        PaidUntil = parsed.GetValue(paidUntil),
        Decimals = parsed.GetResult(decimals) is null ? null : parsed.GetValue(decimals) == "comma" ? DecimalMark.Comma : DecimalMark.Point,
        HoldsFrom = parsed.GetValue(holdsFrom) switch { "occurred" => HoldsFrom.Occurred, "unlocked" => HoldsFrom.Unlocked, _ => null },
    };
}
