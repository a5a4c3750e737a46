using System.Diagnostics;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Ledger;
using ReferralGrains.Domain.Money;
using ReferralGrains.Domain.Referrers;
using ReferralGrains.Storage.Referrers;
using ReferralGrains.Storage.Reports;
using ReferralGrains.Turns.Referrers;

namespace ReferralGrains.Integration.Tests.Gateway.World;

/// <summary>What was booked for referrers, in memory.</summary>
internal sealed class InMemoryLedger(Func<int, CallerId, bool> isReferrer) : IReferrerLedger
{
    private readonly List<(int Tenant, EntryKind Kind, CallerId Id, BookedEvent Booked)> entries = [];

    public object Decide(int tenant, StreamId referrer, Referrer state, object command, DateTimeOffset now)
    {
        var (kind, id, e) = command switch
        {
            BookEntry book => (EntryKind.Manual, book.Entry.Id, (ReferrerEvent)book.Entry),
            SpendAsset spend => (EntryKind.Spend, spend.Spent.Id, spend.Spent),
            _ => throw new UnreachableException(),
        };
        if (Known(tenant, kind, id) is { } known) return new BookedReply(null, true, known);
        var refusal = e is EntryBooked entry ? ReferrerBooks.Refuses(state, entry) : ReferrerBooks.Refuses(state, (AssetSpent)e, Sum(referrer, ((AssetSpent)e).Asset));
        if (refusal is { } why) return BookedReply.Refused(why);
        entries.Add((tenant, kind, id, new(referrer, entries.Count + 2, now, e)));
        return new BookedReply(null, false, entries[^1].Booked);
    }

    public Task<BookedEvent?> Find(int tenant, EntryKind kind, CallerId id) => Task.FromResult(Known(tenant, kind, id));

    public Task<IReadOnlyList<(Asset Asset, long Minor)>> Payable(StreamId referrer) => throw new NotSupportedException();

    public Task<long> Payable(StreamId referrer, Asset asset) => Task.FromResult(Sum(referrer, asset));

    public Task<Page<BookedEvent>?> Page(int tenant, CallerId referrer, EntryKind kind, int? before, int limit, CancellationToken stop)
    {
        if (!isReferrer(tenant, referrer)) return Task.FromResult<Page<BookedEvent>?>(null);
        var found = entries.Where(one => one.Tenant == tenant && one.Kind == kind && one.Booked.Seq < (before ?? int.MaxValue)).Select(one => one.Booked).Reverse().ToList();
        return Task.FromResult<Page<BookedEvent>?>(new([.. found.Take(limit)], found.Count > limit));
    }

    private BookedEvent? Known(int tenant, EntryKind kind, CallerId id) =>
        entries.Find(one => one.Tenant == tenant && one.Kind == kind && one.Id == id).Booked;

    private long Sum(StreamId referrer, Asset asset) => entries.Select(one => ReferrerBooks.Movement(one.Booked.Event, referrer))
        .Where(posting => posting?.Amount.Asset == asset)
        .Sum(posting => posting!.Value.To.Kind == AccountKind.Payable ? posting.Value.Amount.Minor : -posting.Value.Amount.Minor);
}
