using System.Collections.Concurrent;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Storage.Reports;
using ReferralGrains.Storage.Sources;

namespace ReferralGrains.Integration.Tests.Gateway.World;

/// <summary>Sources, and what is known of their sales; of subscriptions they know nothing.</summary>
internal sealed class InMemorySources : ISources
{
    private readonly ConcurrentDictionary<string, Source> all = new();
    private readonly ConcurrentDictionary<(CallerId Source, string Name), LinkedSale> links = new();
    private readonly ConcurrentDictionary<(CallerId Source, string Event), (IReadOnlyList<string> Objects, string Body)> waits = new();

    /// <summary>The events that wait.</summary>
    public IEnumerable<string> Waits => waits.Keys.Select(static one => one.Event);

    public Task<bool> Create(Source source, int most, CancellationToken stop) => Task.FromResult(all.Values.Count(one => one.Tenant == source.Tenant) < most && all.TryAdd(source.Id.Value, source));

    public Task<Source?> Find(string id, CancellationToken stop) => Task.FromResult(all.GetValueOrDefault(id));

    public Task<IReadOnlyList<Source>> List(int tenant, CancellationToken stop) => Task.FromResult<IReadOnlyList<Source>>([.. all.Values.Where(source => source.Tenant == tenant)]);

    public Task<Source?> Change(int tenant, string id, SourceEdit change, CancellationToken stop) => Task.FromResult(all.GetValueOrDefault(id) is { } source && source.Tenant == tenant ? source : null);

    public Task<Source?> Remove(int tenant, string id, CancellationToken stop) => Change(tenant, id, new(null, null, null), stop);

    public Task<LinkedSale?> Linked(CallerId source, IReadOnlyList<string> objects, CancellationToken stop) =>
        Task.FromResult(objects.Select(name => links.GetValueOrDefault((source, name))).FirstOrDefault(static sale => sale is not null));

    public Task Link(CallerId source, IReadOnlyList<string> objects, LinkedSale sale, CancellationToken stop)
    {
        foreach (var name in objects) links.TryAdd((source, name), sale);
        return Task.CompletedTask;
    }

    public Task Wait(CallerId source, string e, IReadOnlyList<string> objects, string body, CancellationToken stop)
    {
        waits.TryAdd((source, e), (objects, body));
        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<(string Event, string Body)>> Waiting(CallerId source, IReadOnlyList<string> objects, CancellationToken stop) =>
        Task.FromResult<IReadOnlyList<(string Event, string Body)>>(
            [.. waits.Where(one => one.Key.Source == source && one.Value.Objects.Intersect(objects).Any()).Select(static one => (one.Key.Event, one.Value.Body))]);

    public Task<IReadOnlyDictionary<CallerId, WaitingEvents>> AllWaiting(int tenant, CallerId? source, CancellationToken stop) =>
        Task.FromResult<IReadOnlyDictionary<CallerId, WaitingEvents>>(new Dictionary<CallerId, WaitingEvents>());

    public Task<bool> Knows(int tenant, string source, string e, CancellationToken stop) => Task.FromResult(waits.ContainsKey((new(source), e)));

    public Task<Page<OpenEvent>> ListWaiting(int tenant, CallerId? source, (string Source, string Event)? after, int limit, CancellationToken stop) => Task.FromResult(new Page<OpenEvent>([], false));

    public Task<Page<OpenEvent>> ListRefused(int tenant, CallerId? source, (string Source, string Event)? after, int limit, CancellationToken stop) => Task.FromResult(new Page<OpenEvent>([], false));

    public Task<OpenEvent?> FindWaiting(int tenant, string source, string e, CancellationToken stop) => Task.FromResult<OpenEvent?>(null);

    public Task<bool> Dismiss(int tenant, string source, string e, string why, CancellationToken stop) => Task.FromResult(false);

    public Task Ended(CallerId source, string e, CancellationToken stop)
    {
        waits.TryRemove((source, e), out _);
        return Task.CompletedTask;
    }

    public Task<bool> Paid(CallerId source, string subscription, CallerId referee, DateTimeOffset? until, CancellationToken stop) => Task.FromResult(false);

    public Task<bool> PaysForAnother(CallerId source, string ended, CallerId referee, DateTimeOffset? at, CancellationToken stop) => Task.FromResult(false);
}
