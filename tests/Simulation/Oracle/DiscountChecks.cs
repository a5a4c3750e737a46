using ReferralGrains.Domain.Discounts;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Referrers;
using ReferralGrains.Simulation.Database;
using ReferralGrains.Turns;

namespace ReferralGrains.Simulation.Oracle;

/// <summary>What was taken off payments: each id is one payment's, no referral is used twice, and what is kept beside the journal is its fold.</summary>
internal static class DiscountChecks
{
    public static IEnumerable<string> Of(History history)
    {
        var kept = history.Database.Discounts;
        var folded = Folded(history.Database).ToList();
        foreach (var one in folded.GroupBy(one => one.Key).Where(one => one.Count() > 1)) yield return $"payment {one.Key} is {one.Count()} people's";
        foreach (var (key, payment) in folded)
            if (!kept.TryGetValue(key, out var row) || Text(row) != Text(payment)) yield return $"payment {key} is {Text(payment)}, and its row says {(row is null ? "nothing" : Text(row))}";
        if (kept.Count != folded.Count) yield return $"{folded.Count} payments were asked for, and {kept.Count} have rows";

        var used = folded.Where(one => one.Payment is { Uses: true, State: not DiscountState.Released }).SelectMany(one => one.Payment.Applied.Select(applied => (applied.Referral, one.Payment.Payment))).ToList();
        foreach (var twice in used.GroupBy(one => one.Referral).Where(one => one.Count() > 1)) yield return $"referral {twice.Key} is used {twice.Count()} times";
        foreach (var (referral, payment) in used)
            if (history.Database.Uses.GetValueOrDefault(referral).Payment != payment) yield return $"referral {referral} is used by {payment}, and its row does not say so";
        var rows = history.Database.Uses.Values.Count(use => use.Payment is not null);
        if (rows != used.Count) yield return $"{used.Count} referrals are used, and {rows} have rows that say so";
        foreach (var (referral, payment) in Declined(history.Database)) yield return $"referral {referral} was declined, and {payment} says something else of it after that";
        foreach (var referral in folded.Where(one => one.Key.Side == DiscountSide.Referee && one.Payment.State != DiscountState.Released).GroupBy(one => one.Payment.Owner).Where(one => one.Count() > 1))
            yield return $"the new customer {referral.Key} has {referral.Count()} discounts";
    }

    private static IEnumerable<((int Tenant, DiscountSide Side, CallerId Payment) Key, DiscountedPayment Payment)> Folded(MemoryDatabase database)
    {
        foreach (var stream in database.Streams)
        {
            var payments = new KnownPayments();
            var referral = Referral.None;
            foreach (var row in stream.Rows.Where(row => row.Event.Type != 0).OrderBy(row => row.Seq))
            {
                var after = (GrainKind)stream.Key.Kind switch
                {
                    GrainKind.Referral when row.Decode<ReferralEvent>() is var e => After(ref referral, row, e, database),
                    GrainKind.Referrer when row.Decode<ReferrerEvent>() is var e => PaymentDiscounts.After(e, stream.Id, payments.Find),
                    _ => null,
                };
                if (after is not null) payments.Take(after, isQuoted: false);
            }

            var side = stream.Key.Kind == (short)GrainKind.Referral ? DiscountSide.Referee : DiscountSide.Referrer;
            foreach (var (payment, _) in payments.Changed) yield return ((stream.Key.Tenant, side, payment.Payment), payment);
        }
    }

    // Another thing may have been given for it (G2).
    private static IEnumerable<(StreamId Referral, ReferrerEvent After)> Declined(MemoryDatabase database)
    {
        foreach (var stream in database.Streams.Where(stream => stream.Key.Kind == (short)GrainKind.Referrer))
        {
            var declined = new HashSet<StreamId>();
            foreach (var e in stream.Rows.Where(row => row.Event.Type != 0).OrderBy(row => row.Seq).Select(row => row.Decode<ReferrerEvent>()))
            {
                if (e is PaymentQuoted { Uses: true } quoted)
                    foreach (var one in quoted.Applied.Where(one => declined.Contains(one.Referral))) yield return (one.Referral, e);
                if (e is not ReferralChosen chosen) continue;
                if (chosen.Choice == ReferralChoice.Declined) declined.Add(chosen.Referral);
                else if (declined.Contains(chosen.Referral)) yield return (chosen.Referral, e);
            }
        }
    }

    private static DiscountedPayment? After(ref Referral referral, JournalRow row, ReferralEvent e, MemoryDatabase database)
    {
        var stream = database.Stream(row.Stream);
        var program = database.Find(new(stream.Key.Tenant, (short)GrainKind.Program, stream.Key.First, ""))!.Id;
        var after = CheckoutDiscounts.After(referral, e, row.Stream, program);
        referral = ReferralFold.Evolve(referral, row.Event.At, e);
        return after;
    }

    private static string Text(DiscountedPayment payment) => $"{payment with { Applied = [] }} {string.Join(", ", payment.Applied)}";
}
