using ReferralGrains.Storage.Payouts;
using ReferralGrains.Storage.Webhooks;
using ReferralGrains.Turns.Payouts;

namespace ReferralGrains.Integration.Tests.Gateway.World;

/// <summary>As much of payouts as the gateway shows: nothing is sent, and nothing is compared.</summary>
internal sealed class InMemoryReconciliations(TimeProvider time) : ISendGates, IReconciliations, IWebhookInbox, IPayoutReview
{
    private readonly Lock gate = new();
    private readonly Dictionary<int, SendGate> gates = [];
    private readonly List<ReconciliationRun> runs = [];

    public List<InboxEvent> Events { get; } = [];

    /// <summary>What is answered to whoever says what became of an item; null while Stripe cannot be asked.</summary>
    public PayoutItemReply? Reviewed { get; set; }

    /// <summary>What happens while an event that was followed is about to be noted.</summary>
    public Func<InboxEvent, Task> BeforeNote { get; set; } = static _ => Task.CompletedTask;

    /// <summary>What taking an event in fails with.</summary>
    public Exception? Failure { get; set; }

    Task<SendGate> ISendGates.Of(int tenant, CancellationToken stop) => Locked(() => gates.GetValueOrDefault(tenant) ?? new(false));

    public Task<bool> Lets(int tenant, string term, CancellationToken stop) => Locked(() => false);

    public Task Shut(int tenant, string why, string by, CancellationToken stop) => Locked(() => gates[tenant] = new(true, why, by, time.GetUtcNow()));

    public Task Open(int tenant, string why, string by, CancellationToken stop) => Locked(() =>
        gates[tenant] = (gates.GetValueOrDefault(tenant) ?? new(false)) with { IsShut = false, OpenedWhy = why, OpenedBy = by, OpenedAt = time.GetUtcNow() });

    public Task<IReadOnlyList<int>> Tenants(CancellationToken stop) => Task.FromResult<IReadOnlyList<int>>([]);

    public Task<ReconciliationRun> Ask(int tenant, ReconciliationCause cause, bool isFull, string? by, CancellationToken stop) => Locked(() =>
    {
        var run = new ReconciliationRun(
            runs.Count + 1, tenant, cause, isFull, by, time.GetUtcNow(), null, null, null, null, ReconciliationState.Waiting, 0, 0, 0, 0, null);
        runs.Add(run);
        return run;
    });

    public Task<ReconciliationRun?> Waiting(int tenant, CancellationToken stop) => Last(tenant, stop);

    public Task<ReconciliationRun?> LastAgreed(int tenant, CancellationToken stop) => Locked(() => (ReconciliationRun?)null);

    public Task<(DateTimeOffset Regular, DateTimeOffset Full)> LastRegular(int tenant, CancellationToken stop) => Task.FromResult((DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch));

    public Task<ReconciliationRun?> Last(int tenant, CancellationToken stop) => Locked(() => runs.LastOrDefault(run => run.Tenant == tenant));

    public Task<ReconciliationRun?> Find(int tenant, long run, CancellationToken stop) => Locked(() => runs.Find(one => one.Tenant == tenant && one.Id == run));

    public Task Begin(ReconciliationRun run, DateTimeOffset coversFrom, CancellationToken stop) => throw new NotSupportedException();

    public Task Seen(
        ReconciliationRun run, IReadOnlyList<string> transfers, DateTimeOffset? reachedAt, IReadOnlyList<ReconciliationBreak> breaks, CancellationToken stop) =>
        throw new NotSupportedException();

    public Task Compared(ReconciliationRun run, int items, IReadOnlyList<ReconciliationBreak> breaks, CancellationToken stop) => throw new NotSupportedException();

    public Task<ReconciliationRun> End(ReconciliationRun run, string? failure, string term, CancellationToken stop) => throw new NotSupportedException();

    public Task<IReadOnlyList<ComparedItem>> Items(int tenant, IReadOnlyCollection<string> names, IReadOnlyCollection<string> transfers, CancellationToken stop) =>
        Task.FromResult<IReadOnlyList<ComparedItem>>([]);

    public Task<IReadOnlyList<ComparedItem>> Unseen(int tenant, DateTimeOffset since, bool credits, long after, int limit, CancellationToken stop) =>
        Task.FromResult<IReadOnlyList<ComparedItem>>([]);

    public Task<IReadOnlyList<string>> Credited(int tenant, DateTimeOffset? since, string after, int limit, CancellationToken stop) =>
        Task.FromResult<IReadOnlyList<string>>([]);

    public Task<bool> HasFound(ReconciliationRun run, CancellationToken stop) => Task.FromResult(false);

    public Task<bool> AwaitsComparison(int tenant, CancellationToken stop) => Task.FromResult(false);

    public Task<DateTimeOffset> Beginning(CancellationToken stop) => Task.FromResult(DateTimeOffset.UnixEpoch);

    public Task<IReadOnlyList<ReconciliationBreak>> Breaks(int tenant, int limit, CancellationToken stop) => Task.FromResult<IReadOnlyList<ReconciliationBreak>>([]);

    public Task<long> Take(IReadOnlyList<InboxEvent> events, CancellationToken stop) => Failure is { } failure ? throw failure : Locked(() =>
    {
        var more = events.Where(one => !Events.Exists(known => known == one)).ToList();
        Events.AddRange(more);
        return (long)more.Count;
    });

    public Task<bool> Knows(InboxEvent e, CancellationToken stop) => Locked(() => Events.Exists(known => (known.Tenant, known.Source, known.Account, known.Event) == (e.Tenant, e.Source, e.Account, e.Event)));

    public async Task Note(InboxEvent e, InboxOutcome outcome, string? detail, CancellationToken stop)
    {
        await BeforeNote(e);
        await Take([e with { Outcome = outcome, Detail = detail }], stop);
    }

    public Task Show(int tenant, string source, string e, string detail, CancellationToken stop) => Locked(() =>
    {
        var i = Events.FindIndex(known => (known.Tenant, known.Source, known.Event) == (tenant, source, e));
        if (i >= 0) Events[i] = Events[i] with { Outcome = InboxOutcome.Shown, Detail = detail };
        return i;
    });

    public Task<IReadOnlyList<InboxEvent>> Due(DateTimeOffset now, int limit, CancellationToken stop) => Task.FromResult<IReadOnlyList<InboxEvent>>([]);

    public Task End(long id, InboxOutcome outcome, string? detail, CancellationToken stop) => Task.CompletedTask;

    public Task Later(long id, DateTimeOffset at, string why, CancellationToken stop) => Task.CompletedTask;

    public Task<IReadOnlyList<InboxEvent>> Shown(int tenant, int limit, CancellationToken stop) => Task.FromResult<IReadOnlyList<InboxEvent>>([]);

    public Task<DateTimeOffset?> SweptTo(int tenant, string source, CancellationToken stop) => Task.FromResult<DateTimeOffset?>(null);

    public Task Swept(int tenant, string source, DateTimeOffset to, CancellationToken stop) => Task.CompletedTask;

    public Task Forget(DateTimeOffset before, CancellationToken stop) => Task.CompletedTask;

    public Task<PayoutItemReply?> Resolve(ReviewFinding finding, CancellationToken stop) => Task.FromResult(Reviewed);

    private Task<T> Locked<T>(Func<T> work)
    {
        lock (gate) return Task.FromResult(work());
    }
}
