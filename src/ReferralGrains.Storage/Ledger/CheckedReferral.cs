using System.Collections.Immutable;
using System.Globalization;
using ReferralGrains.Domain.Discounts;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Ledger;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Referrals;

namespace ReferralGrains.Storage.Ledger;

/// <summary>
/// A referral: every event's postings are worked out again, what its holds say is compared with what its postings left pending, and
/// its due row, its referral row and its snapshot with the fold.
/// </summary>
internal sealed class CheckedReferral(StreamId stream, KeptBeside beside) : ICheckedFold
{
    private readonly ImmutableArray<EventRow>.Builder expected = ImmutableArray.CreateBuilder<EventRow>();
    private readonly CheckedSnapshot<Referral> snapshot = new(stream, beside.Snapshot, ReferralFold.Version, JournalJson.Default.Referral);
    private Referral state = Referral.None;
    private readonly Dictionary<CallerId, DiscountedPayment> discounts = [];
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
        state = ReferralFold.Evolve(state, recorded.At, recorded.Event);
        snapshot.Reached(state.Seq, state);
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
        snapshot.Finish(differences);
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
