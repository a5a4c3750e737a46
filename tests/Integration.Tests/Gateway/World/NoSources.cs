using ReferralGrains.Domain.Identity;
using ReferralGrains.Storage.Sources;

namespace ReferralGrains.Integration.Tests.Gateway.World;

/// <summary>A gateway to which nobody else tells anything.</summary>
internal sealed class NoSources : ISources
{
    public Task<bool> Create(Source source, int most, CancellationToken stop) => Task.FromResult(true);

    public Task<Source?> Find(string id, CancellationToken stop) => Task.FromResult<Source?>(null);

    public Task<IReadOnlyList<Source>> List(int tenant, CancellationToken stop) => Task.FromResult<IReadOnlyList<Source>>([]);

    public Task<LinkedSale?> Linked(CallerId source, IReadOnlyList<string> objects, CancellationToken stop) => Task.FromResult<LinkedSale?>(null);

    public Task Link(CallerId source, IReadOnlyList<string> objects, LinkedSale sale, CancellationToken stop) => Task.CompletedTask;

    public Task Wait(CallerId source, string e, IReadOnlyList<string> objects, string body, CancellationToken stop) => Task.CompletedTask;

    public Task<IReadOnlyList<(string Event, string Body)>> Waiting(CallerId source, IReadOnlyList<string> objects, CancellationToken stop) =>
        Task.FromResult<IReadOnlyList<(string Event, string Body)>>([]);

    public Task Ended(CallerId source, string e, CancellationToken stop) => Task.CompletedTask;
}
