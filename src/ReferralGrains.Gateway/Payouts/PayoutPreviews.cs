using System.Collections.Immutable;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Money;
using ReferralGrains.Domain.Payouts;
using ReferralGrains.Gateway.Json;
using ReferralGrains.Storage.Payouts;

namespace ReferralGrains.Gateway.Payouts;

/// <summary>What a batch would be, summed by currency and compared with the last one.</summary>
internal static class PayoutPreviews
{
    /// <param name="last">The batch to compare with; null where there was none.</param>
    /// <param name="before">Whom it paid what.</param>
    public static PayoutPreview Of(
        IReadOnlyList<JudgedCandidate> found, PayoutTerms terms, CallerId? last, IReadOnlyDictionary<(StreamId Referrer, Asset Asset), long>? before, int most)
    {
        var paid = found.Where(static one => one.Why is null).Select(static one => one.Candidate).ToList();
        var left = found.Where(static one => one.Why is not null).ToList();
        var currencies = found.Select(static one => one.Candidate.Payable.Asset).Concat((before?.Keys ?? []).Select(static one => one.Asset)).Distinct().OrderBy(static asset => asset.Name, StringComparer.Ordinal);
        return new(
            [.. currencies.Select(asset => Total(asset, paid.Where(one => one.Payable.Asset == asset).ToList(), left.Where(one => one.Candidate.Payable.Asset == asset).ToList()))],
            [.. paid.Take(most).Select(one => new PreviewItem(one.Id, one.Payable.Asset.Name, one.Pays(terms).Minor, terms.Outside ? PayoutOrder.Outside : one.Account!))],
            [.. left.Take(most).Select(static one => new PreviewLeftOut(one.Candidate.Id, one.Candidate.Payable.Asset.Name, one.Candidate.Payable.Minor, one.Why!.Value.ToWire()))],
            last);

        PreviewTotal Total(Asset asset, List<PayoutCandidate> pays, List<JudgedCandidate> leaves) => new(
            asset.Name, pays.Count, pays.Sum(one => one.Pays(terms).Minor),
            leaves.GroupBy(static one => one.Why!.Value).OrderBy(static reason => reason.Key).ToImmutableSortedDictionary(static reason => reason.Key.ToWire(), static reason => reason.Count()),
            leaves.Sum(static one => one.Candidate.Payable.Minor), pays.Sum(one => one.Payable.Minor - one.Pays(terms).Minor),
            before is null ? null : Since(asset, pays, before));

        SinceLast Since(Asset asset, List<PayoutCandidate> pays, IReadOnlyDictionary<(StreamId Referrer, Asset Asset), long> then)
        {
            var now = pays.Select(static one => one.Referrer).ToHashSet();
            var was = then.Where(one => one.Key.Asset == asset).ToDictionary(static one => one.Key.Referrer, static one => one.Value);
            return new(
                now.Count - was.Count, pays.Sum(one => one.Pays(terms).Minor) - was.Values.Sum(), now.Count(one => !was.ContainsKey(one)), was.Keys.Count(one => !now.Contains(one)));
        }
    }
}
