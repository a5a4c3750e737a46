using System.Collections.Immutable;
using ReferralGrains.Storage.Reports;
using ReferralGrains.Storage.Webhooks;
using ReferralGrains.Turns.Webhooks;

namespace ReferralGrains.Integration.Tests.Gateway.World;

/// <summary>As much of webhooks as the gateway shows: whatever is sent is taken.</summary>
internal sealed class InMemoryWebhooks(TimeProvider time) : IWebhookTargets, IWebhookFeed, IWebhookTrials
{
    private readonly Lock gate = new();
    private readonly SortedDictionary<long, WebhookTarget> targets = [];
    private readonly List<(int Tenant, long Target, WebhookDelivery Delivery)> deliveries = [];
    private long last;

    public Task<(WebhookTarget Target, bool IsNew)?> Add(
        int tenant, string url, string? description, ImmutableArray<WebhookEventType> events, string secret, byte[]? request, int most, CancellationToken stop)
    {
        lock (gate)
        {
            var target = new WebhookTarget(
                ++last, tenant, url, description, events, secret, null, null, null, null, WebhookState.Enabled, null, 0, null, time.GetUtcNow(), 0, time.GetUtcNow());
            targets.Add(target.Id, target);
            return Task.FromResult<(WebhookTarget Target, bool IsNew)?>((target, true));
        }
    }

    public Task<WebhookTarget?> Find(int tenant, long id, CancellationToken stop) => Changed(tenant, id, static target => target);

    public Task<Page<WebhookTarget>> List(int tenant, long after, int limit, CancellationToken stop)
    {
        lock (gate)
        {
            var found = targets.Values.Where(target => target.Tenant == tenant && target.Id > after).ToList();
            return Task.FromResult(new Page<WebhookTarget>([.. found.Take(limit)], found.Count > limit));
        }
    }

    public Task<WebhookTarget?> Change(int tenant, long id, WebhookChange change, CancellationToken stop) => Changed(tenant, id, target => target with
    {
        Url = change.Url ?? target.Url,
        Description = change.Description ?? target.Description,
        Events = change.Events ?? target.Events,
        State = change.Enabled == false ? WebhookState.Disabled : WebhookState.Enabled,
    });

    public Task Remove(int tenant, long id, CancellationToken stop)
    {
        lock (gate) targets.Remove(id);
        return Task.CompletedTask;
    }

    public Task<WebhookTarget?> Rotate(int tenant, long id, string secret, DateTimeOffset oldUntil, CancellationToken stop) =>
        Changed(tenant, id, target => target with { OldSecret = target.Secret, OldUntil = oldUntil, Secret = secret });

    public Task<WebhookTarget?> Resume(int tenant, long id, bool fromNow, CancellationToken stop) => Changed(tenant, id, target => target with { State = WebhookState.Enabled });

    public Task<WebhookFigures> Figures(WebhookTarget target, DateTimeOffset since, CancellationToken stop) => Task.FromResult(new WebhookFigures(3, 1, 2, since));

    public Task<Page<WebhookDelivery>> Deliveries(int tenant, long target, long? before, int limit, CancellationToken stop)
    {
        lock (gate)
        {
            var found = deliveries.Where(one => one.Tenant == tenant && one.Target == target && (before is null || one.Delivery.Id < before)).Reverse().Select(one => one.Delivery).ToList();
            return Task.FromResult(new Page<WebhookDelivery>([.. found.Take(limit)], found.Count > limit));
        }
    }

    public Task<WebhookDelivery?> Delivery(int tenant, long target, long id, CancellationToken stop)
    {
        lock (gate) return Task.FromResult(deliveries.Where(one => one.Tenant == tenant && one.Target == target && one.Delivery.Id == id).Select(one => one.Delivery).FirstOrDefault());
    }

    public Task<WebhookDelivery> Note(WebhookTarget target, WebhookDelivery delivery, CancellationToken stop)
    {
        lock (gate)
        {
            var noted = delivery with { Id = deliveries.Count + 1 };
            deliveries.Add((target.Tenant, target.Id, noted));
            return Task.FromResult(noted);
        }
    }

    public Task<Page<WebhookMessage>?> Page(int tenant, WebhookEventName? after, bool latest, int limit, CancellationToken stop) =>
        Task.FromResult<Page<WebhookMessage>?>(new([WebhookSamples.Message(WebhookEventType.RewardPayable, time.GetUtcNow())], HasMore: false));

    public Task<WebhookMessage?> Find(int tenant, WebhookEventName name, CancellationToken stop) => Task.FromResult<WebhookMessage?>(null);

    public Task<string> MakeUp(int tenant, WebhookEventType type, DateTimeOffset at, CancellationToken stop) => Task.FromResult("evt_0_1_0");

    public Task<string?> Refuses(Uri address, bool mayBeClear, CancellationToken stop) => Task.FromResult<string?>(null);

    public Task<WebhookDelivery> Send(WebhookTarget target, WebhookMessage message, WebhookCause cause, CancellationToken stop) =>
        Note(target, new(0, message.Id, message.Type, cause, 1, message.At, TimeSpan.FromMilliseconds(12), 204, null), stop);

    private Task<WebhookTarget?> Changed(int tenant, long id, Func<WebhookTarget, WebhookTarget> change)
    {
        lock (gate)
        {
            if (targets.GetValueOrDefault(id) is not { } target || target.Tenant != tenant) return Task.FromResult<WebhookTarget?>(null);
            return Task.FromResult<WebhookTarget?>(targets[id] = change(target));
        }
    }
}
