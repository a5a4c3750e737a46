using System.Diagnostics;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Money;
using ReferralGrains.Domain.Payouts;
using ReferralGrains.Storage.Payouts;
using ReferralGrains.Storage.Reports;
using ReferralGrains.Turns.Payouts;

namespace ReferralGrains.Integration.Tests.Gateway.World;

/// <summary>Payouts behind the gateway, by the same deciders; nobody carries them out.</summary>
internal sealed class InMemoryPayouts(Func<GrainAddress, StreamId> streamOf, Func<DateTimeOffset> now) : IPayoutReports, IPayoutCandidates, IConnectedAccounts
{
    private readonly Dictionary<int, PayoutPlan> plans = [];
    private readonly Dictionary<GrainAddress, PayoutBatch> batches = [];
    private readonly Dictionary<GrainAddress, PayoutItem> items = [];
    private readonly Dictionary<GrainAddress, PayoutAccount> accounts = [];

    public List<PayoutCandidate> Candidates { get; } = [];

    public int PerSecond => 25;

    /// <summary>A batch that is paid outside, with one item that waits to be confirmed.</summary>
    public void AddBatch(string id, string item, CallerId referrer, int tenant = 1) => AddBatch(id, item, referrer, new(500, Asset.Cash("GBP")), [], tenant);

    /// <param name="then">What happened to the item since.</param>
    public void AddBatch(string id, string item, CallerId referrer, Amount amount, IEnumerable<PayoutItemEvent> then, int tenant = 1, bool outside = true)
    {
        var (address, terms) = (GrainAddress.PayoutBatch(tenant, new(id)), PayoutTerms.Default with { Outside = outside });
        var order = new PayoutOrder(item, streamOf(address), streamOf(GrainAddress.Referrer(tenant, referrer)), amount, PayoutOrder.Outside);
        foreach (var e in (PayoutBatchEvent[])[new BatchDrawn("admin_key", false, terms), new CandidatesListed([order]), new BatchListed(), new BatchFrozen(PayoutBatch.HashOf([order]), []), new BatchApproved("admin_key"), new SendingBegan()])
            batches[address] = PayoutBatch.Evolve(batches.GetValueOrDefault(address, PayoutBatch.None), now(), e);
        items[GrainAddress.PayoutItem(tenant, new(item))] = then.Prepend(new PayoutReserved(order)).Aggregate(PayoutItem.None, (state, e) => PayoutItem.Evolve(state, now(), e));
    }

    public object Decide(GrainAddress to, object command) => command switch
    {
        SetPayoutTerms set => Set(to.Tenant, new PayoutTermsSet(set.Terms, set.By)),
        AskPayoutAccount ask => Ask(to, ask.Command),
        AskPayoutBatch ask => Ask(to, ask.Command),
        AskPayoutItem ask => Ask(to, ask.Command),
        _ => throw new UnreachableException(),
    };

    public Task<PayoutTermsView> Terms(int tenant, CancellationToken stop) =>
        Task.FromResult(plans.TryGetValue(tenant, out var plan) ? new PayoutTermsView(plan.Terms!, plan.NextAt) : new(PayoutTerms.Default, null));

    public Task<PayoutAccountView?> Account(int tenant, CallerId referrer, CancellationToken stop) => Task.FromResult(
        accounts.GetValueOrDefault(GrainAddress.PayoutAccount(tenant, referrer)) is { Account: { } account } known
            ? new PayoutAccountView(new(1), account, known.Transfers, known.PaysOut, known.ChangedAt, known.Links)
            : null);

    public Task<PayoutCustomerView?> Customer(int tenant, CallerId referrer, CancellationToken stop) => Task.FromResult(
        accounts.GetValueOrDefault(GrainAddress.PayoutAccount(tenant, referrer)) is { Customer: { } customer } known ? new PayoutCustomerView(customer, known.CustomerChangedAt) : null);

