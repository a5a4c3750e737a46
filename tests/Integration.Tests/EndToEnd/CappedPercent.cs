using ReferralGrains.Integration.Tests.Faults.World;

namespace ReferralGrains.Integration.Tests.EndToEnd;

/// <summary>
/// A second opinion on 10 % up to a cap per referral, written from the promises alone: R5, D5 (clamp, net), D8 (cumulative refunds).
/// It knows nothing of the product and reads its actions one after another, per referee in their order.
/// </summary>
public sealed class CappedPercent(Shop shop, long cap)
{
    private readonly Dictionary<string, long> net = [];
    private readonly Dictionary<string, Sale> sales = [];
    private readonly Dictionary<string, (long Earned, long ClawedBack)> totals = shop.Referrers.ToDictionary(id => id, _ => (0L, 0L));

    public Dictionary<string, Earned> Balances => totals.ToDictionary(pair => pair.Key, pair => new Earned(pair.Value.Earned, pair.Value.ClawedBack));

    /// <returns>What the action earned, or took back.</returns>
    public long Take(SentAction action) => action.IsSale ? Sell(action) : Refund(action);

    private long Sell(SentAction action)
    {
        var room = cap - net.GetValueOrDefault(action.Referee);
        var reward = Math.Min(Round(action.Minor * 1_000, 10_000), room);
        sales.Add(action.Id, new(action.Minor, reward));
        Move(action.Referee, reward, 0);
        return reward;
    }

    private long Refund(SentAction action)
    {
        var sale = sales[action.RefundOf!];
        sale.Refunded = Math.Min(sale.Refunded + action.Minor, sale.Minor);
        var taken = (sale.Minor == 0 ? sale.Reward : Round(sale.Reward * sale.Refunded, sale.Minor)) - sale.Taken;
        sale.Taken += taken;
        Move(action.Referee, 0, taken);
        return taken;
    }

    private void Move(string referee, long earned, long clawedBack)
    {
        net[referee] = net.GetValueOrDefault(referee) + earned - clawedBack;
        var referrer = shop.ReferrerOf(referee);
        totals[referrer] = (totals[referrer].Earned + earned, totals[referrer].ClawedBack + clawedBack);
    }

    private static long Round(long numerator, long denominator) => ((2 * numerator) + denominator) / (2 * denominator);

    private sealed record Sale(long Minor, long Reward)
    {
        public long Refunded { get; set; }

        public long Taken { get; set; }
    }
}
