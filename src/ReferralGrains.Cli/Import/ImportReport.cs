using System.Text.Encodings.Web;
using System.Text.Json;
using ReferralGrains.Cli.Files;

namespace ReferralGrains.Cli.Import;

/// <summary>What an import found and did.</summary>
internal sealed class ImportReport(string program, ImportLook look)
{
    private const string Indent = "              ";
    private static readonly JsonSerializerOptions indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public List<string> Notes { get; } = [];

    /// <summary>What the first reading found.</summary>
    public ImportLook Look => look;

    /// <summary>Null while nothing was sent.</summary>
    public LineTally? Actions { get; set; }

    public ReferrerCreation? Referrers { get; set; }

    public LineTally? Referrals { get; set; }

    /// <summary>Null when nothing was said to be paid already.</summary>
    public PaidElsewhere? Paid { get; init; }

    public int Interruptions { get; set; }

    public long SentAgain { get; set; }

    public double Seconds { get; set; }

    /// <summary>Lines of both files that are not in the program.</summary>
    public long Refused => look.Bad + (Actions?.Refused ?? 0) + (Referrals?.Refused ?? 0) + (Paid?.Refused ?? 0);

    private FileFindings Findings => look.Actions;

    /// <summary>What is only known when all was sent.</summary>
    /// <param name="holdsChanged">Whether a rule was published anew for the sake of its holds.</param>
    public IEnumerable<string> Afterthoughts(bool holdsChanged)
    {
        if (holdsChanged && Referrals is { Duplicates: > 0 and var there })
            yield return $"{there:N0} referrals were there before: they keep the holds under which they were enrolled";
        if (Paid is { Unknown: > 0 and var unknown })
            yield return $"{unknown:N0} actions that were paid for are of referees whom the file of referrals does not have: they are not booked as paid";
        if (Paid is { Repeats: > 0 and var repeats })
            yield return $"{repeats:N0} lines repeat the id of an action that was paid for: each action is booked as paid once";
        if (Paid is { Elsewhere: > 0 and var elsewhere, FirstElsewhere: var first })
            yield return $"{elsewhere:N0} actions that were paid for are of referees whose referral was refused, such as '{first}': they are not booked as paid";
    }

    public string ToJson() => JsonSerializer.Serialize(
        new
        {
            program,
            sent = Actions is not null,
            notes = Notes,
            referrers = Referrers is null ? null : new { created = Referrers.Created, existing = Referrers.Existing },
            referrals = Referrals is null ? null : new
            {
                lines = Referrals.Lines,
                accepted = Referrals.Accepted,
                duplicate = Referrals.Duplicates,
                refused = Referrals.Refused,
                refusals = Kinds("referrals", Referrals.Refusals),
            },
            lines = Actions is null ? Findings.Fit + Findings.Bad : Actions.Lines + Findings.Bad,
            accepted = Actions?.Accepted ?? 0,
            rewarded = Actions?.Rewarded ?? 0,
            not_rewarded = Actions?.NotRewarded ?? 0,
            reversed = Actions?.Reversed ?? 0,
            parked = Actions?.Parked ?? 0,
            duplicate = Actions?.Duplicates ?? 0,
            refused = look.Bad + (Actions?.Refused ?? 0),
            refusals = (object[])[.. Kinds("referrals", look.Referrals.Refusals), .. Kinds("actions", Findings.Refusals), .. Actions is null ? [] : Kinds("actions", Actions.Refusals)],
            reasons = Actions?.Reasons,
            totals = Actions?.Totals.Select(total => new
            {
                asset = total.Asset,
                earned_minor = (long)total.EarnedMinor,
                taken_back_minor = (long)total.TakenBackMinor,
                net_minor = (long)total.NetMinor,
            }),
            paid_before = Paid is null || Actions is null ? null : new
            {
                booked = Paid.Booked,
                duplicate = Paid.Existing,
                refused = Paid.Refused,
                refusals = Kinds(null, Paid.Refusals),
                totals = Paid.Totals.Select(total => new { asset = total.Key, amount_minor = (long)total.Value }),
            },
            file = new
            {
                types = Findings.Types,
                amounts = Findings.Amounts.Select(amount => new { type = amount.Key.Type, currency = amount.Key.Currency, amount_minor = (long)amount.Value }),
                oldest = Findings.Oldest,
                newest = Findings.Newest,
                skipped = Findings.Skipped,
            },
            interruptions = Interruptions,
            sent_again = SentAgain,
            seconds = Math.Round(Seconds, 3),
        },
        indented);