    public Task<Page<PayoutBatchView>> Batches(int tenant, StreamId? before, int limit, bool needsPerson, CancellationToken stop) => Task.FromResult(
        new Page<PayoutBatchView>([.. batches.Where(pair => pair.Key.Tenant == tenant).Select(pair => View(pair.Key, pair.Value)).Where(view => view.Stream.Value < (before?.Value ?? long.MaxValue)).OrderByDescending(view => view.Stream.Value).Take(limit)], false));

    public Task<IReadOnlyList<CallerId>> ReferrersOf(int tenant, string account, CancellationToken stop) => Task.FromResult<IReadOnlyList<CallerId>>([]);

    public Task<IReadOnlyList<CallerId>> ReferrersOfCustomer(int tenant, string customer, CancellationToken stop) => ReferrersOf(tenant, customer, stop);

    public Task<PayoutBatchView?> Batch(int tenant, CallerId batch, CancellationToken stop) =>
        Task.FromResult(batches.TryGetValue(GrainAddress.PayoutBatch(tenant, batch), out var there) ? View(GrainAddress.PayoutBatch(tenant, batch), there) : null);

    public Task<PayoutBatchView?> LastBatch(int tenant, bool outside, CancellationToken stop) => Task.FromResult<PayoutBatchView?>(null);

    public Task<IReadOnlyList<PayoutTotal>> Totals(StreamId batch, CancellationToken stop) => Task.FromResult<IReadOnlyList<PayoutTotal>>([
        .. Of(batch).GroupBy(pair => pair.Value.Order!.Amount.Asset).Select(group => new PayoutTotal(
            group.Key, group.Count(), group.Sum(pair => pair.Value.Order!.Amount.Minor), group.Count(pair => pair.Value.IsSettled), 0, group.Count(pair => pair.Value.InTransit), 0, 0, 0,
            group.Count(pair => pair.Value.Status == PayoutItemStatus.AwaitingFunds)))]);

    public Task<Page<PayoutItemView>> Items(StreamId batch, long? after, int limit, CancellationToken stop) =>
        Task.FromResult(new Page<PayoutItemView>([.. Of(batch).Select(pair => View(pair.Key, pair.Value))], false));

    public Task<PayoutItemView?> Item(StreamId batch, CallerId item, CancellationToken stop) =>
        Task.FromResult(Of(batch).Where(pair => pair.Key.First == item).Select(pair => View(pair.Key, pair.Value)).FirstOrDefault());

    public Task<IReadOnlyList<PayoutReversalView>> Reversals(StreamId item, CancellationToken stop) => Task.FromResult<IReadOnlyList<PayoutReversalView>>([
        .. items.Where(pair => streamOf(pair.Key) == item).SelectMany(pair => pair.Value.Reversals).Select(PayoutReversalView.Of)]);

    public Task<IReadOnlyDictionary<(StreamId Referrer, Asset Asset), long>> Paid(StreamId batch, CancellationToken stop) => throw new NotSupportedException();

    public IAsyncEnumerable<JudgedCandidate> Find(int tenant, PayoutTerms terms, DateTimeOffset now, CancellationToken stop) =>
        Candidates.Select(one => new JudgedCandidate(one, one.Why(terms, now, PayoutWaits.Live))).ToAsyncEnumerable();

    public Task<bool> HasAny(int tenant, PayoutTerms terms, DateTimeOffset now, CancellationToken stop) => Task.FromResult(false);

    public Task<AccountAnswer> Onboard(int tenant, CallerId referrer, OnboardingAsked asked, CancellationToken stop)
    {
        var reply = (PayoutAccountReply)Ask(GrainAddress.PayoutAccount(tenant, referrer), new PayoutAccountCommand.Link("acct_of_" + tenant, asked.By, Instead: false));
        return Task.FromResult<AccountAnswer>(new AccountAnswer.Shown(reply.Account, "https://stripe.test/onboarding", now()));
    }

