using System.Collections.Immutable;
using System.Globalization;
using ReferralGrains.Domain.Discounts;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Ledger;
using ReferralGrains.Domain.Money;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Referrals;

namespace ReferralGrains.Storage.Ledger;

/// <summary>
/// A referral: every event's postings are worked out again, what its holds say is compared with what its postings left pending, and
/// its due row, its referral row, the rows of what waits, its snapshot and what its page begins from with the fold.
/// </summary>
internal sealed class CheckedReferral(StreamId stream, KeptBeside beside) : ICheckedFold
{
    private readonly ImmutableArray<EventRow>.Builder expected = ImmutableArray.CreateBuilder<EventRow>();
    private readonly CheckedSnapshot<Referral> snapshot = new(stream, beside.Snapshot, ReferralFold.Version, JournalJson.Default.Referral);
    private readonly CheckedSnapshot<Referral> page = new(stream, beside.Page, ReferralFold.Version, JournalJson.Default.Referral, "page");
    private Referral state = Referral.None;
    private readonly Dictionary<CallerId, DiscountedPayment> discounts = [];
    private readonly Dictionary<(int Rule, int Month, StreamId Referrer), long> used = [];
    private readonly Dictionary<(StreamId Referrer, int Rule, Asset Asset, int Number), long> waited = [];
    private readonly List<(StreamId From, MovedAction To)> moved = [];
    private readonly List<GatheringRow> rounds = [];
    private readonly List<(StreamId Referrer, RuleDecision Decision, long ConversionMinor)> put = [];
    private long pending;

    public string? Add(IReadOnlyList<CheckedRow> rows)
    {
        var first = rows[0].Row;
        var recorded = new Recorded(first.Seq, first.At, first.Decode<ReferralEvent>());
        expected.Clear();
        EventCodec.Encode(recorded, beside.Program ?? default, expected);
        if (expected.Count != rows.Count) return $"takes {rows.Count} rows where its event makes {expected.Count}";
        for (var i = 0; i < rows.Count; i++)
        {
            if (rows[i].Posting != expected[i].Posting) return $"posts {CheckedRow.Show(rows[i].Posting)} where its event makes {CheckedRow.Show(expected[i].Posting)}";
            if (rows[i].About != expected[i].About) return $"is about row {rows[i].About} where its event is about {expected[i].About}";
            if (rows[i].Row.ActionId != expected[i].ActionId?.Value) return "carries the id of another action than its event";
            pending += Pending(rows[i].Posting);
        }

        if (CheckoutDiscounts.After(state, recorded.Event, stream, beside.Program ?? default) is { } payment) discounts[payment.Payment] = payment;
        Count(recorded.Event);
        rounds.AddRange(GatheringRow.Of(stream, beside.Program ?? default, recorded));
        if (recorded.Event is ActionParked { From: { } from, Action: var action }) moved.Add((from, new(action.Id, stream, recorded.Seq, action.Hash)));
        state = ReferralFold.Evolve(state, recorded.At, recorded.Event);
        snapshot.Reached(state.Seq, state);
        if (page.IsOf(state.Seq)) page.Reached(state.Seq, state.AsShown());
        return null;
    }

