using ReferralGrains.Domain.Money;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Referrals;

namespace ReferralGrains.Domain.Explanations;

/// <summary>A decision with everything that its explanation is rendered from.</summary>
/// <param name="Terms">As they were in force: pinned version and adjustment. Null if the adjustment has been replaced since.</param>
internal readonly record struct Explained(DecisionOutcome Decision, ActionOutcome Action, ProgramTerms Program, RewardRule? Terms)
{
    public static Explained Of(DecisionOutcome decision, ActionOutcome action, ProgramTerms program)
    {
        var pinned = program.Terms(decision.Rule, decision.Version);
        var terms = decision switch
        {
            { Adjusted: { } adjusted } => adjusted.Over(pinned),
            { Seen.AdjustedBy: > 0 } => null,
            _ => pinned,
        };
        return new(decision, action, program, terms);
    }

    /// <summary>What the sale's decision saw.</summary>
    public RuleDecision Seen => Decision.Seen!;

    public DateTime OccurredAt => Action.Action.OccurredAt.UtcDateTime;

    public DateTime ApprovedAt => Action.ApprovedAt.GetValueOrDefault().UtcDateTime;

    /// <summary>The amount that a percentage is of and that a threshold looks at (H6).</summary>
    public long? BaseMinor => Seen.Further is { Round: > 0 } seen && seen.Gathered == Terms?.EveryN ? seen.GatheredMinor : Terms?.Reward.Of == RewardBase.ConversionValue ? Seen.BaseMinor : Action.Action.EarningMinor;

    public string BaseName => Terms?.Reward.Of == RewardBase.ConversionValue ? "conversion value"
        : Action.Action.Detail?.BaseMinor is null ? "amount"
        : "base";

    /// <summary>What its tier or its step gives instead of the rule's own value.</summary>
    public OwnValue Own => Tier?.Value ?? (Seen.Further is { Step: > 0 and var step } && Terms?.Steps is { } steps && step <= steps.Length ? steps[step - 1].Value : default);

    public Tier? Tier => Terms is not null && Seen.Tier > 0 && Seen.Tier <= Terms.Tiers.Length ? Terms.Tiers[Seen.Tier - 1] : null;

    /// <summary>The part of the sale that the rule rewards by its lines, in words; null where that is all of it (X2).</summary>
    public string? OfLines => Seen.Further?.Lines is not { } lines || Seen.Further.Round > 0 || Terms?.Reward.Of == RewardBase.ConversionValue ? null
        : lines.BaseMinor is { } own ? $"the base {Spent(own)} of the lines that it rewards"
        : Action.Action.Detail?.BaseMinor is { } minor ? $"the base {Spent(minor)}, of which the lines that it rewards are {Spent(lines.Minor)} in {Spent(Action.Action.AmountMinor ?? 0)},"
        : $"the {Spent(lines.Minor)} of the lines that it rewards";

    /// <summary>In the program's currency: sales, thresholds and tallies.</summary>
    public Amount Spent(long minor) => new(minor, Asset.Cash(Program.Currency));

    /// <summary>In the currency of the sale that a reversal is about.</summary>
    public Amount Sold(long minor) => new(minor, Asset.Cash(Decision.Share?.Currency ?? Program.Currency));

    /// <summary>In what the rule gives: rewards and caps.</summary>
    public Amount Given(long minor) => new(minor, Decision.Asset ?? Terms?.Reward.Asset ?? Program.Terms(Decision.Rule, Decision.Version).Reward.Asset);
}
