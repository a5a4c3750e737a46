using System.Collections.Immutable;
using System.Text.Json.Serialization;
using ReferralGrains.Domain.Money;
using ReferralGrains.Domain.Programs;

namespace ReferralGrains.Domain.Referrers;

/// <summary>
/// What all of a referrer's referees in one program have done: committed sales that occurred at or after approval, each once, gross,
/// so that a refund never lowers it (D6).
/// </summary>
/// <param name="ValueMinor">In the program's currency.</param>
/// <param name="Count">Distinct referees with such a sale.</param>
/// <param name="Paid">Tiers that <c>tier_reached</c> has paid, once per referrer (H2).</param>
/// <param name="Approved">Approved referrals, whether or not they have bought (D6).</param>
/// <param name="Gathered">What has gathered towards the next N, by rule; null where no rule gathers (H9).</param>
/// <param name="Spent">Of the budgets that the referrer has for itself (X5).</param>
/// <param name="Groups">The rewards that wait for each other; null where no rule groups them (H14).</param>
public sealed record Tally(
    long ValueMinor, int Count, ImmutableArray<PaidTier> Paid, int Approved = 0, ImmutableArray<Gathered>? Gathered = null,
    ImmutableArray<BudgetUse>? Spent = null, ImmutableArray<RewardGroup>? Groups = null)
{
    public static readonly Tally Empty = new(0, 0, []);

    /// <param name="trigger">An approval is measured by approvals.</param>
    public long Measure(TierBy by, Trigger trigger) => by == TierBy.Value ? ValueMinor : trigger == Trigger.ReferralApproved ? Approved : Count;

    public Gathered GatheredFor(int rule)
    {
        foreach (var gathered in Gathered ?? [])
            if (gathered.Rule == rule) return gathered;
        return new(rule, 0, 0);
    }

    public Tally With(Gathered gathered) => this with { Gathered = [.. (Gathered ?? []).Where(other => other.Rule != gathered.Rule), gathered] };

    /// <summary>The group that waits now of what a rule gives of an asset.</summary>
    public RewardGroup GroupOf(int rule, Asset asset)
    {
        foreach (var group in Groups ?? [])
            if (group.Rule == rule && group.Asset == asset) return group;
        return new(rule, asset, 1, 0, 0);
    }

    public Tally With(RewardGroup group)
    {
        var all = Groups ?? [];
        for (var i = 0; i < all.Length; i++)
            if (all[i].Rule == group.Rule && all[i].Asset == group.Asset) return this with { Groups = all.SetItem(i, group) };
        return this with { Groups = all.Add(group) };
    }

    public Tally After(long? earningMinor, bool firstOfReferee) =>
        this with { ValueMinor = ValueMinor + (earningMinor ?? 0), Count = Count + (firstOfReferee ? 1 : 0) };
}

/// <summary>Approved referrals, or first sales, that count towards the next N of a rule, and the sum of their values (H9).</summary>
/// <param name="Rounds">How often N were there before.</param>
public readonly record struct Gathered(int Rule, int Count, long ValueMinor, int Rounds = 0);

/// <summary>
/// Rewards of a rule that are not paid out until their net sum, for one referrer and asset, reaches an amount (H14). Then the next group begins.
/// </summary>
/// <param name="Number">Counts from 1; those before it were released.</param>
/// <param name="SumMinor">Of those that wait, after refunds.</param>
/// <param name="GoalMinor">By the terms of the last reward that came in.</param>
public sealed record RewardGroup(
    [property: JsonPropertyName("u")] int Rule,
    [property: JsonPropertyName("s")] Asset Asset,
    [property: JsonPropertyName("n")] int Number,
    [property: JsonPropertyName("m")] long SumMinor,
    [property: JsonPropertyName("g")] long GoalMinor)
{
    /// <summary>The group that begins when this one is released.</summary>
    public RewardGroup Following() => this with { Number = Number + 1, SumMinor = 0 };
}

/// <param name="Rule">The rule's number in its program.</param>
/// <param name="Tier">Counts from 1.</param>
public readonly record struct PaidTier(int Rule, int Tier);
