using System.Collections.Immutable;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Ledger;

namespace ReferralGrains.Domain.Referrals;

/// <summary>
/// The postings of an event. The journal keeps one a row, so an event with several is followed by rows that carry only the others.
/// </summary>
public static class Movements
{
    /// <summary>How many rows of its stream an event takes.</summary>
    public static int RowsOf(ReferralEvent e) => Math.Max(1, e switch
    {
        SaleDecided sale => RewardsOf(sale.Decisions),
        RewardsGranted granted => RewardsOf(granted.Decisions),
        ScheduleUnlocked unlocked => unlocked.Unlocked.Length,
        SaleReversed reversed => reversed.Taken.Length,
        ReversalUndone undone => undone.Given.Sum(PostingsOf),
        RoundReversed reversed => reversed.Taken.Length + reversed.Given.Length,
        RewardsReleased released => released.Released.Select(change => (change.Referrer, change.Asset)).Distinct().Count(),
        _ => 1,
    });

    /// <param name="program">Bears the rewards.</param>
    public static ImmutableArray<Posting> Of(ReferralEvent e, StreamId program) => e switch
    {
        SaleDecided sale => Given(sale.Referrer, sale.Decisions, program),
        RewardsGranted granted => Given(granted.Referrer, granted.Decisions, program),
        ScheduleUnlocked unlocked =>
        [
            .. unlocked.Unlocked.Select(change => new Posting(new(program, AccountKind.Rewards), Of(change), new(change.Minor, change.Asset))),
        ],
        SaleReversed reversed => [.. reversed.Taken.Select(change => Taken(change, program))],
        RewardCancelled cancelled => [Taken(cancelled.Taken, program)],
        ReversalUndone undone => [.. undone.Given.SelectMany(change => GivenBack(change, program))],
        RoundReversed reversed => [.. reversed.Taken.Select(change => Taken(change, program)), .. reversed.Given.SelectMany(change => GivenBack(change, program))],
        RewardsReleased released =>
        [
            .. released.Released.GroupBy(change => (change.Referrer, change.Asset)).Select(group => new Posting(
                new(group.Key.Referrer, AccountKind.Pending),
                new(group.Key.Referrer, AccountKind.Payable),
                new(group.Sum(change => change.Minor), group.Key.Asset))),
        ],
        _ => [],
    };

    /// <summary>How many postings give one reward back: what was taken from it, and what it had never earned, are two.</summary>
    public static int PostingsOf(RewardChange given) => given.EarnedMinor > 0 && given.EarnedMinor < given.Minor ? 2 : 1;

    // A sale is what a marketplace sends by the million: no iterators.
    private static int RewardsOf(ImmutableArray<RuleDecision> decisions)
    {
        var rewards = 0;
        foreach (var decision in decisions)
            if (decision.Minor > 0) rewards++;
        return rewards;
    }

    private static ImmutableArray<Posting> Given(StreamId referrer, ImmutableArray<RuleDecision> decisions, StreamId program)
    {
        var postings = ImmutableArray.CreateBuilder<Posting>(RewardsOf(decisions));
        foreach (var decision in decisions)
            if (decision.Minor > 0)
                postings.Add(new(
                    new(program, AccountKind.Rewards),
                    new(referrer, decision.Held ? AccountKind.Pending : AccountKind.Payable),
                    new(decision.Minor, decision.Asset!.Value)));
        return postings.MoveToImmutable();
    }

    private static Posting Taken(RewardChange change, StreamId program) =>
        new(Of(change), new(program, AccountKind.Clawbacks), new(change.Minor, change.Asset));

    private static ImmutableArray<Posting> GivenBack(RewardChange change, StreamId program)
    {
        if (change.EarnedMinor == 0) return [From(AccountKind.Clawbacks, change.Minor)];
        var earned = From(AccountKind.Rewards, change.EarnedMinor);
        return change.EarnedMinor == change.Minor ? [earned] : [earned, From(AccountKind.Clawbacks, change.Minor - change.EarnedMinor)];

        Posting From(AccountKind kind, long minor) => new(new(program, kind), Of(change), new(minor, change.Asset));
    }

    private static Account Of(RewardChange change) => new(change.Referrer, change.Pending ? AccountKind.Pending : AccountKind.Payable);
}
