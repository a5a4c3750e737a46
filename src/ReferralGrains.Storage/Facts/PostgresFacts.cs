using System.Collections.Concurrent;
using System.Text.Json;
using Npgsql;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Silos;

namespace ReferralGrains.Storage.Facts;

/// <summary>
/// The fact table through a cache that is shared by all grains, so that the terms of a rule are one object. A fact has one entry, under
/// the number of its stream; names lead to numbers, which never change.
/// </summary>
public sealed class PostgresFacts : IFacts, IAsyncDisposable
{
    private const int MostCached = 200_000;
    private const short ReferrerKind = 3;
    private const short ProgramKind = 4;

    private static readonly TimeSpan ParkedTerm = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<(int Tenant, short Kind, CallerId Id), StreamId> streams = new();
    private readonly ConcurrentDictionary<StreamId, Kept> facts = new();
    private readonly ConcurrentDictionary<int, (long Count, long ReadAt)> parked = new();
    private readonly Coalescer<StreamId, ReferrerFacts?> bodies;
    private readonly Coalescer<StreamId, int?> versions;
    private readonly Renewals<FactRead> renewals;
    private readonly NpgsqlDataSource database;
    private readonly TimeProvider time;

    public PostgresFacts(NpgsqlDataSource database, TimeProvider time)
    {
        (this.database, this.time) = (database, time);
        bodies = new(Bodies, most: 500, queries: 1);
        versions = new(Versions, most: 2_000, queries: 1);
        renewals = new(IsInForce);
    }

    public async ValueTask<ProgramTerms?> Program(int tenant, CallerId id, CancellationToken stop)
    {
        if (Find(tenant, ProgramKind, id) is { } kept && (IsRecent(kept) || await IsInForce(new(kept.Stream, kept.Version)))) return (ProgramTerms)kept.Value;
        var seenAt = Moment.Now(time);
        if (await Body(tenant, ProgramKind, id, stop) is not { } body) return null;
        var terms = JsonSerializer.Deserialize(body, JournalJson.Default.ProgramTerms)!;
        return (ProgramTerms)Keep(ProgramKind, id, new(terms.Stream, tenant, terms.Revision, terms, seenAt)).Value;
    }

    public async Task<CallerId?> ProgramOfRule(int tenant, CallerId rule, CancellationToken stop)
    {
        var program = await database.Row(
            "select s.a from rule r join stream s on s.id = r.program where r.tenant = $1 and r.id = $2",
            reader => reader.GetString(0), stop, Questions.Int(tenant), Questions.Text(rule.Value));
        return program is null ? null : new CallerId(program);
    }

    public async ValueTask<ReferrerFacts?> Referrer(int tenant, CallerId id, CancellationToken stop)
    {
        if (Find(tenant, ReferrerKind, id) is { } kept) return (ReferrerFacts)kept.Value;
        var seenAt = Moment.Now(time);
        return await Body(tenant, ReferrerKind, id, stop) is { } body ? Keep(tenant, JsonSerializer.Deserialize(body, JournalJson.Default.ReferrerFacts)!, seenAt) : null;
    }

    public async ValueTask<ReferrerFacts?> Referrer(int tenant, StreamId stream, CancellationToken stop)
    {
        if (facts.TryGetValue(stream, out var kept)) return kept.Tenant == tenant ? (ReferrerFacts)kept.Value : null;
        var seenAt = Moment.Now(time);
        return await bodies.Ask(stream) is { } read ? Keep(tenant, read, seenAt) : null;
    }

    public async ValueTask<long> Parked(int tenant, CancellationToken stop)
    {
        if (parked.TryGetValue(tenant, out var kept) && time.GetElapsedTime(kept.ReadAt) < ParkedTerm) return kept.Count;
        var readAt = time.GetTimestamp();
        var count = await database.Row("select count from parked where tenant = $1", reader => reader.GetInt64(0), stop, Questions.Int(tenant));
        return (parked[tenant] = (count, readAt)).Count;
    }