    public void Print(TextWriter output)
    {
        output.WriteLine(Actions is null ? $"Looked at in {Seconds:N1} s, and nothing was sent" : $"Imported into {program} in {Seconds:N1} s");
        if (Referrers is not null) output.WriteLine($"  referrers   {Referrers.Created:N0} created, {Referrers.Existing:N0} were there");
        if (Referrals is not null)
        {
            output.WriteLine($"  referrals   {Referrals.Accepted:N0} accepted, {Referrals.Duplicates:N0} duplicate, {Referrals.Refused:N0} refused");
            Print(output, Referrals.Refusals);
        }
        else if (look.Referrals is { Fit: > 0 } or { Bad: > 0 })
        {
            output.WriteLine($"  referrals   {look.Referrals.Fit:N0} fit to be sent, {look.Referrals.Bad:N0} wrong");
            Print(output, look.Referrals.Refusals);
        }

        if (Actions is null) output.WriteLine($"  actions     {Findings.Fit:N0} fit to be sent, {Findings.Bad:N0} wrong");
        else Print(output, Actions, Findings.Bad);
        PrintPaid(output);
        PrintFile(output);
        Print(output, Findings.Refusals);
        if (Interruptions > 0)
            output.WriteLine($"  {Interruptions:N0} interruptions, {SentAgain:N0} lines sent again (those that had got through count as duplicate)");
    }

    /// <summary>Every kind of refusal, with lines and reasons.</summary>
    private static void Print(TextWriter output, Refusals refusals)
    {
        foreach (var text in refusals.Kinds.SelectMany(kind => kind.Texts().Select((text, at) => at == 0 ? $"refused: {text}" : text)))
            output.WriteLine(Indent + text);
    }

    private static void Print(TextWriter output, LineTally actions, long wrong)
    {
        output.WriteLine($"  actions     {actions.Accepted:N0} accepted, {actions.Duplicates:N0} duplicate, {actions.Refused:N0} refused{(wrong > 0 ? $", {wrong:N0} wrong" : "")}");
        output.WriteLine($"{Indent}{actions.Rewarded:N0} rewarded, {actions.NotRewarded:N0} not rewarded, {actions.Reversed:N0} reversed, {actions.Parked:N0} parked");
        foreach (var (code, count) in actions.Reasons) output.WriteLine($"{Indent}without reward: {code} {count:N0}");
        foreach (var total in actions.Totals)
        {
            output.WriteLine($"{Indent}earned {FileAmounts.Text((long)total.EarnedMinor, total.Asset)}, " +
                $"taken back {FileAmounts.Text((long)total.TakenBackMinor, total.Asset)}, net {FileAmounts.Text((long)total.NetMinor, total.Asset)}");
        }

        Print(output, actions.Refusals);
    }

    private void PrintPaid(TextWriter output)
    {
        if (Paid is null || Actions is null) return;
        output.WriteLine($"  paid before {Paid.Booked:N0} referrers booked, {Paid.Existing:N0} duplicate, {Paid.Refused:N0} refused");
        foreach (var (asset, minor) in Paid.Totals) output.WriteLine($"{Indent}{FileAmounts.Text((long)minor, asset)} together");
        foreach (var kind in Paid.Refusals.Kinds) output.WriteLine($"{Indent}refused: {kind.Code} {kind.Count:N0}, such as {kind.First[0].Reason}");
    }

    private void PrintFile(TextWriter output)
    {
        if (Findings.Oldest is { } oldest && Findings.Newest is { } newest) output.WriteLine($"  the file    from {oldest.UtcDateTime:u} to {newest.UtcDateTime:u}");
        foreach (var of in Findings.Amounts.GroupBy(amount => amount.Key.Type))
            output.WriteLine($"{Indent}{Findings.Types[of.Key]:N0} of type {of.Key}, {string.Join(" and ", of.Select(amount => FileAmounts.Text((long)amount.Value, amount.Key.Currency)))} together");
        foreach (var (reason, count) in Findings.Skipped) output.WriteLine($"{Indent}left out: {count:N0} where {reason}");
    }

    // A line has its number in its own file.
    private static IEnumerable<object> Kinds(string? file, Refusals refusals) => refusals.Kinds.Select(kind => new
    {
        file,
        code = kind.Code,
        param = kind.Field,
        count = kind.Count,
        first_lines = kind.First.Select(line => line.Number),
        detail = kind.First[0].Reason,
        lines = kind.First.Select(line => new { line = line.Number, detail = line.Reason }),
    });
}