    public void Finish(Differences differences, KeptTotals totals)
    {
        totals.Waits(beside.Tenant!.Value, state.Parked.Count);
        foreach (var payment in discounts.Values) totals.HasDiscount(beside.Tenant!.Value, DiscountSide.Referee, payment);
        var held = state.Holds.Sum(hold => hold.RemainingMinor);
        if (held != pending) differences.Add("row", $"Stream {stream} holds {held}, but its postings left {pending} pending.");
        if (beside.DueAt != state.DueAt) differences.Add("due", $"Stream {stream} is due {Show(state.DueAt)}, but its due row says {Show(beside.DueAt)}.");
        if (beside.Referral != Row()) differences.Add("referral", $"Stream {stream}: its referral row is not what its events say.");
        if (!state.Parked.Seqs.SequenceEqual(beside.Parked ?? []))
            differences.Add("parked", $"Stream {stream}: {state.Parked.Count} actions wait, and their rows are not these.");
        totals.Books.Has(stream, state.Flag);
        foreach (var alias in state.Aliases ?? []) totals.Aliases.Named(stream, alias);
        if (state.AliasOf is { } of) totals.Aliases.Says(stream, of);
        foreach (var (from, to) in moved) totals.Aliases.Moved(beside.Tenant!.Value, from, to);
        foreach (var hold in state.Holds)
            if (hold.Group > 0) Waited(hold);
        foreach (var (reward, minor) in waited)
            totals.Books.Waits(reward.Referrer, beside.Program ?? default, reward.Rule, reward.Asset, reward.Number, minor);
        foreach (var round in rounds) totals.Gatherings.Says(round);
        foreach (var (referrer, decision, conversionMinor) in put) totals.Gatherings.Put(referrer, beside.Program ?? default, decision, conversionMinor);
        foreach (var (use, minor) in used) totals.Books.Uses(beside.Program ?? default, use.Rule, use.Month, use.Referrer, minor);
        snapshot.Finish(differences);
        page.Finish(differences);
    }

    // What a group has released is posted where its sum was kept: here it only waits no more.
    private void Count(ReferralEvent e)
    {
        switch (e)
        {
            case SaleDecided sale: Given(sale.Referrer, sale.Decisions); break;
            case RewardsGranted granted: Given(granted.Referrer, granted.Decisions); break;
            case ReversalUndone undone: Changed(undone.Given, 1); break;
            case SaleReversed reversed: Changed(reversed.Taken, -1); break;
            case RewardCancelled cancelled: Changed([cancelled.Taken], -1); break;
            case RoundReversed reversed:
                Changed(reversed.Taken, -1);
                Changed(reversed.Given, 1);
                break;
            case GroupSettled settled:
                foreach (var reward in settled.Rewards)
                {
                    var hold = state.Holds.Find(reward)!.Value;
                    pending -= hold.RemainingMinor;
                    Waited(hold);
                }

                break;
        }
    }

    private void Given(StreamId referrer, ImmutableArray<RuleDecision> decisions)
    {
        foreach (var decision in decisions)
        {
            if (decision is { Minor: > 0, Further.Budget: { } budget }) Use(decision.Rule, budget.Month, referrer, decision.Minor);
            if (decision.Further is { Gathered: > 0 }) put.Add((referrer, decision, state.ConversionValueMinor ?? 0));
        }
    }

    private void Changed(ImmutableArray<RewardChange> changes, int sign)
    {
        foreach (var change in changes)
            if (change.Month > 0) Use(state.Enrollments[change.Enrollment - 1].Rule, change.Month, change.Referrer, sign * change.Minor);
    }

    private void Use(int rule, int month, StreamId referrer, long minor) =>
        used[(rule, month, referrer)] = used.GetValueOrDefault((rule, month, referrer)) + minor;

    private void Waited(OpenHold hold)
    {
        var key = (hold.Referrer, state.Enrollments[hold.Enrollment - 1].Rule, hold.Asset, hold.Group);
        waited[key] = waited.GetValueOrDefault(key) + hold.RemainingMinor;
    }

    private ReferralRow? Row() => state.Status == ReferralStatus.None
        ? null
        : new(
            stream, beside.Program ?? default, state.Referrer, (short)state.Status, state.AttributedAt,
            state.ApprovedAt == default ? null : state.ApprovedAt, state.Active);

    private static long Pending(Posting? posting) => posting is not { } moved
        ? 0
        : (moved.To.Kind == AccountKind.Pending ? moved.Amount.Minor : 0) - (moved.From.Kind == AccountKind.Pending ? moved.Amount.Minor : 0);

    private static string Show(DateTimeOffset? at) => at?.ToString("O", CultureInfo.InvariantCulture) ?? "never";
}
