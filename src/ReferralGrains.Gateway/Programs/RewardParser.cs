using System.Collections.Immutable;
using ReferralGrains.Domain.Money;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Gateway.Json;
using ReferralGrains.Gateway.Problems;

namespace ReferralGrains.Gateway.Programs;

/// <summary>What a rule gives, and its tiers: the value stands in the one or in the others.</summary>
internal static class RewardParser
{
    public const int MaxTiers = 100;

    public static readonly Words<RewardKind> Kinds = new(
        ("cash", RewardKind.Cash), ("credit", RewardKind.Credit), ("points", RewardKind.Points), ("free_service", RewardKind.FreeService),
        ("coupon", RewardKind.Coupon), ("custom", RewardKind.Custom));

    public static (RewardTerms Reward, ImmutableArray<Tier> Tiers) Parse(
        RewardBody body, ImmutableArray<TierBody> tiers, ImmutableArray<StepBody> steps, string currency, string path = "reward")
    {
        var type = RuleWords.Types.Supported(body.Type ?? Implied(tiers, steps, path), path + ".type");
        var asset = AssetOf(body, currency, path);
        if (type == RewardType.Percent && asset.Currency is null) throw PercentOfThings(path + ".type");
        var tiered = tiers.Length > 0 || steps.Length > 0;
        var reward = new RewardTerms(
            body.Kind,
            asset,
            type,
            (int)Value(body.BasisPoints, type == RewardType.Percent, !tiered, 1, AmountLimits.MaxBasisPoints, path + ".basis_points"),
            Value(body.AmountMinor, type == RewardType.Fixed, !tiered, 1, AmountLimits.MaxMinor, path + ".amount_minor"),
            Value(body.Points, type == RewardType.PerAmount, true, 1, AmountLimits.MaxMinor, path + ".points"),
            Value(body.PerMinor, type == RewardType.PerAmount, true, 1, AmountLimits.MaxMinor, path + ".per_minor"),
            RuleWords.Bases.Parse(body.Of, RewardBase.Transaction, path + ".of"));
        if (reward.Points > reward.PerMinor * AmountLimits.MaxPointsPerMinor)
            throw Problem.InvalidField(path + ".points", $"At most {AmountLimits.MaxPointsPerMinor} points for each minor unit can be given.").AsException();
        return (reward, Tiers(tiers, reward));
    }

    private static ImmutableArray<Tier> Tiers(ImmutableArray<TierBody> bodies, RewardTerms reward)
    {
        if (bodies.Length > MaxTiers) throw Problem.InvalidField("tiers", $"At most {MaxTiers} tiers are possible.").AsException();
        var tiers = ImmutableArray.CreateRange(bodies.Select((body, i) => TierOf(body, reward, $"tiers[{i}]")));
        if (tiers.Select(tier => tier.By).Distinct().Count() > 1)
            throw Problem.Unprocessable("invalid_rule", "tiers", "All tiers of a rule are measured by the same: value or count.").AsException();
        return tiers;
    }

    private static Tier TierOf(TierBody body, RewardTerms reward, string path)
    {
        var by = RuleWords.Measures.Parse(body.By, TierBy.Value, path + ".by");
        var value = by == TierBy.Value;
        Absent(value ? body.Min : body.MinMinor, path + (value ? ".min" : ".min_minor"));
        Absent(value ? body.Max : body.MaxMinor, path + (value ? ".max" : ".max_minor"));
        var min = AmountLimits.Range(value ? body.MinMinor : body.Min, 0, AmountLimits.MaxBoundMinor, path + (value ? ".min_minor" : ".min")) ?? 0;
        var max = AmountLimits.Range(value ? body.MaxMinor : body.Max, min, AmountLimits.MaxBoundMinor, path + (value ? ".max_minor" : ".max"));
        if (body.BasisPoints is not null) Absent(body.AmountMinor, path + ".amount_minor");
        var tier = new Tier(
            by,
            min,
            max,
            (int)(AmountLimits.Range(body.BasisPoints, 1, AmountLimits.MaxBasisPoints, path + ".basis_points") ?? 0),
            AmountLimits.Range(body.AmountMinor, 1, AmountLimits.MaxMinor, path + ".amount_minor") ?? 0);
        CheckOwn(reward, tier.Value, path);
        return tier;
    }

    /// <summary>Whether a tier or a step says, with the reward, what there is to give.</summary>
    public static void CheckOwn(RewardTerms reward, OwnValue own, string path)
    {
        switch (reward.TypeIn(own), reward.RateIn(own).Value, reward.FixedIn(own))
        {
            case (RewardType.Percent, 0, _): throw Problem.MissingField(path + ".basis_points").AsException();
            case (RewardType.Fixed, _, 0): throw Problem.MissingField(path + ".amount_minor").AsException();
            case (RewardType.Percent, _, _) when reward.Asset.Currency is null: throw PercentOfThings(path + ".basis_points");
        }
    }

    private static ProblemException PercentOfThings(string param) =>
        Problem.Unprocessable("percent_needs_money", param, "A percentage is of money: it cannot be points or things.").AsException();

    // A value that belongs to another type of reward would be ignored: its sender means something else.
    private static long Value(long? value, bool belongs, bool required, long min, long max, string param)
    {
        if (!belongs)
        {
            Absent(value, param);
            return 0;
        }

        if (value is null && required) throw Problem.MissingField(param).AsException();
        return AmountLimits.Range(value, min, max, param) ?? 0;
    }

    private static void Absent(long? value, string param)
    {
        if (value is not null) throw Problem.Unprocessable("invalid_rule", param, "This does not belong to this type of reward or tier.").AsException();
    }

    private static string Implied(ImmutableArray<TierBody> tiers, ImmutableArray<StepBody> steps, string path)
    {
        if (tiers.Length == 0 && steps.Length == 0) throw Problem.MissingField(path + ".type").AsException();
        return (tiers.Length > 0 ? tiers[0].BasisPoints : steps[0].BasisPoints) is null ? "fixed" : "percent";
    }

    private static Asset AssetOf(RewardBody body, string currency, string path)
    {
        var kind = Kinds.Supported(body.Kind, path + ".kind");
        if (kind is RewardKind.Cash or RewardKind.Credit or RewardKind.Points)
        {
            if (body.Item is not null) throw Problem.Unprocessable("invalid_rule", path + ".item", $"A {body.Kind} reward has no item.").AsException();
            return kind switch { RewardKind.Cash => Asset.Cash(currency), RewardKind.Credit => Asset.Credit(currency), _ => Asset.Points };
        }

        var prefix = kind switch { RewardKind.FreeService => "service:", RewardKind.Coupon => "coupon:", _ => "item:" };
        return new(prefix + (body.Item ?? throw Problem.MissingField(path + ".item").AsException()));
    }

    public enum RewardKind
    {
        Cash = 1,
        Credit = 2,
        Points = 3,
        FreeService = 4,
        Coupon = 5,
        Custom = 6,
    }
}
