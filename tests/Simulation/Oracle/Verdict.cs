using ReferralGrains.Simulation.Database;
using ReferralGrains.Simulation.Market;

namespace ReferralGrains.Simulation.Oracle;

/// <summary>Runs a seed, then says everything that must be true and is not, from the clients' log and the final journal alone.</summary>
public static class Verdict
{
    public static IReadOnlyList<string> Of(int seed, PlantedBugs bugs = PlantedBugs.None)
    {
        var (market, broke) = Ran.Of(seed, bugs);
        if (broke is not null) return [$"the run broke off: {broke}", .. Crashes(market)];
        try
        {
            string[] broken = [.. StateChecks.Streams(market.Database), .. Crashes(market)];
            return broken.Length > 0 ? broken : [.. Complaints(market.Log, new(market.Database))];
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // A journal that cannot even be read is as bad as one that says the wrong thing.
            return [$"what it left cannot be read: {exception}", .. Crashes(market)];
        }
    }

    private static IEnumerable<string> Crashes(Marketplace market) => market.Everyone.SelectMany(process => process.Node.Log.Errors);

    private static IEnumerable<string> Complaints(ClientLog log, History history) =>
    [
        .. ActionChecks.Recorded(log, history),
        .. ActionChecks.OneEffect(history),
        .. ActionChecks.Unparked(history),
        .. ActionChecks.SameAnswer(log),
        .. ActionChecks.Conflicts(log, history),
        .. ActionChecks.InOrder(log),
        .. MoneyChecks.Balances(history),
        .. MoneyChecks.Books(log, history),
        .. MoneyChecks.Rewards(history),
        .. MoneyChecks.Caps(history),
        .. ReversalChecks.Of(history),
        .. StateChecks.Replayed(log, history),
        .. StateChecks.Fresh(log),
        .. StateChecks.Released(history),
        .. StateChecks.Unlocked(history),
        .. StateChecks.Rows(history),
        .. StateChecks.Parked(history),
        .. StateChecks.Aliases(history),
        .. StateChecks.Moved(log, history),
        .. DiscountChecks.Of(history),
        .. TallyChecks.Of(history),
        .. BookChecks.Budgets(history),
        .. BookChecks.Groups(history),
        .. BookChecks.Rounds(history),
        .. TermsChecks.Of(history),
    ];
}
