using System.Collections.Immutable;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Identity;

namespace ReferralGrains.Domain.Enrollments;

/// <summary>
/// What is recorded of a decided sale: its rewards as they were given, and what has been taken back so far. A clawback works on
/// this record; it never asks the rule again (D8).
/// </summary>
/// <param name="Seq">The row at which the sale was first seen.</param>
/// <param name="UndoneMinor">Refunds and open chargebacks so far, never more than the sale.</param>
/// <param name="Undone">Undone as a whole; says it for a sale without an amount.</param>
/// <param name="DecidedSeq">The row at which it was decided: later than the first where it was parked.</param>
/// <param name="Decisions">As they were recorded, refusals included.</param>
public sealed record SaleRecord(
    int Seq,
    ReferralAction Sale,
    StreamId Referrer,
    long UndoneMinor,
    bool Undone,
    ImmutableArray<RecordedReward> Rewards,
    ImmutableArray<SaleReversed> Chargebacks,
    int DecidedSeq,
    ImmutableArray<RuleDecision> Decisions)
{
    /// <summary>The record of a decided sale, or null while it is parked or when the action is no sale.</summary>
    /// <param name="upTo">The last row to look at, for the record as it stood then.</param>
    public static SaleRecord? Of(ActionHistory history, int upTo = int.MaxValue)
    {
        SaleRecord? record = null;
        foreach (var (seq, _, e) in history.Events)
        {
            if (seq > upTo) break;
            record = e switch
            {
                SaleDecided sale => Of(history, seq, sale),
                SaleReversed reversed => record?.With(reversed),
                ReversalUndone undone => record?.With(undone),
                RewardCancelled cancelled => record?.With(cancelled),
                _ => record,
            };
        }

        return record;
    }

    private static SaleRecord Of(ActionHistory history, int seq, SaleDecided sale)
    {
        var rewards = sale.Decisions.Select((decision, i) => (decision, i)).Where(pair => pair.decision.Minor > 0).Select(pair =>
            new RecordedReward(new RewardId(seq, pair.i).Key, pair.decision, pair.decision.Minor, Cancelled: false));
        return new(history.Seq, sale.Action, sale.Referrer, 0, false, [.. rewards], [], seq, sale.Decisions);
    }

    private SaleRecord With(SaleReversed reversed) => this with
    {
        UndoneMinor = UndoneMinor + reversed.AppliedMinor,
        Undone = Undone || reversed.Full,
        Rewards = Changed(reversed.Taken, -1),
        Chargebacks = reversed.Action.Kind == ActionKind.Chargeback ? Chargebacks.Add(reversed) : Chargebacks,
    };

    private SaleRecord With(ReversalUndone undone) => this with
    {
        UndoneMinor = UndoneMinor - undone.AppliedMinor,
        Undone = false,
        Rewards = Changed(undone.Given, 1),
        Chargebacks = Chargebacks.RemoveAll(chargeback => chargeback.Action.Id == undone.Chargeback),
    };

    private SaleRecord With(RewardCancelled cancelled) => this with
    {
        Rewards = [.. Rewards.Select(reward => reward.Key == cancelled.Taken.Reward ? reward with { LeftMinor = 0, Cancelled = true } : reward)],
    };

    private ImmutableArray<RecordedReward> Changed(ImmutableArray<RewardChange> changes, int sign) =>
    [
        .. Rewards.Select(reward => reward with
        {
            LeftMinor = reward.LeftMinor + sign * changes.Where(change => change.Reward == reward.Key).Sum(change => change.Minor),
        }),
    ];
}

/// <summary>A reward as it was given, and what is left of it.</summary>
public sealed record RecordedReward(long Key, RuleDecision Given, long LeftMinor, bool Cancelled)
{
    public long TakenMinor => Given.Minor - LeftMinor;
}
