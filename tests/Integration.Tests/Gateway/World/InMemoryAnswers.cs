using System.Collections.Concurrent;
using ReferralGrains.Storage.Idempotency;

namespace ReferralGrains.Integration.Tests.Gateway.World;

internal sealed class InMemoryAnswers : IIdempotentAnswers
{
    private readonly ConcurrentDictionary<(int, string, string), (byte[] Content, SavedAnswer? Answer)> kept = new();

    public Task<Beginning> Begin(NamedRequest request, CancellationToken stop)
    {
        var there = kept.GetOrAdd(Name(request), (request.Content.ToArray(), null));
        return Task.FromResult<Beginning>(
            !there.Content.AsSpan().SequenceEqual(request.Content.Span) ? new Beginning.Reused()
            : there.Answer is { } answer ? new Beginning.Answered(answer)
            : new Beginning.Begun());
    }

    public Task Save(NamedRequest request, SavedAnswer answer, CancellationToken stop)
    {
        kept[Name(request)] = (request.Content.ToArray(), answer);
        return Task.CompletedTask;
    }

    public Task Forget(NamedRequest request, CancellationToken stop)
    {
        kept.TryRemove(Name(request), out _);
        return Task.CompletedTask;
    }

    public Task Sweep(CancellationToken stop) => Task.CompletedTask;

    private static (int, string, string) Name(NamedRequest request) => (request.Tenant, request.Route, request.Key);
}
