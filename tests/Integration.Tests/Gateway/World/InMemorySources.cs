using System.Collections.Concurrent;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Storage.Sources;

namespace ReferralGrains.Integration.Tests.Gateway.World;

/// <summary>Sources that nothing came from.</summary>
internal sealed class InMemorySources : ISources
{
    private readonly ConcurrentDictionary<string, Source> all = new();

    public Task<bool> Create(Source source, int most, CancellationToken stop) => Task.FromResult(all.Values.Count(one => one.Tenant == source.Tenant) < most && all.TryAdd(source.Id.Value, source));

    public Task<Source?> Find(string id, CancellationToken stop) => Task.FromResult(all.GetValueOrDefault(id));

    public Task<IReadOnlyList<Source>> List(int tenant, CancellationToken stop) => Task.FromResult<IReadOnlyList<Source>>([.. all.Values.Where(source => source.Tenant == tenant)]);

    public Task<Source?> Change(int tenant, string id, SourceEdit change, CancellationToken stop) => Task.FromResult(all.GetValueOrDefault(id) is { } source && source.Tenant == tenant ? source : null);

    public Task<Source?> Remove(int tenant, string id, CancellationToken stop) => Change(tenant, id, new(null, null, null), stop);

    public Task<LinkedSale?> Linked(CallerId source, IReadOnlyList<string> objects, CancellationToken stop) => Task.FromResult<LinkedSale?>(null);

    public Task Link(CallerId source, IReadOnlyList<string> objects, LinkedSale sale, CancellationToken stop) => Task.CompletedTask;

    public Task Wait(CallerId source, string e, IReadOnlyList<string> objects, string body, CancellationToken stop) => Task.CompletedTask;

    public Task<IReadOnlyList<(string Event, string Body)>> Waiting(CallerId source, IReadOnlyList<string> objects, CancellationToken stop) =>
        Task.FromResult<IReadOnlyList<(string Event, string Body)>>([]);

    public Task<IReadOnlyDictionary<CallerId, WaitingEvents>> AllWaiting(int tenant, CallerId? source, CancellationToken stop) =>
        Task.FromResult<IReadOnlyDictionary<CallerId, WaitingEvents>>(new Dictionary<CallerId, WaitingEvents>());

    public Task Ended(CallerId source, string e, CancellationToken stop) => Task.CompletedTask;

    public Task<bool> Paid(CallerId source, string subscription, CallerId referee, DateTimeOffset? until, CancellationToken stop) => Task.FromResult(false);

    public Task<bool> PaysForAnother(CallerId source, string ended, CallerId referee, DateTimeOffset? at, CancellationToken stop) => Task.FromResult(false);
}