    public async ValueTask<bool> Confirm(IReadOnlyList<FactRead> reads)
    {
        var old = reads.Where(read => !(facts.TryGetValue(read.Stream, out var kept) && kept.Version == read.Version && kept.SeenAt.IsRecent(time))).ToList();
        return old.Count == 0 || (await Task.WhenAll(old.Select(IsInForce))).All(static inForce => inForce);
    }

    public void Forget(StreamId stream) => facts.TryRemove(stream, out _);

    public async ValueTask DisposeAsync()
    {
        await bodies.DisposeAsync();
        await versions.DisposeAsync();
    }

    private Kept? Find(int tenant, short kind, CallerId id) =>
        streams.TryGetValue((tenant, kind, id), out var stream) && facts.TryGetValue(stream, out var kept) ? kept : null;

    private bool IsRecent(Kept kept)
    {
        var age = kept.SeenAt.Age(time);
        if (age >= Moment.Recent) return false;
        if (Renewals<FactRead>.IsDue(age, Moment.Recent)) renewals.Begin(new(kept.Stream, kept.Version));
        return true;
    }

    private async Task<bool> IsInForce(FactRead read)
    {
        var seenAt = Moment.Now(time);
        if (await versions.Ask(read.Stream) != read.Version)
        {
            Forget(read.Stream);
            return false;
        }

        if (facts.TryGetValue(read.Stream, out var kept) && kept.Version == read.Version) facts.TryUpdate(read.Stream, kept with { SeenAt = seenAt }, kept);
        return true;
    }

    private ReferrerFacts Keep(int tenant, ReferrerFacts read, Moment seenAt) =>
        (ReferrerFacts)Keep(ReferrerKind, read.Id, new(read.Stream, tenant, read.Version, read, seenAt)).Value;

    // What was read before a newer version was kept comes too late.
    private Kept Keep(short kind, CallerId id, Kept read)
    {
        if (facts.Count >= MostCached)
        {
            facts.Clear();
            streams.Clear();
        }

        streams[(read.Tenant, kind, id)] = read.Stream;
        return facts.AddOrUpdate(read.Stream, read, (_, kept) => kept.Version > read.Version ? kept : read);
    }

    private Task<string?> Body(int tenant, short kind, CallerId id, CancellationToken stop) => database.Row(
        "select f.body::text from stream s join fact f on f.stream = s.id where s.tenant = $1 and s.kind = $2 and s.a = $3 and s.b = ''",
        reader => reader.GetString(0), stop, Questions.Int(tenant), Questions.Int(kind), Questions.Text(id.Value));

    private async Task<IReadOnlyList<ReferrerFacts?>> Bodies(IReadOnlyList<StreamId> asked)
    {
        var read = await database.Rows(
            "select stream, body::text from fact where stream = any($1)",
            reader => (Stream: new StreamId(reader.GetInt64(0)), Body: reader.GetString(1)), CancellationToken.None,
            Questions.Longs(asked.Select(stream => stream.Value)));
        var found = read.ToDictionary(fact => fact.Stream, fact => JsonSerializer.Deserialize(fact.Body, JournalJson.Default.ReferrerFacts)!);
        return [.. asked.Select(stream => found.GetValueOrDefault(stream))];
    }

    private async Task<IReadOnlyList<int?>> Versions(IReadOnlyList<StreamId> asked)
    {
        var read = await database.Rows(
            "select stream, version from fact where stream = any($1)",
            reader => (Stream: new StreamId(reader.GetInt64(0)), Version: reader.GetInt32(1)), CancellationToken.None,
            Questions.Longs(asked.Select(stream => stream.Value).Distinct()));
        var found = read.ToDictionary(fact => fact.Stream, fact => fact.Version);
        return [.. asked.Select(stream => found.TryGetValue(stream, out var version) ? version : (int?)null)];
    }

    private sealed record Kept(StreamId Stream, int Tenant, int Version, object Value, Moment SeenAt);
}
