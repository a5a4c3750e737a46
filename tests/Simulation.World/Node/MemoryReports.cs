using System.Collections.Immutable;
using System.Text.Json;
using ReferralGrains.Domain.Discounts;
using ReferralGrains.Domain.Flags;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Money;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Referrers;
using ReferralGrains.Simulation.Database;
using ReferralGrains.Storage.Discounts;
using ReferralGrains.Storage.Due;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Referrers;
using ReferralGrains.Storage.Reports;
using ReferralGrains.Turns;

namespace ReferralGrains.Simulation.Node;

/// <summary>The questions that grains and the sweeper ask of history.</summary>
public sealed class MemoryReports(MemoryDatabase database, IFaults faults) : ITallySource, IReferrerProfiles, IReferrerLedger, IDiscounts, IDueReader
{
    public async Task<Tally> Sum(StreamId referrer, StreamId program)
    {
        await Round();
        return database.Read(_ =>
        {
            var referrals = database.Referrals.Values.Where(referral => referral.Referrer == referrer && referral.Program == program).ToList();
            var lost = database.Reassignments.Where(row => row.From == referrer && database.Referrals[row.Stream].Program == program).ToList();
            var counted = referrals.Concat(lost.Select(row => database.Referrals[row.Stream])).DistinctBy(referral => referral.Stream)
                .SelectMany(referral => database.Stream(referral.Stream).Rows)
                .Where(row => row.Event.Type == EventCodec.NumberOf(typeof(SaleDecided)))
                .Select(row => (row.Stream, Sale: row.Decode<SaleDecided>())).Where(row => row.Sale.Counts && row.Sale.Referrer == referrer).ToList();
            return new Tally(counted.Sum(row => row.Sale.Action.EarningMinor ?? 0), counted.Select(row => row.Stream).Distinct().Count(), [],
                referrals.Where(referral => referral.ApprovedAt is not null).Select(referral => referral.Stream).Union(lost.Where(row => row.IsApproved).Select(row => row.Stream)).Count());
        });
    }

    public async Task<IReadOnlyList<UndoneRound>> Undone(StreamId referral)
    {
        await Round();
        return [.. database.Gatherings.Where(row => row.Target == referral && row.Undone != (row.Settled ?? 0))
            .Select(row => new UndoneRound(row.Referrer, row.Rule, row.Round, row.Action!.Value, row.Undone))];
    }

    public async Task<UsedBudgets> Used(StreamId referrer, StreamId program)
    {
        await Round();
        return database.Read(_ =>
        {
            var last = database.Stream(referrer).Rows[^1];
            var uses = database.Budgets.Where(pair => pair.Key.Owner == referrer && pair.Key.Program == program)
                .Select(pair => new BudgetUse(pair.Key.Rule, pair.Key.Month, pair.Value)).OrderBy(use => (use.Rule, use.Month)).ToImmutableArray();
            return new UsedBudgets(last.Seq, last.Event.At, uses.IsEmpty ? null : uses);
        });
    }

    public async Task<ReferrerProfile?> Find(int tenant, CallerId referrer)
    {
        await Round();
        if (database.Find(new(tenant, (short)GrainKind.Referrer, referrer.Value, ""))?.Id is not { } stream) return null;
        if (database.Referrer(stream) is not { } row) return null;
        var facts = JsonSerializer.Deserialize(database.Fact(stream)!.Value.Body, JournalJson.Default.ReferrerFacts)!;
        return new(
            stream, referrer, row.Code, row.Email, row.Name, facts.Tags, row.CashOptIn, row.StripeCustomerId, facts.Closed, facts.Granted, row.CreatedAt);
    }

    public async Task<CallerId?> OfCode(int tenant, string code)
    {
        await Round();
        return database.OfCode(tenant, code) is { } stream ? new CallerId(database.Stream(stream).Key.First) : null;
    }

    // Nobody has an account in this world.
    public async Task<bool> ShareAccount(int tenant, CallerId referrer, CallerId somebody)
    {
        await Round();
        return false;
    }

    public async Task<BookedEvent?> Find(int tenant, EntryKind kind, CallerId id)
    {
        await Round();
        return database.Entry(tenant, kind, id) is { } row ? Booked(row) : null;
    }

    public async Task<long> Payable(StreamId referrer, Asset asset)
    {
        await Round();
        return database.Read(_ => database.Balances.GetValueOrDefault((referrer, asset)).Payable);
    }

