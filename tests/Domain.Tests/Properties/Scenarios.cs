using FsCheck;
using FsCheck.Fluent;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Tests.World;

namespace ReferralGrains.Domain.Tests.Properties;

/// <summary>Random scenarios, small enough to be read when one fails. A failing one is shrunk by leaving out steps and rules.</summary>
public static class Scenarios
{
    private const int SalesPerReferee = 4;

    public static Arbitrary<Scenario> Any { get; } = Of(Gen.Frequency((3, UntieredRule), (1, TieredRule)), AnyStep);

    public static Arbitrary<Scenario> Untiered { get; } = Of(UntieredRule, AnyStep);

    /// <summary>Without steps that concern all referees: the clock, and repeats of whatever came before.</summary>
    public static Arbitrary<Scenario> OfSeparateReferees { get; } = Of(UntieredRule, RefereeStep);

    private static Gen<RewardRule> UntieredRule =>
        from reward in Reward
        from cap in Gen.Frequency((1, Gen.Constant((long?)null)), (2, Gen.Choose(0, 400).Select(minor => (long?)minor)))
        from drop in Gen.Elements(false, true)
        from count in Maybe(Gen.Choose(0, 5))
        from days in Maybe(Gen.Choose(1, 60))
        from threshold in Maybe(Gen.Choose(0, 300).Select(minor => (long)minor))
        from hold in AnyHold
        select reward with
        {
            Limits = new(count, cap, drop ? CapMode.Drop : CapMode.Clamp, days),
            Conditions = reward.Conditions with { MinAmountExclusiveMinor = threshold },
            Hold = hold,
        };

    private static Gen<RewardRule> TieredRule =>
        from rule in UntieredRule
        from once in Gen.Elements(false, true)
        from byCount in Gen.Elements(false, true)
        from bound in Gen.Choose(0, 3)
        from shared in Gen.Choose(0, 1)
        from basisPoints in Gen.Choose(1, 20_000)
        let unit = byCount ? 1 : 500
        let measure = byCount ? TierBy.Count : TierBy.Value
        select rule with
        {
            Trigger = once ? Trigger.TierReached : Trigger.RecurringAction,
            Tiers =
            [
                new(measure, 0, bound * unit, AmountMinor: 77),
                new(measure, (bound * unit) + shared, (bound * unit) + (3 * unit), BasisPoints: basisPoints),
                new(measure, (bound * unit) + (4 * unit), null, AmountMinor: 5),
            ],
        };

    private static Gen<RewardRule> Reward => Gen.OneOf(
        Gen.Choose(0, 15_000).Select(Rules.Percent),
        Gen.Choose(0, 999).Select(minor => Rules.Fixed(minor)),
        from points in Gen.Choose(1, 9) from per in Gen.Choose(1, 99) select Rules.Points(points, per));

    private static Gen<Hold> AnyHold => Gen.OneOf(
        Gen.Constant(Hold.None),
        Gen.Choose(0, 30).Select(days => new Hold(HoldMode.Days, days)),
        Gen.Choose(0, 60).Select(days => new Hold(HoldMode.Days, days, FromOccurred: true)),
        Gen.Choose(0, 9).Select(days => new Hold(HoldMode.Manual, days)));

    private static Gen<Step> RefereeStep =>
        from referee in Gen.Choose(0, Scenario.Referees.Length - 1)
        from step in Gen.Frequency(
            (8, Sale(referee)),
            (4, Reversal(referee, "r", Draft.Refund)),
            (3, Reversal(referee, "c", Draft.Chargeback)),
            (3, Undoing(referee, "c", "w", Draft.Won)),
            (2, Undoing(referee, "r", "f", Draft.Failed)),
            (1, Gen.Constant((Step)new Step.Refer(referee))),
            (1, Gen.Choose(0, 9).Select(reward => (Step)new Step.Release(referee, reward))),
            (1, Gen.Choose(0, 9).Select(reward => (Step)new Step.Cancel(referee, reward))),
            (1, Adjust(referee)))
        select step;

    private static Gen<Step> AnyStep => Gen.Frequency(
        (12, RefereeStep),
        (1, Gen.Choose(0, 99).Select(action => (Step)new Step.Repeat(action))),
        (1, Gen.Choose(0, 99).Select(action => (Step)new Step.Contradict(action))),
        (2, Gen.Choose(1, 400).Select(hours => (Step)new Step.Pass(hours))));

    // Ids are drawn from a small range: some come twice, and reversals may come before what they are about.
    private static Gen<Step> Sale(int referee) =>
        from n in Gen.Choose(0, SalesPerReferee)
        from amount in Gen.Frequency((1, Gen.Constant((long?)null)), (1, Gen.Constant((long?)0)), (8, Gen.Choose(1, 1_500).Select(minor => (long?)minor)))
        from day in Gen.Choose(-1, 40)
        from currency in Gen.Frequency((9, Gen.Constant((string?)null)), (1, Gen.Constant((string?)"USD")))
        select (Step)new Step.Send(
            referee, Draft.Sale(amount).Named($"s{referee}{n}").At(ReferralWorld.Start.AddDays(day)) with { Currency = currency });

    private static Gen<Step> Reversal(int referee, string prefix, Func<string, long?, Draft> draft) =>
        from sale in Gen.Choose(0, SalesPerReferee)
        from n in Gen.Choose(0, SalesPerReferee)
        from amount in Maybe(Gen.Choose(1, 900).Select(minor => (long)minor))
        select (Step)new Step.Send(referee, draft($"s{referee}{sale}", amount).Named($"{prefix}{referee}{n}"));

    private static Gen<Step> Undoing(int referee, string undone, string prefix, Func<string, long?, Draft> draft) =>
        from of in Gen.Choose(0, SalesPerReferee)
        from n in Gen.Choose(0, SalesPerReferee)
        from sale in Gen.Choose(0, 4)
        from amount in Maybe(Gen.Choose(1, 900).Select(minor => (long)minor))
        select (Step)new Step.Send(referee, draft(sale == 0 ? $"s{referee}{of}" : $"{undone}{referee}{of}", amount).Named($"{prefix}{referee}{n}"));

    private static Gen<Step> Adjust(int referee) =>
        from enrollment in Gen.Choose(0, 2)
        from cap in Maybe(Gen.Choose(0, 500).Select(minor => (long)minor))
        from count in Maybe(Gen.Choose(0, 6))
        select (Step)new Step.Adjust(referee, enrollment, cap, count);

    private static Gen<T?> Maybe<T>(Gen<T> gen)
        where T : struct => Gen.OneOf(Gen.Constant((T?)null), gen.Select(value => (T?)value));

    private static Arbitrary<Scenario> Of(Gen<RewardRule> rule, Gen<Step> step) => Arb.From(
        from rules in rule.ListOf(3)
        from count in Gen.Choose(0, 40)
        from steps in step.ListOf(count)
        select new Scenario([.. rules], [.. steps]),
        Shrink);

    private static IEnumerable<Scenario> Shrink(Scenario scenario)
    {
        for (var half = scenario.Steps.Length / 2; half > 0; half /= 2)
            for (var i = 0; i + half <= scenario.Steps.Length; i += half)
                yield return scenario with { Steps = scenario.Steps.RemoveRange(i, half) };
        for (var i = 0; scenario.Rules.Length > 1 && i < scenario.Rules.Length; i++)
            yield return scenario with { Rules = scenario.Rules.RemoveAt(i) };
    }
}
