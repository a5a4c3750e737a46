using System.Collections.Immutable;
using ReferralGrains.Domain.Ledger;

namespace ReferralGrains.Domain.Referrals;

/// <summary>What happens to a referral for the first time between the code and the payout (S8).</summary>
public enum ChainStepKind
{
    Attributed = 1,
    Approved = 2,

    /// <summary>The first that was paid, as rewards and figures have it (S5, S11).</summary>
    FirstSale = 3,

    FirstReward = 4,
    FirstRelease = 5,

    /// <summary>Cash became payable: the next payout of its referrer takes it.</summary>
    FirstCash = 6,

    /// <summary>Rewards waited in a group that was released: their money became payable where its sum was kept (H14).</summary>
    FirstGroup = 7,
}

/// <param name="Seq">The row at which it happened.</param>
public readonly record struct ChainStep(ChainStepKind Kind, int Seq, DateTimeOffset At);

/// <summary>Kept by the fold, so that nobody has to look for it in a long stream.</summary>
internal static class ReferralChain
{
    private const int OfSale = (1 << (int)ChainStepKind.FirstSale) | (1 << (int)ChainStepKind.FirstReward) | (1 << (int)ChainStepKind.FirstRelease) | (1 << (int)ChainStepKind.FirstCash);

    /// <summary>Null stays null: what was left out by a program that kept no chain is not known.</summary>
    public static ImmutableArray<ChainStep>? After(ImmutableArray<ChainStep>? chain, int seq, DateTimeOffset at, ReferralEvent e)
    {
        if (chain is not { } steps) return null;
        var there = 0;
        foreach (var step in steps) there |= 1 << (int)step.Kind;

        // What a marketplace sends by the million has happened for the first time long ago.
        if (e is SaleDecided && (there & OfSale) == OfSale) return chain;
        var more = Steps(e) & ~there;
        if ((there & (1 << (int)ChainStepKind.FirstCash)) == 0 && PaysCash(e)) more |= 1 << (int)ChainStepKind.FirstCash;
        for (var kind = ChainStepKind.Attributed; more != 0 && kind <= ChainStepKind.FirstGroup; kind++)
            if ((more & (1 << (int)kind)) != 0) steps = steps.Add(new(kind, seq, at));
        return steps;
    }

    private static int Steps(ReferralEvent e) => e switch
    {
        ReferralAttributed => 1 << (int)ChainStepKind.Attributed,
        ReferralApproved => 1 << (int)ChainStepKind.Approved,
        SaleDecided sale => (sale.IsPaid ? 1 << (int)ChainStepKind.FirstSale : 0) | Given(sale.Decisions),
        RewardsGranted granted => Given(granted.Decisions),
        ScheduleUnlocked unlocked => (1 << (int)ChainStepKind.FirstReward)
            | (unlocked.Unlocked.All(static change => change.Pending) ? 0 : 1 << (int)ChainStepKind.FirstRelease),
        RewardsReleased => 1 << (int)ChainStepKind.FirstRelease,
        GroupSettled => 1 << (int)ChainStepKind.FirstGroup,
        _ => 0,
    };

    private static int Given(ImmutableArray<RuleDecision> decisions)
    {
        var steps = 0;
        foreach (var decision in decisions)
            if (decision.Minor > 0) steps |= (1 << (int)ChainStepKind.FirstReward) | (decision.Held ? 0 : 1 << (int)ChainStepKind.FirstRelease);
        return steps;
    }

    private static bool PaysCash(ReferralEvent e)
    {
        // A sale whose rewards are all held pays nothing yet, and a program of holds sees no other: its movements are not made for that.
        if (e is SaleDecided sale && (Given(sale.Decisions) & (1 << (int)ChainStepKind.FirstRelease)) == 0) return false;
        foreach (var posting in Movements.Of(e, default))
            if (posting.To.Kind == AccountKind.Payable && posting.Amount.Asset.IsCash) return true;
        return false;
    }
}