    public Task<AccountAnswer> Link(int tenant, CallerId referrer, string account, string by, CancellationToken stop) => Task.FromResult<AccountAnswer>(
        new AccountAnswer.Shown(((PayoutAccountReply)Ask(GrainAddress.PayoutAccount(tenant, referrer), new PayoutAccountCommand.Link(account, by, Instead: true))).Account));

    public Task<AccountAnswer> LinkCustomer(int tenant, CallerId referrer, string customer, string by, CancellationToken stop) => Task.FromResult<AccountAnswer>(
        new AccountAnswer.Shown(((PayoutAccountReply)Ask(GrainAddress.PayoutAccount(tenant, referrer), new PayoutAccountCommand.LinkCustomer(customer, by, Instead: true))).Account));

    public Task<AccountAnswer> MakeCustomer(int tenant, CallerId referrer, string? email, string? name, string by, CancellationToken stop) => Task.FromResult<AccountAnswer>(
        new AccountAnswer.Shown(((PayoutAccountReply)Ask(GrainAddress.PayoutAccount(tenant, referrer), new PayoutAccountCommand.LinkCustomer("cus_of_" + referrer, by, Instead: false))).Account));

    public Task<bool> LookAgain(int tenant, UnreadyAccounts unready, CancellationToken stop) => Task.FromResult(false);

    private PayoutPlanReply Set(int tenant, PayoutTermsSet e)
    {
        plans[tenant] = PayoutPlan.Evolve(plans.GetValueOrDefault(tenant, PayoutPlan.None), now(), e);
        return new(true, plans[tenant]);
    }

    private PayoutAccountReply Ask(GrainAddress to, PayoutAccountCommand command)
    {
        var state = accounts.GetValueOrDefault(to, PayoutAccount.None);
        var e = PayoutAccountDecider.Decide(state, command);
        accounts[to] = e is null ? state : PayoutAccount.Evolve(state, now(), e);
        return new PayoutAccountReply(null, e is not null, accounts[to]);
    }

    private PayoutBatchReply Ask(GrainAddress to, PayoutBatchCommand command)
    {
        var state = batches.GetValueOrDefault(to, PayoutBatch.None);
        var decision = PayoutBatchDecider.Decide(state, command);
        if (decision is PayoutBatchDecision.Accepted { Event: var e }) batches[to] = state = PayoutBatch.Evolve(state, now(), e);
        return new PayoutBatchReply((decision as PayoutBatchDecision.Refused)?.Why, decision is PayoutBatchDecision.Accepted, state);
    }

    private PayoutItemReply Ask(GrainAddress to, PayoutItemCommand command)
    {
        var state = items.GetValueOrDefault(to, PayoutItem.None);
        var decision = PayoutItemDecider.Decide(state, command, now(), PayoutWaits.Live);
        foreach (var e in (decision as PayoutItemDecision.Accepted)?.Events ?? []) items[to] = state = PayoutItem.Evolve(state, now(), e);
        return new PayoutItemReply((decision as PayoutItemDecision.Refused)?.Why, decision is PayoutItemDecision.Accepted, state);
    }

    private IEnumerable<KeyValuePair<GrainAddress, PayoutItem>> Of(StreamId batch) => items.Where(pair => pair.Value.Order!.Batch == batch);

    private PayoutBatchView View(GrainAddress address, PayoutBatch batch) => new(
        streamOf(address), address.First, batch.Status, batch.Orders.Length, batch.DrawnBy!, batch.ApprovedBy, batch.DrawnAt, batch.Hash, batch.Why, batch.NeedsSecondPerson,
        batch.IsOutside, batch.IsScheduled);

    private PayoutItemView View(GrainAddress address, PayoutItem item) => new(
        streamOf(address), address.First, new("rita"), item.Order!.Amount, item.Order.Destination, item.Status, item.Generation, item.Transfer, item.Reference, item.Why, item.Review);
}
