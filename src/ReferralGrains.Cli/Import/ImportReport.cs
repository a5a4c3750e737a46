using System.Text.Json;

namespace ReferralGrains.Cli.Import;

/// <summary>What an import did.</summary>
internal sealed class ImportReport(string program, ReferrerCreation referrers, LineTally? referrals, LineTally actions, int interruptions, long sentAgain, double seconds)
{
    private static readonly JsonSerializerOptions indented = new() { WriteIndented = true };

    /// <summary>Whether every line of both files is now in the program.</summary>
    public bool IsComplete => actions.Refused == 0 && (referrals?.Refused ?? 0) == 0;

    public long Refused => actions.Refused + (referrals?.Refused ?? 0);

    public string ToJson() => JsonSerializer.Serialize(
        new
        {
            program,
            referrers = new { created = referrers.Created, existing = referrers.Existing },
            referrals = referrals is null ? null : new
            {
                lines = referrals.Lines,
                accepted = referrals.Accepted,
                duplicate = referrals.Duplicates,
                refused = referrals.Refused,
                refusals = Refusals(referrals),
            },
            lines = actions.Lines,
            accepted = actions.Accepted,
            rewarded = actions.Rewarded,
            not_rewarded = actions.NotRewarded,
            reversed = actions.Reversed,
            parked = actions.Parked,
            duplicate = actions.Duplicates,
            refused = actions.Refused,
            refusals = Refusals(actions),
            reasons = actions.Reasons,
            interruptions,
            sent_again = sentAgain,
            seconds = Math.Round(seconds, 3),
        },
        indented);

    public void Print(TextWriter output)
    {
        output.WriteLine($"Imported into {program} in {seconds:N1} s");
        output.WriteLine($"  referrers   {referrers.Created:N0} created, {referrers.Existing:N0} were there");
        if (referrals is not null)
        {
            output.WriteLine($"  referrals   {referrals.Accepted:N0} accepted, {referrals.Duplicates:N0} duplicate, {referrals.Refused:N0} refused");
            PrintRefusals(output, referrals);
        }

        output.WriteLine($"  actions     {actions.Accepted:N0} accepted, {actions.Duplicates:N0} duplicate, {actions.Refused:N0} refused");
        output.WriteLine($"              {actions.Rewarded:N0} rewarded, {actions.NotRewarded:N0} not rewarded, {actions.Reversed:N0} reversed, {actions.Parked:N0} parked");
        foreach (var (code, count) in actions.Reasons) output.WriteLine($"              no reward: {code} {count:N0}");
        PrintRefusals(output, actions);
        if (interruptions > 0)
            output.WriteLine($"  {interruptions:N0} interruptions, {sentAgain:N0} lines sent again (those that had got through count as duplicate)");
    }

    private static void PrintRefusals(TextWriter output, LineTally tally)
    {
        foreach (var refusal in tally.Refusals)
        {
            var lines = string.Join(", ", refusal.FirstLines) + (refusal.Count > refusal.FirstLines.Count ? ", …" : "");
            output.WriteLine($"              refused: {refusal.Code} {refusal.Count:N0}, line {lines}: {refusal.Detail}");
        }
    }

    private static object Refusals(LineTally tally) =>
        tally.Refusals.Select(refusal => new { code = refusal.Code, count = refusal.Count, first_lines = refusal.FirstLines, detail = refusal.Detail });
}
