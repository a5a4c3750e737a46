using System.Collections.Concurrent;
using System.Text.Json;
using Npgsql;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Storage.Facts;

/// <summary>The fact table through a cache that is shared by all grains, so that the terms of a rule are one object.</summary>
public sealed class PostgresFacts : IFacts, IAsyncDisposable
{
    private const int MostCached = 200_000;
    private const short ReferrerKind = 3;
    private const short ProgramKind = 4;

    private readonly ConcurrentDictionary<(int Tenant, CallerId Id), ProgramTerms> programs = new();
    private readonly ConcurrentDictionary<(int Tenant, CallerId Id), ReferrerFacts> referrers = new();
    private readonly ConcurrentDictionary<StreamId, (int Tenant, ReferrerFacts Facts)> byStream = new();
    private readonly Coalescer<StreamId, ReferrerFacts?> questions;
    private static readonly TimeSpan ParkedTerm = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<int, (long Count, long ReadAt)> parked = new();
    private readonly NpgsqlDataSource database;
    private readonly TimeProvider time;

    public PostgresFacts(NpgsqlDataSource database, TimeProvider time)
    {
        (this.database, this.time) = (database, time);
        questions = new(Read, most: 500, queries: 1);
    }

    public async ValueTask<ProgramTerms?> Program(int tenant, CallerId id, CancellationToken stop)
    {
        if (programs.TryGetValue((tenant, id), out var cached)) return cached;
        var body = await Body(tenant, ProgramKind, id, stop);
        return body is null ? null : programs[(tenant, id)] = JsonSerializer.Deserialize(body, JournalJson.Default.ProgramTerms)!;
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
        if (referrers.TryGetValue((tenant, id), out var cached)) return cached;
        var body = await Body(tenant, ReferrerKind, id, stop);
        return body is null ? null : Keep(tenant, JsonSerializer.Deserialize(body, JournalJson.Default.ReferrerFacts)!);
    }

    public async ValueTask<ReferrerFacts?> Referrer(int tenant, StreamId stream, CancellationToken stop)
    {
        if (byStream.TryGetValue(stream, out var cached)) return cached.Tenant == tenant ? cached.Facts : null;
        return await questions.Ask(stream) is { } facts ? Keep(tenant, facts) : null;
    }

    public async ValueTask<long> Parked(int tenant, CancellationToken stop)
    {
        if (parked.TryGetValue(tenant, out var kept) && time.GetElapsedTime(kept.ReadAt) < ParkedTerm) return kept.Count;
        var readAt = time.GetTimestamp();
        var count = await database.Row("select count from parked where tenant = $1", reader => reader.GetInt64(0), stop, Questions.Int(tenant));
        return (parked[tenant] = (count, readAt)).Count;
    }

    public void Forget(StreamId stream)
    {
        if (byStream.TryRemove(stream, out var referrer)) referrers.TryRemove((referrer.Tenant, referrer.Facts.Id), out _);
        foreach (var (key, program) in programs)
            if (program.Stream == stream) programs.TryRemove(key, out _);
    }

    public ValueTask DisposeAsync() => questions.DisposeAsync();

    private ReferrerFacts Keep(int tenant, ReferrerFacts facts)
    {
        if (byStream.Count >= MostCached)
        {
            byStream.Clear();
            referrers.Clear();
        }

        byStream[facts.Stream] = (tenant, facts);
        return referrers[(tenant, facts.Id)] = facts;
    }

    private Task<string?> Body(int tenant, short kind, CallerId id, CancellationToken stop) => database.Row(
        "select f.body::text from stream s join fact f on f.stream = s.id where s.tenant = $1 and s.kind = $2 and s.a = $3 and s.b = ''",
        reader => reader.GetString(0), stop, Questions.Int(tenant), Questions.Int(kind), Questions.Text(id.Value));

    private async Task<IReadOnlyList<ReferrerFacts?>> Read(IReadOnlyList<StreamId> streams)
    {
        var facts = await database.Rows(
            "select stream, body::text from fact where stream = any($1)",
            reader => (Stream: new StreamId(reader.GetInt64(0)), Body: reader.GetString(1)), CancellationToken.None,
            Questions.Longs(streams.Select(stream => stream.Value)));
        var found = facts.ToDictionary(fact => fact.Stream, fact => JsonSerializer.Deserialize(fact.Body, JournalJson.Default.ReferrerFacts)!);
        return [.. streams.Select(stream => found.GetValueOrDefault(stream))];
    }
}
