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
/// <param name="DecidedSeq">The row at which it was decided: later than the first where it was parked.</param>
/// <param name="Decisions">As they were recorded, refusals included.</param>
/// <param name="Rewards">In the order of their keys; rows of a schedule of it are among them, due or not (H12).</param>
/// <param name="Reversals">Its refunds and chargebacks, in the order in which they took effect.</param>
public sealed partial record SaleRecord(
    int Seq,
    ReferralAction Sale,
    StreamId Referrer,
    int DecidedSeq,
    ImmutableArray<RuleDecision> Decisions,
    ImmutableArray<RecordedReward> Rewards,
    ImmutableArray<Reversal> Reversals)
{
    public long SaleMinor => Sale.AmountMinor ?? 0;

    /// <summary>How far it is undone by all that stands.</summary>
    public Undone Undone
    {
        get
        {
            if (SaleMinor <= 0) return new(SaleMinor, 0, Reversals.Any(static reversal => reversal.Stands));
            var standing = Standing(ActionKind.Refund) + Standing(ActionKind.Chargeback);
            var minor = (long)Int128.Min(SaleMinor, standing);
            return new(SaleMinor, minor, standing >= SaleMinor, UndoneLines.Of(Sale, Reversals, minor));
        }
    }

    /// <summary>What a refund without an amount is about: the sale less the refunds that stand; a chargeback likewise.</summary>
    public long Rest(ActionKind kind) => (long)Int128.Max(0, SaleMinor - Standing(kind));

    public Reversal? Reversal(CallerId id)
    {
        foreach (var reversal in Reversals)
            if (reversal.Id == id) return reversal;
        return null;
    }

    public RecordedReward? Reward(long key) => IndexOf(Rewards.AsSpan(), key) is >= 0 and var index ? Rewards[index] : null;

    /// <summary>With one more refund or chargeback.</summary>
    public SaleRecord With(Reversal reversal) => this with { Reversals = Reversals.Add(reversal) };

    /// <summary>With one that is undone, or some of it.</summary>
    public SaleRecord WithUndone(Reversal reversal, long minor) => this with { Reversals = Reversals.Replace(reversal, reversal.Less(minor, SaleMinor)) };

    // As sent, so the sum may be more than the sale, and more than a long holds.
    private Int128 Standing(ActionKind kind)
    {
        Int128 standing = 0;
        foreach (var reversal in Reversals)
            if (reversal.Kind == kind) standing += reversal.StandingMinor;
        return standing;
    }

    private static int IndexOf(ReadOnlySpan<RecordedReward> rewards, long key)
    {
        var (low, high) = (0, rewards.Length - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            if (rewards[middle].Key == key) return middle;
            if (rewards[middle].Key < key) low = middle + 1;
            else high = middle - 1;
        }

        return -1;
    }
}

/// <summary>How far a sale is undone.</summary>
/// <param name="Minor">Refunds and chargebacks that stand, together never more than the sale.</param>
/// <param name="IsWhole">Any refund or chargeback undoes the whole of a sale without an amount.</param>
/// <param name="Lines">What is undone of single lines; null where nothing names any (X2).</param>
public readonly record struct Undone(long SaleMinor, long Minor, bool IsWhole, UndoneLines? Lines = null)
{
    /// <summary>How much of a reward has to be taken for it (D8).</summary>
    public long Of(RecordedReward reward) => Of(reward.Given.Minor, reward.Given.Further?.Lines);

    /// <summary>How much of what a sale has put into a round is undone (H9).</summary>
    public long OfOwn(FurtherSeen seen) => Of(seen.OwnMinor, seen.Lines);

    private long Of(long minor, SeenLines? lines) => IsWhole ? minor
        : lines is { Minor: > 0 } && Lines is not null ? Lines.Of(minor, lines)
        : SaleMinor > 0 ? Rounding.HalfAwayFromZero((Int128)minor * Minor, SaleMinor)
        : 0;
}

/// <summary>A refund or a chargeback of a sale. Recorded as it was sent: what counts is the sum of those that stand.</summary>
/// <param name="AppliedMinor">What it is about.</param>
/// <param name="UndoneMinor">Of it: a win may be partial, and is cumulative.</param>
/// <param name="Stands">False once all of it is undone: the refund failed, the chargeback was won.</param>
/// <param name="Lines">The lines that it names (X2).</param>
public readonly record struct Reversal(
    CallerId Id, ActionKind Kind, long AppliedMinor, long UndoneMinor = 0, bool Stands = true, ImmutableArray<SoldLine>? Lines = null)
{
    public long StandingMinor => AppliedMinor - UndoneMinor;

    /// <summary>On a sale without an amount there are no parts: whatever undoes it, undoes it all.</summary>
    public Reversal Less(long minor, long saleMinor)
    {
        var undone = minor >= StandingMinor ? AppliedMinor : UndoneMinor + minor;
        return this with { UndoneMinor = undone, Stands = saleMinor > 0 && undone < AppliedMinor };
    }
}

/// <summary>A reward as it was given, and what is left of it.</summary>
/// <param name="Given">What it waits for is as it was due, or as it came back last.</param>
/// <param name="Released">By hand, or some of it was taken from, or given to, what is payable: its hold is over for good.</param>
public sealed record RecordedReward(long Key, RuleDecision Given, long LeftMinor, bool Cancelled, bool Released)
{
    public long TakenMinor => Given.Minor - LeftMinor;

    /// <summary>Of what is taken: what a row had lost before it was due, so that it was never earned (H12). It comes back last.</summary>
    public long UnearnedMinor { get; init; }

    /// <summary>What was undone of the first sales that earned it together when it was last settled (H9).</summary>
    public long RoundUndoneMinor { get; init; }

    /// <summary>Whether several first sales earned it together: what is undone of one of them comes from all over (H9).</summary>
    public bool IsOfRound => Given.Further is { Round: > 0 };
}
