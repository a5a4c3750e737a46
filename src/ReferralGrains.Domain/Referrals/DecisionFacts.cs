using System.Collections.Immutable;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Referrers;

namespace ReferralGrains.Domain.Referrals;

/// <summary>Everything that a decision needs and that is not in the referral itself: values, never a clock, a database or a grain.</summary>
/// <param name="Now">Grain time: never before the referral's last event.</param>
/// <param name="Referrer">Null while the referral is missing.</param>
/// <param name="Tally">The referrer's tally before the action; only in a program with tiers.</param>
public sealed record DecisionFacts(DateTimeOffset Now, ProgramTerms Program, ReferrerFacts? Referrer, Tally? Tally)
{
    /// <summary>Whether the referee's customer is active, where a hold asked (H15).</summary>
    public CustomerState Customer { get; init; }

    /// <summary>Referrers whose the referral was, and for whom rows of schedules are still to come (D16).</summary>
    public ImmutableArray<ReferrerFacts> Earlier { get; init; } = [];

    /// <summary>Whether a referrer that rows are scheduled for earns nothing any more (D18).</summary>
    public bool IsClosed(StreamId referrer)
    {
        if (Referrer is { } now && now.Stream == referrer) return now.Closed;
        foreach (var earlier in Earlier)
            if (earlier.Stream == referrer) return earlier.Closed;
        return false;
    }

    /// <summary>Whether there may be rows for one who earns nothing any more: nearly always not, and then nobody looks through them.</summary>
    public bool HasClosed => Referrer is { Closed: true } || Earlier.Any(static earlier => earlier.Closed);

    /// <summary>What is used of the budgets that all referrers of the program share; only where there are any (X5).</summary>
    public ImmutableArray<BudgetUse>? Spent { get; init; }

    /// <summary>
    /// What is used of their own budgets by referrers whose the referral was: of rewards that they were given, this turn may take back some, or
    /// give some back (X5, D16).
    /// </summary>
    public ImmutableDictionary<StreamId, ImmutableArray<BudgetUse>?> EarlierSpent { get; init; } = ImmutableDictionary<StreamId, ImmutableArray<BudgetUse>?>.Empty;

    /// <summary>Whether it is this referrer with whose tally the turn is decided.</summary>
    public bool IsOwn(StreamId referrer) => Referrer?.Stream == referrer;

    /// <summary>What is used of a rule's budget in a month, of the one that a referrer's rewards are in.</summary>
    public long Used(RuleBudget budget, int rule, int month, StreamId referrer) => budget.Per == BudgetPer.Program ? Spent.Used(rule, month)
        : IsOwn(referrer) ? Tally!.Spent.Used(rule, month)
        : EarlierSpent[referrer].Used(rule, month);

    /// <summary>With more, or less, of it used.</summary>
    public DecisionFacts Using(RuleBudget budget, int rule, int month, StreamId referrer, long minor)
    {
        var use = new BudgetUse(rule, month, Used(budget, rule, month, referrer) + minor);
        return budget.Per == BudgetPer.Program ? this with { Spent = Spent.With(use) }
            : IsOwn(referrer) ? this with { Tally = Tally! with { Spent = Tally.Spent.With(use) } }
            : this with { EarlierSpent = EarlierSpent.SetItem(referrer, EarlierSpent[referrer].With(use)) };
    }

    /// <summary>Whether so many actions of the tenant wait that no more may.</summary>
    public bool ParkingFull { get; init; }
}

/// <summary>What is known of a customer. Only a definite answer ends a hold (H15).</summary>
public enum CustomerState
{
    /// <summary>The turn began when no reward waited for it.</summary>
    NotAsked = 0,
    Active = 1,
    Inactive = 2,

    /// <summary>Nobody could say.</summary>
    Unknown = 3,
}

/// <summary>What other grains need to know of a referrer. A decision made on an older version is not committed.</summary>
/// <param name="Forfeits">What a closed one has is given up, whenever it becomes payable: no payout is for it.</param>
public sealed record ReferrerFacts(
    StreamId Stream, CallerId Id, int Version, bool Closed, ImmutableArray<string> Tags, ImmutableArray<GrantedRule> Granted, bool Forfeits = false)
{
    public bool IsGranted(StreamId program, int rule) => Granted.Contains(new GrantedRule(program, rule));
}
