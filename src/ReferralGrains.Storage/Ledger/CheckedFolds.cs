using System.Text.Json;
using ReferralGrains.Domain.Discounts;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Payouts;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Referrers;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Storage.Ledger;

/// <summary>A stream's own fold, and what must follow from it.</summary>
internal interface ICheckedFold
{
    /// <summary>Takes an event with the rows that continue it. Says what is wrong with them, or null.</summary>
    string? Add(IReadOnlyList<CheckedRow> rows);

    void Finish(Differences differences, KeptTotals totals);
}

internal static class CheckedFolds
{
    /// <summary>Null for a kind of stream that nothing is kept beside.</summary>
    public static ICheckedFold? Of(StreamId stream, KeptBeside beside) => beside.Kind switch
    {
        2 => new CheckedReferral(stream, beside),
        3 => new CheckedReferrer(stream, beside),
        4 => new CheckedProgram(stream, beside),
        5 => new CheckedPayoutItem(stream, beside),
        _ => null,
    };
}

internal sealed class CheckedReferrer(StreamId stream, KeptBeside beside) : ICheckedFold
{
    private readonly CheckedSnapshot<Referrer> snapshot = new(stream, beside.Snapshot, Referrer.FoldVersion, JournalJson.Default.Referrer);
    private readonly KnownPayments payments = new();
    private readonly Dictionary<StreamId, ReferralUse> uses = [];
    private readonly List<GroupReleased> released = [];
    private Referrer state = Referrer.None;

    public string? Add(IReadOnlyList<CheckedRow> rows)
    {
        var e = rows[0].Row.Decode<ReferrerEvent>();
        state = Referrer.Evolve(state, rows[0].Row.At, e);
        if (e is GroupReleased group) released.Add(group);
        Discounted(e);
        snapshot.Reached(state.Seq, state);
        if (rows.Count > 1) return $"takes {rows.Count} rows where its event makes one";
        var expected = ReferrerBooks.Movement(e, stream);
        return rows[0].Posting != expected ? $"posts {CheckedRow.Show(rows[0].Posting)} where its event makes {CheckedRow.Show(expected)}" : null;
    }

    public void Finish(Differences differences, KeptTotals totals)
    {
        var facts = beside.Fact is null ? null : JsonSerializer.Deserialize(beside.Fact, JournalJson.Default.ReferrerFacts);
        var same = facts is not null && beside.FactVersion == state.FactVersion && facts.Version == state.FactVersion && facts.Stream == stream
            && facts.Closed == (state.Status == ReferrerStatus.Closed) && facts.Forfeits == state.Forfeits && facts.Tags.SequenceEqual(state.Tags) && facts.Granted.SequenceEqual(state.Granted);
        if (!same) differences.Add("fact", $"Referrer {stream}: the fact of version {beside.FactVersion} is not what its events say at version {state.FactVersion}.");
        foreach (var (payment, _) in payments.Changed) totals.HasDiscount(beside.Tenant!.Value, DiscountSide.Referrer, payment);
        foreach (var group in released) totals.Books.Released(stream, group);
        foreach (var (program, tally) in state.Tallies)
        {
            totals.Books.Has(stream, new(program), tally);
            totals.Gatherings.Has(stream, new(program), tally);
        }

        foreach (var use in uses.Values) totals.HasUse(beside.Tenant!.Value, use);
        snapshot.Finish(differences);
    }

    private void Discounted(ReferrerEvent e)
    {
        var payment = PaymentDiscounts.After(e, stream, payments.Find);
        if (payment is not null) payments.Take(payment, isQuoted: e is PaymentQuoted);
        foreach (var use in PaymentDiscounts.Uses(e, payment))
            uses[use.Referral] = use with { Choice = use.Choice ?? (uses.TryGetValue(use.Referral, out var was) ? was.Choice : ReferralChoice.None) };
    }
}

internal sealed class CheckedProgram(StreamId stream, KeptBeside beside) : ICheckedFold
{
    private readonly CheckedSnapshot<ReferralProgram> snapshot = new(stream, beside.Snapshot, ReferralProgram.FoldVersion, JournalJson.Default.ReferralProgram);
    private ReferralProgram state = ReferralProgram.None;

    public string? Add(IReadOnlyList<CheckedRow> rows)
    {
        state = ReferralProgram.Evolve(state, rows[0].Row.At, stream, rows[0].Row.Decode<ProgramEvent>());
        snapshot.Reached(state.Seq, state);
        return rows.Count > 1 || rows[0].Posting is not null ? "moves money, which no event of a program does" : null;
    }

    public void Finish(Differences differences, KeptTotals totals)
    {
        var kept = beside.Fact is null ? null : JsonSerializer.Deserialize(beside.Fact, JournalJson.Default.ProgramTerms);
        if (kept is null || beside.FactVersion != state.Terms!.Revision || Json(kept) != Json(state.Terms!))
            differences.Add("fact", $"Program {stream}: the terms of version {beside.FactVersion} are not what its events say at version {state.Terms?.Revision}.");
        foreach (var use in state.Spent ?? []) totals.Books.Has(stream, use);
        foreach (var rule in state.Terms?.Rules ?? []) totals.HasRule(beside.Tenant!.Value, rule.Id, stream);
        snapshot.Finish(differences);
    }

    private static string Json(ProgramTerms terms) => JsonSerializer.Serialize(terms, JournalJson.Default.ProgramTerms);
}

internal sealed class CheckedPayoutItem(StreamId stream, KeptBeside beside) : ICheckedFold
{
    private readonly CheckedSnapshot<PayoutItem> snapshot = new(stream, beside.Snapshot, PayoutItem.FoldVersion, JournalJson.Default.PayoutItem);
    private PayoutItem state = PayoutItem.None;

    public string? Add(IReadOnlyList<CheckedRow> rows)
    {
        var e = rows[0].Row.Decode<PayoutItemEvent>();
        if (e is TransferMade && state.Transfer is not null) return "makes a second transfer of one item";
        var expected = state.Movement(e);
        state = PayoutItem.Evolve(state, rows[0].Row.At, e);
        snapshot.Reached(state.Seq, state);
        if (rows.Count > 1) return $"takes {rows.Count} rows where its event makes one";
        return rows[0].Posting != expected ? $"posts {CheckedRow.Show(rows[0].Posting)} where its event makes {CheckedRow.Show(expected)}" : null;
    }

    public void Finish(Differences differences, KeptTotals totals)
    {
        var folded = new KeptItem((short)state.Status, state.InTransit, state.Generation, state.Transfer, state.Order!.Amount.Minor, state.Order.Referrer);
        if (beside.Item != folded) differences.Add("payout_item", $"Payout item {stream}: its row says {Show(beside.Item)}, and its events {Show(folded)}.");
        snapshot.Finish(differences);
    }

    private static string Show(KeptItem? item) =>
        item is null ? "nothing" : $"{(PayoutItemStatus)item.Status}, {item.Minor} of {item.Referrer}{(item.InTransit ? " in transit" : "")}, generation {item.Generation}, {item.Transfer ?? "no transfer"}";
}
