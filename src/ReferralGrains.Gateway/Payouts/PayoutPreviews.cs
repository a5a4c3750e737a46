using System.Collections.Immutable;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Money;
using ReferralGrains.Domain.Payouts;
using ReferralGrains.Gateway.Json;
using ReferralGrains.Storage.Payouts;

namespace ReferralGrains.Gateway.Payouts;

/// <summary>What a batch would be, summed by currency and compared with the last one. Of those whom it leaves out it keeps the first, and sums.</summary>
/// <param name="before">Whom the last batch paid what; null where there was none.</param>
/// <param name="most">Of each list that is shown.</param>
internal sealed class PayoutPreviews(PayoutTerms terms, IReadOnlyDictionary<(StreamId Referrer, Asset Asset), long>? before, int most)
{
    private readonly SortedDictionary<string, Sum> sums = Before(before);
    private readonly ImmutableArray<PreviewItem>.Builder paid = ImmutableArray.CreateBuilder<PreviewItem>();
    private readonly ImmutableArray<PreviewLeftOut>.Builder left = ImmutableArray.CreateBuilder<PreviewLeftOut>();

    public void Add(JudgedCandidate judged)
    {
        var one = judged.Candidate;
        var asset = one.Payable.Asset.Name;
        if (!sums.TryGetValue(asset, out var sum)) sums.Add(asset, sum = new());
        if (judged.Why is { } why)
        {
            sum.LeaveOut(one, why.ToWire());
            if (left.Count < most) left.Add(new(one.Id, asset, one.Payable.Minor, why.ToWire()));
        }
        else
        {
            sum.Pay(one, one.Pays(terms).Minor);
            if (paid.Count < most) paid.Add(new(one.Id, asset, one.Pays(terms).Minor, terms.Outside ? PayoutOrder.Outside : one.Account!));
        }
    }

    /// <param name="last">The batch to compare with; null where there was none.</param>
    public PayoutPreview Of(CallerId? last) =>
        new([.. sums.Select(one => one.Value.Total(one.Key, before is not null))], paid.ToImmutable(), left.ToImmutable(), last);

    private static SortedDictionary<string, Sum> Before(IReadOnlyDictionary<(StreamId Referrer, Asset Asset), long>? before)
    {
        var sums = new SortedDictionary<string, Sum>(StringComparer.Ordinal);
        foreach (var asset in (before ?? ImmutableDictionary<(StreamId Referrer, Asset Asset), long>.Empty).GroupBy(static one => one.Key.Asset.Name))
            sums.Add(asset.Key, new() { Before = asset.ToDictionary(static one => one.Key.Referrer, static one => one.Value) });
        return sums;
    }

    /// <summary>Of one currency.</summary>
    private sealed class Sum
    {
        private readonly HashSet<StreamId> now = [];
        private readonly SortedDictionary<string, int> reasons = [];
        private int items;
        private long minor;
        private long rest;
        private long leftMinor;

        public Dictionary<StreamId, long> Before { get; init; } = [];

        // No more than a batch may hold.
        public void Pay(PayoutCandidate one, long pays)
        {
            now.Add(one.Referrer);
            (items, minor, rest) = (items + 1, minor + pays, rest + one.Payable.Minor - pays);
        }

        public void LeaveOut(PayoutCandidate one, string why)
        {
            reasons[why] = reasons.GetValueOrDefault(why) + 1;
            leftMinor += one.Payable.Minor;
        }

        public PreviewTotal Total(string asset, bool compares) => new(
            asset, items, minor, reasons.ToImmutableSortedDictionary(), leftMinor, rest,
            !compares ? null : new(
                now.Count - Before.Count, minor - Before.Values.Sum(), now.Count(one => !Before.ContainsKey(one)), Before.Keys.Count(one => !now.Contains(one))));
    }
}
