using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Tests.World;
using ReferralGrains.Turns.Programs;

namespace ReferralGrains.Simulation.Market;

/// <summary>Rules as business users make them up, small enough that caps are met and tiers are jumped.</summary>
public static class RandomRules
{
    public static RewardRule Plain(Random random) => Varied(random, random.Next(7) switch
    {
        6 => Rules.Percent(1 + random.Next(3_000)).Monthly(1 + random.Next(4)),
        4 => Rules.Fixed(1 + random.Next(5_00)).Monthly(1 + random.Next(4), 1 + random.Next(2)),
        5 => Rules.Percent(1 + random.Next(3_000)).OfConversion().OnApproval(),
        0 => Rules.Fixed(1 + random.Next(500)),
        1 => Rules.Points(1 + random.Next(3), 100),
        2 => Rules.Percent(1 + random.Next(3_000)).OfConversion(),
        _ => Rules.Percent(1 + random.Next(3_000)),
    });

    public static RewardRule Tiered(Random random) => Varied(random, random.Next(9) switch
    {
        7 or 8 => Rules.Percent(1 + random.Next(3_000)).ForEvery(2),
        5 => Rules.Percent(1 + random.Next(3_000)).OfConversion().ForEvery(2),
        6 => Rules.Fixed(0).OnApproval() with { Tiers = [Rules.Referees(1, 1, pays: 3_00), Rules.Referees(2, 3, pays: 5_00)] },
        0 => Rules.Tiered(Rules.Referees(1, 1, pays: 1_00), Rules.Referees(2, null, pays: 3_00)),
        1 => Rules.Tiered(Rules.SpentShare(0, 200_00, 5_00), Rules.SpentShare(200_00, null, 10_00)),
        2 => Rules.Tiered(Rules.SpentShare(50_00, 300_00, 10_00)),
        3 => Rules.TierReached(Rules.Referees(1, 2, pays: 5_00), Rules.Referees(2, 3, pays: 7_00)),
        _ => Rules.TierReached(Rules.Spent(0, 200_00, pays: 5_00), Rules.Spent(201_00, 400_00, pays: 10_00), Rules.Spent(401_00, null, pays: 15_00)),
    });

    /// <summary>Mostly enabled or as it is, and mostly without end.</summary>
    public static SentState State(Random random) => new(
        Enabled: random.Next(5) switch { 0 => false, 1 => null, _ => true }, To: random.Next(4) == 0 ? Marketplace.Start.AddDays(random.Next(30)) : null,
        Budget: random.Next(5) == 0 ? new((BudgetPer)(1 + random.Next(2)), 2_00 + random.Next(10_00)) : null);

    private static RewardRule Varied(Random random, RewardRule rule)
    {
        if (random.Next(3) == 0) rule = rule.UpTo(1_00 + random.Next(20_00));
        if (random.Next(6) == 0) rule = rule.OrNothing();
        if (random.Next(4) == 0) rule = rule.Times(1 + random.Next(4));
        if (random.Next(6) == 0) rule = rule.Within(5 + random.Next(60));
        if (random.Next(8) == 0) rule = rule.Over(random.Next(50_00));
        if (random.Next(8) == 0) rule = rule.WhereReferrer((TagCondition)random.Next(3));
        if (random.Next(8) == 0) rule = rule.WhereReferee((TagCondition)random.Next(3));
        if (random.Next(10) == 0) rule = rule.Granted();
        if (random.Next(12) == 0) rule = rule.For("shoes", "hats");
        if (random.Next(8) == 0) rule = rule.Without("socks");
        if (random.Next(12) == 0) rule = random.Next(2) == 0 ? rule.WhereReferrerHas(["vip"]) : rule.WhereRefereeHas([], "vip");
        if (random.Next(12) == 0) rule = rule.WhereAction("country", "FR", "DE");
        if (random.Next(8) == 0 && rule.Trigger == Trigger.RecurringAction) rule = rule.First();
        if (random.Next(3) == 0 && rule.Trigger.IsOfActions() && rule.Trigger != Trigger.TierReached) rule = rule.In("group", random.Next(3));
        if (random.Next(6) == 0 && !rule.IsTiered && rule.Reward.Asset == Rules.Gbp)
            rule = random.Next(2) == 0
                ? rule.Stepping(Rules.UntilCount(2, 30_00), Rules.UntilCount(null, 5_00))
                : rule.Stepping(Rules.UntilMonths(1, 30_00), Rules.UntilMonths(null, 5_00));
        if (random.Next(6) == 0) rule = rule.Between(null, Marketplace.Start.AddDays(random.Next(15)));
        return random.Next(7) switch
        {
            6 => rule.Grouped(1_00 + random.Next(20_00)),
            5 => rule.HeldForCustomer(random.Next(30)),
            0 => rule.HeldForReview(),
            1 => rule.HeldFromOccurred(1 + random.Next(60)),
            2 or 3 => rule.Held(1 + random.Next(60)),
            _ => rule,
        };
    }
}
