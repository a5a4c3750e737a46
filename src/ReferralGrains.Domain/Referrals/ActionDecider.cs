using ReferralGrains.Domain.Actions;

namespace ReferralGrains.Domain.Referrals;

/// <summary>
/// What an action comes to: an event that takes effect, an event that parks it, or a refusal that does not use up its id. The same
/// ladder serves an action that arrives and a parked one that is tried again.
/// </summary>
public static class ActionDecider
{
    /// <summary>How far into the future an action may have occurred: clocks differ (D3).</summary>
    public static readonly TimeSpan FutureTolerance = TimeSpan.FromMinutes(5);

    /// <summary>How many actions of one referee may wait, so that its state stays bounded.</summary>
    public const int MaxParked = 1_000;

    /// <param name="replays">The row at which it was parked, 0 if it arrives now.</param>
    public static (ReferralEvent? Event, Refusal? Refusal) Decide(
        Referral referral, ReferralAction action, DecisionFacts facts, KnownActions known, int replays)
    {
        var (e, refusal) = action.Kind == ActionKind.Sale
            ? (Sale(referral, action, facts, replays), null)
            : Reversal(referral, action, facts, known, replays);
        if (e is ActionParked && replays == 0 && referral.Parked.Count >= MaxParked)
            return (null, new(RefusalKind.OverQuota, "too_many_parked", Field.RefereeId, $"{MaxParked} actions of this referee wait already; send the referral first."));
        if (e is ActionParked && replays == 0 && facts.ParkingFull)
            return (null, new(RefusalKind.OverQuota, "parking_full", Field.RefereeId, "Too many actions wait for referrals or sales already; send those first."));
        return (e, refusal);
    }

    /// <summary>What an action of this referral waits for, or null.</summary>
    public static DecisionCode? Waits(Referral referral) => referral.Status switch
    {
        ReferralStatus.None => DecisionCode.ReferralMissing,
        ReferralStatus.Pending => DecisionCode.ReferralPending,
        _ => null,
    };

    private static ReferralEvent Sale(Referral referral, ReferralAction sale, DecisionFacts facts, int replays) =>
        Waits(referral) is { } code ? new ActionParked(sale, code) : SaleDecider.Decide(referral, sale, facts, replays);

    private static (ReferralEvent?, Refusal?) Reversal(
        Referral referral, ReferralAction action, DecisionFacts facts, KnownActions known, int replays)
    {
        var about = known.Find(action.About!.Value);
        if (about is not null && Mismatch(action, about, known, facts) is { } refusal)
            return replays == 0 ? (null, refusal) : (new ActionParked(action, DecisionCode.SaleMissing), null);

        if (known.SaleOf(action) is not { } sale || SaleRecord.Of(sale) is not { } record) return (Parked(referral, action), null);
        if (action.Kind is ActionKind.Refund or ActionKind.Chargeback) return (ReversalDecider.TakeBack(referral, action, record, facts, replays), null);

        // What undoes something may arrive before it: that has to be there first, and to have taken effect (D10).
        if (about!.Action.Kind == ActionKind.Sale) return Won(referral, action, record, facts, replays);
        return record.Reversal(about.Id) is { } reversal
            ? (ReversalDecider.GiveBack(referral, action, record, reversal, facts, replays), null)
            : (Parked(referral, action), null);
    }

    // A win that names the sale means its one open chargeback. Where all were won, it may be the next one's, which is still to come (D10).
    private static (ReferralEvent?, Refusal?) Won(Referral referral, ReferralAction action, SaleRecord record, DecisionFacts facts, int replays)
    {
        var open = record.Reversals.Where(static reversal => reversal is { Kind: ActionKind.Chargeback, Stands: true }).ToList();
        if (open.Count == 1) return (ReversalDecider.GiveBack(referral, action, record, open[0], facts, replays), null);
        if (open.Count == 0 || replays > 0) return (Parked(referral, action), null);
        return (null, new(
            RefusalKind.Senseless, "ambiguous_chargeback", Field.ChargebackOf, $"{action.About} has {open.Count} open chargebacks; name the one that was won."));
    }

    private static ActionParked Parked(Referral referral, ReferralAction action) => new(action, Waits(referral) ?? DecisionCode.SaleMissing);

    // Another referee, program or currency than the sale's is a mistake to be told, not an action to wait for (D8).
    private static Refusal? Mismatch(ReferralAction action, ActionHistory about, KnownActions known, DecisionFacts facts)
    {
        var named = action.Kind is ActionKind.Refund or ActionKind.RefundFailed ? Field.RefundOf : Field.ChargebackOf;
        if (about.Stream != known.Stream)
            return new(RefusalKind.Senseless, "other_referral", named, $"{about.Id} is an action of another referee or program.");
        if (NotOfKind(action.Kind, about) is { } wrong) return wrong;
        var (sale, currency) = ((known.SaleOf(action) ?? about).Action, facts.Program.Currency);
        if ((action.Currency ?? sale.Currency ?? currency) != (sale.Currency ?? currency))
            return new(RefusalKind.Senseless, "other_currency", Field.Currency, $"{sale.Id} was in {sale.Currency ?? currency}.");
        return null;
    }

    private static Refusal? NotOfKind(ActionKind kind, ActionHistory about) => (kind, about.Action.Kind) switch
    {
        (ActionKind.RefundFailed, ActionKind.Refund) or (ActionKind.ChargebackWon, ActionKind.Chargeback) => null,
        (ActionKind.RefundFailed, _) => new(RefusalKind.Senseless, "not_a_refund", Field.RefundOf, $"{about.Id} is not a refund."),
        (_, ActionKind.Sale) => null,
        (ActionKind.Refund, _) => new(RefusalKind.Senseless, "not_a_sale", Field.RefundOf, $"{about.Id} is not a sale."),
        _ => new(RefusalKind.Senseless, "not_a_sale", Field.ChargebackOf, $"{about.Id} is not a sale."),
    };
}
