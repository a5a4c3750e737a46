using System.Collections.Immutable;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Money;

namespace ReferralGrains.Domain.Referrals;

/// <summary>
/// What is recorded of a decided sale: its rewards as they were given, and what has been taken back so far. A clawback works on
/// this record; it never asks the rule again (D8).
/// </summary>
/// <param name="Seq">The row at which the sale was first seen.</param>
/// <param name="RefundedMinor">By refunds, never more than the sale.</param>
/// <param name="Refunded">There was a refund: the whole of a sale without an amount.</param>
/// <param name="Chargebacks">That are open: not won.</param>
/// <param name="DecidedSeq">The row at which it was decided: later than the first where it was parked.</param>
/// <param name="Decisions">As they were recorded, refusals included.</param>
public sealed record SaleRecord(
    int Seq,
    ReferralAction Sale,
    StreamId Referrer,
    long RefundedMinor,
    bool Refunded,
    ImmutableArray<RecordedReward> Rewards,
    ImmutableArray<OpenChargeback> Chargebacks,
    int DecidedSeq,
    ImmutableArray<RuleDecision> Decisions)
{
    public long SaleMinor => Sale.AmountMinor ?? 0;

    /// <summary>
    /// What refunds and open chargebacks come to, never more than the sale. A refund during a chargeback takes nothing more then, and
    /// counts once the chargeback is won.
    /// </summary>
    public long UndoneMinor => Math.Min(SaleMinor, RefundedMinor + Chargebacks.Sum(chargeback => chargeback.AppliedMinor));

    /// <summary>Undone as a whole. Any refund or chargeback does that to a sale without an amount.</summary>
    public bool IsUndone => SaleMinor > 0 ? UndoneMinor == SaleMinor : Refunded || Chargebacks.Length > 0;

    /// <summary>How much of a reward has to be taken for what is undone (D8).</summary>
    public long Due(RecordedReward reward) =>
        IsUndone ? reward.Given.Minor : SaleMinor > 0 ? Rounding.HalfAwayFromZero((Int128)reward.Given.Minor * UndoneMinor, SaleMinor) : 0;

    /// <summary>With one more refund or chargeback.</summary>
    public SaleRecord With(ReferralAction reversal, long appliedMinor) => reversal.Kind == ActionKind.Chargeback
        ? this with { Chargebacks = Chargebacks.Add(new(reversal.Id, appliedMinor)) }
        : this with { RefundedMinor = Math.Min(SaleMinor, RefundedMinor + appliedMinor), Refunded = true };

    /// <summary>With a chargeback that is not there any more.</summary>
    public SaleRecord Without(CallerId chargeback) => this with { Chargebacks = Chargebacks.RemoveAll(open => open.Id == chargeback) };

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
            new RecordedReward(new RewardId(seq, pair.i).Key, pair.decision, pair.decision.Minor, Cancelled: false, Released: false));
        return new(history.Seq, sale.Action, sale.Referrer, 0, false, [.. rewards], [], seq, sale.Decisions);
    }

    private SaleRecord With(SaleReversed reversed) => With(reversed.Action, reversed.AppliedMinor) with { Rewards = Changed(reversed.Taken, -1) };

    private SaleRecord With(ReversalUndone undone) => Without(undone.Chargeback) with { Rewards = Changed(undone.Given, 1) };

    private SaleRecord With(RewardCancelled cancelled) => this with
    {
        Rewards = [.. Rewards.Select(reward => reward.Key == cancelled.Taken.Reward ? reward with { LeftMinor = 0, Cancelled = true } : reward)],
    };

    private ImmutableArray<RecordedReward> Changed(ImmutableArray<RewardChange> changes, int sign) =>
    [
        .. Rewards.Select(reward => reward with
        {
            LeftMinor = reward.LeftMinor + sign * changes.Where(change => change.Reward == reward.Key).Sum(change => change.Minor),
            Released = reward.Released || changes.Any(change => change.Reward == reward.Key && !change.Pending),
        }),
    ];
}

/// <param name="AppliedMinor">What it is about, never more than the sale.</param>
public readonly record struct OpenChargeback(CallerId Id, long AppliedMinor);

/// <summary>A reward as it was given, and what is left of it.</summary>
/// <param name="Released">Some of it was taken from, or given to, what is payable: its hold is over for good.</param>
public sealed record RecordedReward(long Key, RuleDecision Given, long LeftMinor, bool Cancelled, bool Released)
{
    public long TakenMinor => Given.Minor - LeftMinor;
}