    public async Task<IReadOnlyList<(Asset Asset, long Minor)>> Payable(StreamId referrer)
    {
        await Round();
        return database.Read(_ => database.Balances.Where(pair => pair.Key.Referrer == referrer && pair.Value.Payable != 0)
            .Select(pair => (pair.Key.Asset, pair.Value.Payable)).OrderBy(pair => pair.Asset.Name, StringComparer.Ordinal).ToList());
    }

    public async Task<Page<BookedEvent>?> Page(int tenant, CallerId referrer, EntryKind kind, int? before, int limit, CancellationToken stop)
    {
        await Round();
        if (database.Find(new(tenant, (short)GrainKind.Referrer, referrer.Value, "")) is not { } stream) return null;
        var booked = database.Read(_ => stream.Rows.Where(row => row.Seq < (before ?? int.MaxValue)).OrderByDescending(row => row.Seq).Select(Booked).ToList());
        var wanted = booked.Where(one => kind == EntryKind.Manual ? one.Event is EntryBooked : one.Event is AssetSpent).ToList();
        return new([.. wanted.Take(limit)], wanted.Count > limit);
    }

    private static BookedEvent Booked(JournalRow row) => new(row.Stream, row.Seq, row.Event.At, row.Decode<ReferrerEvent>());

    public async Task<FoundPayment?> Find(int tenant, DiscountSide side, CallerId payment, CancellationToken stop)
    {
        await Round();
        if (database.Discount(tenant, side, payment) is not { } found) return null;
        var owner = database.Stream(found.Owner).Key;
        return new(found, new(database.Stream(found.Program).Key.First), new(side == DiscountSide.Referee ? owner.Second : owner.First));
    }

    public async Task<IReadOnlyList<StreamId>> Waiting(StreamId referrer, StreamId program, bool byHand, int limit)
    {
        await Round();
        return database.Read(_ => database.Referrals.Values
            .Where(row => row.Referrer == referrer && row.Program == program && row.Status == (short)ReferralStatus.Approved && row.Active)
            .Where(row => !database.Flags.Any(flag => flag.Key.Stream == row.Stream && flag.Value.State.Stops()))
            .Where(row => database.Uses.GetValueOrDefault(row.Stream) is { Payment: null } use && (byHand ? use.Choice == ReferralChoice.Applies : use.Choice != ReferralChoice.Declined))
            .OrderBy(row => row.AttributedAt).ThenBy(row => row.ApprovedAt).ThenBy(row => row.Stream.Value).Select(row => row.Stream).Take(limit).ToList());
    }

    public async Task<FoundUse?> Use(int tenant, CallerId program, CallerId referee)
    {
        await Round();
        if (database.Find(new(tenant, (short)GrainKind.Referral, program.Value, referee.Value))?.Id is not { } named) return null;
        var stream = database.Read(_ => database.Aliases.GetValueOrDefault(named, named));
        return database.Read(_ => database.Referrals.TryGetValue(stream, out var row) && database.Uses.GetValueOrDefault(stream) is var use
            ? new FoundUse(stream, row.Referrer, use.Choice ?? ReferralChoice.None, use.Payment)
            : null);
    }

    public Task<IReadOnlyDictionary<StreamId, CallerId>> Referees(IEnumerable<StreamId> referrals, CancellationToken stop) => Task.FromResult(
        (IReadOnlyDictionary<StreamId, CallerId>)referrals.ToDictionary(referral => referral, referral => new CallerId(database.Stream(referral).Key.Second)));

    public async Task<IReadOnlyList<int>> Tenants(int shard, DateTimeOffset until, CancellationToken stop)
    {
        await Round();
        return [.. database.DueTenants().Where(tenant => Due(shard, tenant, until).Any())];
    }

    public async Task<IReadOnlyList<DueGrain>> Read(int shard, int tenant, DateTimeOffset until, DueGrain? after, int limit, CancellationToken stop)
    {
        await Round();
        return [.. Due(shard, tenant, until).Where(row => after is not { } last || (row.At, row.Stream.Value).CompareTo((last.At, last.Stream.Value)) > 0).Take(limit)];
    }

    private IEnumerable<DueGrain> Due(int shard, int tenant, DateTimeOffset until) => database.Due(tenant, until)
        .Where(row => row.Stream.Id.Value % DueShards.Count == shard)
        .Select(row => new DueGrain(row.Stream.Id, row.Stream.Key.Kind, new(row.Stream.Key.First), row.Stream.Key.Second, row.At));

    private async Task Round()
    {
        await Task.Yield();
        if (faults.OfRead()) throw new JournalUnavailableException("The database cannot be reached.");
    }
}
