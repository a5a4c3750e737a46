namespace ReferralGrains.Integration.Tests.Faults.World;

/// <summary>
/// Says what must be true of a shop under <see cref="Shop.TenPercent"/>, from the client's log alone: every action that was sent has had
/// exactly one effect. It knows nothing of the server but its answers.
/// </summary>
public static class EffectOracle
{
    /// <summary>Everything that is wrong; nothing when all is well.</summary>
    /// <param name="balances">As the server says now.</param>
    public static List<string> Complaints(Shop shop, ClientLog log, IReadOnlyDictionary<string, Earned> balances)
    {
        var complaints = log.Entries.SelectMany(entry => entry.Complaints).ToList();
        complaints.AddRange(log.Entries.Where(entry => entry.Decision is null).Select(entry => $"{entry.Sent.Id} was never acknowledged"));
        var expected = Expected(shop, [.. log.Entries.Select(entry => entry.Sent)]);
        foreach (var referrer in shop.Referrers)
            if (balances[referrer] != expected[referrer]) complaints.Add($"{referrer} has {balances[referrer]} and should have {expected[referrer]}");
        return complaints;
    }

    /// <summary>What each referrer has when each of these actions took effect once, in whatever order.</summary>
    public static Dictionary<string, Earned> Expected(Shop shop, IReadOnlyCollection<SentAction> actions)
    {
        var refunded = actions.Where(action => !action.IsSale).GroupBy(action => action.RefundOf!).ToDictionary(of => of.Key, of => of.Sum(action => action.Minor));
        var expected = shop.Referrers.ToDictionary(referrer => referrer, _ => default(Earned));
        foreach (var sale in actions.Where(action => action.IsSale))
        {
            var reward = Share(sale.Minor, 1_000, 10_000);
            var back = Math.Min(refunded.GetValueOrDefault(sale.Id), sale.Minor);
            var taken = sale.Minor == 0 ? 0 : Share(reward, back, sale.Minor);
            var referrer = shop.ReferrerOf(sale.Referee);
            expected[referrer] = new(expected[referrer].EarnedMinor + reward, expected[referrer].ClawedBackMinor + taken);
        }

        return expected;
    }

    /// <summary>Half away from zero, and nothing here is below zero.</summary>
    public static long Share(long amount, long numerator, long denominator) => ((2 * amount * numerator) + denominator) / (2 * denominator);
}
