using System.Collections.Concurrent;
using System.Text.Json;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Simulation.Database;
using ReferralGrains.Storage.Facts;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Turns;

namespace ReferralGrains.Simulation.Node;

/// <summary>Facts through a cache of this process, which goes stale until somebody says that they have moved.</summary>
public sealed class MemoryFacts(MemoryDatabase database) : IFacts
{
    private readonly ConcurrentDictionary<StreamId, ProgramTerms> programs = new();
    private readonly ConcurrentDictionary<StreamId, ReferrerFacts> referrers = new();

    public async ValueTask<ProgramTerms?> Program(int tenant, CallerId id, CancellationToken stop)
    {
        if (Stream(tenant, GrainKind.Program, id) is not { } stream) return null;
        if (programs.TryGetValue(stream, out var cached)) return cached;
        if (await Body(stream) is not { } body) return null;
        return programs[stream] = JsonSerializer.Deserialize(body, JournalJson.Default.ProgramTerms)!;
    }

    public async Task<CallerId?> ProgramOfRule(int tenant, CallerId rule, CancellationToken stop)
    {
        await Task.Yield();
        return database.RuleOf(tenant, rule) is { } program ? new CallerId(database.Stream(program).Key.First) : null;
    }

    public async ValueTask<ReferrerFacts?> Referrer(int tenant, CallerId id, CancellationToken stop) =>
        Stream(tenant, GrainKind.Referrer, id) is { } stream ? await Referrer(tenant, stream, stop) : null;

    public async ValueTask<ReferrerFacts?> Referrer(int tenant, StreamId stream, CancellationToken stop)
    {
        if (database.Stream(stream).Key.Tenant != tenant) return null;
        if (referrers.TryGetValue(stream, out var cached)) return cached;
        if (await Body(stream) is not { } body) return null;
        return referrers[stream] = JsonSerializer.Deserialize(body, JournalJson.Default.ReferrerFacts)!;
    }

    public ValueTask<long> Parked(int tenant, CancellationToken stop) => new(database.Parked(tenant));

    public void Forget(StreamId stream)
    {
        programs.TryRemove(stream, out _);
        referrers.TryRemove(stream, out _);
    }

    private StreamId? Stream(int tenant, GrainKind kind, CallerId id) => database.Find(new(tenant, (short)kind, id.Value, ""))?.Id;

    // What was read may be old by the time that it is kept.
    private async Task<string?> Body(StreamId stream)
    {
        await Task.Yield();
        var body = database.Fact(stream)?.Body;
        await Task.Yield();
        return body;
    }
}
