using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Identity;

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
        if (e is ActionParked && replays == 0 && referral.Parked.Length >= MaxParked)
            return (null, new(RefusalKind.TooMany, "too_many_parked", "referee_id", $"{MaxParked} actions of this referee wait already; send the referral first."));
        if (e is ActionParked && replays == 0 && facts.ParkingFull)
            return (null, new(RefusalKind.TooMany, "parking_full", "referee_id", "Too many actions wait for referrals or sales already; send those first."));
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

        var chargeback = about?.Action.Kind == ActionKind.Chargeback ? about : null;
        var sale = chargeback is null ? about : known.Find(chargeback.Action.About!.Value);
        if (sale is null || SaleRecord.Of(sale) is not { } record) return (Parked(referral, action), null);
        if (action.Kind != ActionKind.ChargebackWon) return (ReversalDecider.TakeBack(referral, action, record, replays), null);
        if (!HasTakenEffect(referral, chargeback, sale)) return (Parked(referral, action), null);
        var ids = record.Chargebacks.Select(open => (CallerId?)open.Id);
        var won = chargeback is null ? ids.LastOrDefault() : ids.FirstOrDefault(id => id == chargeback.Id);
        return (ReversalDecider.GiveBack(referral, action, record, won, facts, replays), null);
    }

    private static ActionParked Parked(Referral referral, ReferralAction action) => new(action, Waits(referral) ?? DecisionCode.SaleMissing);

    // A chargeback that is won may arrive later than the news of it: what it is to undo has to be there first (D10).
    private static bool HasTakenEffect(Referral referral, ActionHistory? chargeback, ActionHistory sale) => chargeback is null
        ? sale.Events.Any(recorded => recorded.Event is SaleReversed { Action.Kind: ActionKind.Chargeback })
        : !referral.Parked.Any(parked => parked.Action.Id == chargeback.Id);

    // Another referee, program or currency than the sale's is a mistake to be told, not an action to wait for (D8).
    private static Refusal? Mismatch(ReferralAction action, ActionHistory about, KnownActions known, DecisionFacts facts)
    {
        var param = action.Kind == ActionKind.Refund ? "refund_of" : "chargeback_of";
        if (about.Stream != known.Stream)
            return new(RefusalKind.Unprocessable, "other_referral", param, $"{about.Id} is an action of another referee or program.");
        if (about.Action.Kind != ActionKind.Sale && (action.Kind, about.Action.Kind) != (ActionKind.ChargebackWon, ActionKind.Chargeback))
            return new(RefusalKind.Unprocessable, "not_a_sale", param, $"{about.Id} is not a sale.");
        var currency = facts.Program.Currency;
        if ((action.Currency ?? about.Action.Currency ?? currency) != (about.Action.Currency ?? currency))
            return new(RefusalKind.Unprocessable, "other_currency", "currency", $"{about.Id} was in {about.Action.Currency ?? currency}.");
        return null;
    }
}
