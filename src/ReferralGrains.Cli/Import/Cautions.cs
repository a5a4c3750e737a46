using ReferralGrains.Cli.Files;

namespace ReferralGrains.Cli.Import;

/// <summary>What may not be meant about history that is brought in, said before it is sent: what was sent once stays.</summary>
internal sealed class Cautions(ImportOptions options, ImportLook look, ProgramRules program, DateTimeOffset now)
{
    /// <summary>In the words of a person.</summary>
    public IEnumerable<string> Notes(string actionName, CsvTable? table)
    {
        if (table is { Separator: not ',' }) yield return $"{actionName}: its cells are separated by {table.SeparatorName}";
        if (Order(actionName) is { } order) yield return order;
        if (Holds() is { } holds) yield return holds;
        if (options.PaidUntil is not null && look.Actions.UndatedReversals is > 0 and var undated)
            yield return $"{actionName} has no time for {undated:N0} refunds or chargebacks: they count as of now, and are not taken off what is booked as paid";
    }

    /// <summary>Somebody who is there can be asked what is meant.</summary>
    public void AskFirst()
    {
        if (Holds() is not null) throw new CommandFailed("say which is meant: --holds-from occurred or --holds-from unlocked; nothing was sent");
    }

    /// <summary>What was paid elsewhere has to be known by referrer, and payable.</summary>
    public void CheckPaid()
    {
        if (options.PaidUntil is null) return;
        if (options.Referrals is null) throw new CommandFailed("--paid-until comes with --referrals, which say whom each reward was paid to");
        if (program.EarningByApproval is [var approving, ..])
        {
            throw new CommandFailed($"rule '{approving.Id}' rewards approved referrals, and no line of the file shows what these earned: import without --paid-until, " +
                "and book what was paid by POST /v1/referrers/{id}/entries with already_paid; nothing was sent");
        }

        if (options.HoldsFrom is null && program.HoldingFromNow is [var rule, ..])
            throw new CommandFailed($"rule '{rule.Id}' holds rewards for {rule.HoldDays} days from now on, and what was paid is held no more: say --holds-from occurred as well; nothing was sent");
    }

    /// <summary>Does what --holds-from says.</summary>
    /// <returns>What was changed, in the words of a person.</returns>
    public async Task<IReadOnlyList<string>> SettleHolds(CancellationToken stop)
    {
        if (options.HoldsFrom != HoldsFrom.Occurred || program.HoldingFromNow.Count == 0) return [];
        if (options.Referrals is null)
            throw new CommandFailed("--holds-from occurred comes with --referrals: referrals that are there keep the holds under which they were enrolled");
        var changed = new List<string>();
        foreach (var rule in program.HoldingFromNow)
        {
            var version = await program.HoldFromOccurred(rule, stop);
            changed.Add($"rule '{rule.Id}' is now version {version}: its {rule.HoldDays} days run from when an action occurred, for every referral from now on");
        }

        return changed;
    }

    private string? Order(string actionName)
    {
        if (look.Actions.Older == 0 || program.Capped is not [var rule, ..]) return null;
        var how = look.Actions.IsNewestFirst
            ? "is newest first"
            : $"is not in the order of time: {look.Actions.Older:N0} actions are older than the one before them";
        return options.Sort
            ? $"{actionName} {how}; --sort sends the oldest first"
            : $"{actionName} {how}. What arrives first is what rule '{rule.Id}' pays ({rule.Cap}): --sort sends the oldest first";
    }

    private string? Holds()
    {
        if (options.HoldsFrom is not null || look.Actions.Oldest is not { } oldest) return null;
        return program.HoldingFromNow.FirstOrDefault(rule => oldest.AddDays(rule.HoldDays) < now) is { } rule
            ? $"rule '{rule.Id}' holds rewards for {rule.HoldDays} days from now on, and the oldest of these actions is of {oldest.UtcDateTime:yyyy-MM-dd}: --holds-from occurred counts from when each occurred"
            : null;
    }
}
