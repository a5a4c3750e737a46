using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Simulation.Database;
using ReferralGrains.Storage.Facts;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Silos;
using ReferralGrains.Turns;

namespace ReferralGrains.Simulation.Node;

/// <summary>Facts through a cache of this process, which goes stale until somebody asks whether they have moved.</summary>
public sealed class MemoryFacts(MemoryDatabase database, TimeProvider time) : IFacts
{
    private readonly ConcurrentDictionary<StreamId, (int Version, object Value, Moment SeenAt)> kept = new();

    public async ValueTask<ProgramTerms?> Program(int tenant, CallerId id, CancellationToken stop)
    {
        if (Stream(tenant, GrainKind.Program, id) is not { } stream) return null;
        if (kept.TryGetValue(stream, out var fact) && !await Confirm([new(stream, fact.Version)])) Forget(stream);
        return await Find(stream, JournalJson.Default.ProgramTerms);
    }

    public async Task<CallerId?> ProgramOfRule(int tenant, CallerId rule, CancellationToken stop)
    {
        await Task.Yield();
        return database.RuleOf(tenant, rule) is { } program ? new CallerId(database.Stream(program).Key.First) : null;
    }

    public async ValueTask<ReferrerFacts?> Referrer(int tenant, CallerId id, CancellationToken stop) =>
        Stream(tenant, GrainKind.Referrer, id) is { } stream ? await Referrer(tenant, stream, stop) : null;

    public async ValueTask<ReferrerFacts?> Referrer(int tenant, StreamId stream, CancellationToken stop) =>
        database.Stream(stream).Key.Tenant == tenant ? await Find(stream, JournalJson.Default.ReferrerFacts) : null;

    public ValueTask<long> Parked(int tenant, CancellationToken stop) => new(database.Parked(tenant));

    public async ValueTask<bool> Confirm(IReadOnlyList<FactRead> reads)
    {
        var holds = true;
        foreach (var read in reads)
        {
            if (kept.TryGetValue(read.Stream, out var fact) && fact.Version == read.Version && fact.SeenAt.IsRecent(time)) continue;
            var asked = Moment.Now(time);
            await Task.Yield();
            var inForce = database.Fact(read.Stream)?.Version == read.Version;
            if (!inForce) Forget(read.Stream);
            else if (fact.Value is not null && fact.Version == read.Version) kept[read.Stream] = fact with { SeenAt = asked };
            holds &= inForce;
        }

        return holds;
    }

    public void Forget(StreamId stream) => kept.TryRemove(stream, out _);

    private StreamId? Stream(int tenant, GrainKind kind, CallerId id) => database.Find(new(tenant, (short)kind, id.Value, ""))?.Id;

    // What was read may be old by the time that it is kept.
    private async Task<T?> Find<T>(StreamId stream, JsonTypeInfo<T> json)
        where T : class
    {
        if (kept.TryGetValue(stream, out var fact)) return (T)fact.Value;
        var asked = Moment.Now(time);
        await Task.Yield();
        var read = database.Fact(stream);
        await Task.Yield();
        if (read is not { } found) return null;
        var value = JsonSerializer.Deserialize(found.Body, json)!;
        kept[stream] = (found.Version, value, asked);
        return value;
    }
}
