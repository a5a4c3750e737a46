using System.Collections.Immutable;
using System.Diagnostics;
using Npgsql;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Referrers;
using ReferralGrains.Domain.WhatIf;
using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Facts;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Storage.WhatIf;

/// <summary>Takes a program's history through a draft rule. Nothing is saved.</summary>
/// <exception cref="JournalUnavailableException">The database cannot be reached.</exception>
public interface IWhatIf
{
    /// <param name="progress">Called now and then.</param>
    Task<WhatIfResult> Run(int tenant, Draft draft, Action<WhatIfProgress> progress, CancellationToken stop);
}

/// <param name="Actions">That were replayed.</param>
/// <param name="Referrers">All of them, the largest difference first.</param>
public sealed record WhatIfResult(long Actions, Earnings AsIs, Earnings Draft, ImmutableArray<ReferrerDifference> Referrers);

public sealed record ReferrerDifference(StreamId Stream, CallerId Referrer, long AsIsNetMinor, long DraftNetMinor);

public sealed record WhatIfProgress(int Referrers, int OfReferrers, long Actions);

/// <summary>
/// Reads referrer by referrer, and of each the events in the order of the journal, so that only the states of one referrer's referrals
/// are in memory, and in a program without tiers only one. One run at a time in this process, on one thread, and it lets commits go first.
/// </summary>
public sealed class WhatIfRun(NpgsqlDataSource database, IFacts facts, Func<bool> busy, TimeProvider time) : IWhatIf, IDisposable
{
    private const int ReferrersAtOnce = 100;
    private const int RowsBetweenWords = 20_000;

    /// <summary>Under load it works for a quarter of the time.</summary>
    private const int Yields = 3;

    private static readonly TimeSpan LongestYield = TimeSpan.FromSeconds(2);

    private readonly SemaphoreSlim one = new(1);

    public async Task<WhatIfResult> Run(int tenant, Draft draft, Action<WhatIfProgress> progress, CancellationToken stop)
    {
        await one.WaitAsync(stop);
        try
        {
            return await Replay(tenant, draft, progress, stop);
        }
        finally
        {
            one.Release();
        }
    }

    public void Dispose() => one.Dispose();

    private async Task<WhatIfResult> Replay(int tenant, Draft draft, Action<WhatIfProgress> progress, CancellationToken stop)
    {
        var referrers = await database.Rows(
            "select distinct referrer from referral where tenant = $1 and program = $2 order by referrer", reader => reader.GetInt64(0), stop,
            Questions.Int(tenant), Questions.Long(draft.Program.Stream.Value));
        var (totals, actions) = (new Dictionary<StreamId, (Earnings AsIs, Earnings Draft)>(referrers.Count), 0L);
        for (var done = 0; done < referrers.Count; done += ReferrersAtOnce)
        {
            var began = Stopwatch.GetTimestamp();
            var some = referrers[done..Math.Min(done + ReferrersAtOnce, referrers.Count)];
            var (from, before) = (done, actions);
            actions += await Replay(tenant, draft, some, totals, more => progress(new(from, referrers.Count, before + more)), stop);
            progress(new(done + some.Count, referrers.Count, actions));
            var pause = Stopwatch.GetElapsedTime(began) * Yields;
            if (busy()) await Task.Delay(pause < LongestYield ? pause : LongestYield, time, stop);
        }

        return new(
            actions, Sum(totals.Values.Select(static pair => pair.AsIs)), Sum(totals.Values.Select(static pair => pair.Draft)), await Differences(totals, stop));
    }

    private async Task<long> Replay(
        int tenant, Draft draft, List<long> referrers, Dictionary<StreamId, (Earnings AsIs, Earnings Draft)> totals, Action<long> progress, CancellationToken stop)
    {
        var named = await Named(tenant, draft, referrers, stop);
        var known = draft.LooksAtReferrers ? await Facts(tenant, draft, referrers, stop) : [];
        var tallies = draft.Program.NeedsReferrer ? new Dictionary<StreamId, Tally>() : null;
        var open = new Dictionary<StreamId, ReplayedReferral>();
        var (owner, rows, actions) = (0L, 0L, 0L);
        await database.Each(
            $"""
            select r.referrer, e.stream, e.seq, e.recorded_at, e.type, e.version, e.action_id, e.action_hash, e.data::text
            from (select * from referral where tenant = $1 and program = $2 and referrer = any($3)) r
            cross join lateral (select * from event e where e.stream = r.stream and e.type <> 0 order by e.seq offset 0) e
            order by {(tallies is null ? "r.referrer, r.stream, e.seq" : "r.referrer, e.recorded_at, e.commit_id, e.stream, e.seq")}
            """,
            reader =>
            {
                var (referrer, stream) = (reader.GetInt64(0), new StreamId(reader.GetInt64(1)));
                if (referrer != owner || (tallies is null && !open.ContainsKey(stream))) End();
                owner = referrer;
                if (!open.TryGetValue(stream, out var referral))
                    open.Add(stream, referral = new(stream, draft, named.TryGetValue(stream.Value, out var ids) ? ids : ImmutableHashSet<CallerId>.Empty));
                var row = ActionQuery.Row(reader, 2);
                var (asIs, drafted) = referral.Take(new(row.Seq, row.At, row.Decode<ReferralEvent>()), ReferrerOf, tallies);
                foreach (var credit in asIs) Add(totals, credit.Referrer, credit.Earnings, default);
                foreach (var credit in drafted) Add(totals, credit.Referrer, default, credit.Earnings);
                if (++rows % RowsBetweenWords == 0) progress(actions + open.Values.Sum(static one => one.Actions));
            },
            stop, Questions.Int(tenant), Questions.Long(draft.Program.Stream.Value), Questions.Longs(referrers));
        End();
        return actions;

        void End()
        {
            foreach (var ended in open.Values)
            {
                foreach (var credit in ended.End()) Add(totals, credit.Referrer, default, credit.Earnings);
                actions += ended.Actions;
            }

            open.Clear();
        }

        ReferrerFacts ReferrerOf(StreamId stream) => known.TryGetValue(stream, out var found) ? found : new(stream, new("referrer"), 1, Closed: false, [], []);
    }

    // What takes back and gives back names what it is about, which has to be remembered until then; few are named.
    private async Task<Dictionary<long, HashSet<CallerId>>> Named(int tenant, Draft draft, List<long> referrers, CancellationToken stop)
    {
        var named = new Dictionary<long, HashSet<CallerId>>();
        await database.Each(
            $"""
            select e.stream, e.data -> 'a' ->> 'of' from referral r join event e on e.stream = r.stream
            where r.tenant = $1 and r.program = $2 and r.referrer = any($3) and e.data -> 'a' ->> 'of' is not null
              and e.type in ({EventCodec.NumberOf(typeof(ActionParked))}, {EventCodec.NumberOf(typeof(SaleReversed))}, {EventCodec.NumberOf(typeof(ReversalUndone))})
            """,
            reader =>
            {
                if (!named.TryGetValue(reader.GetInt64(0), out var ids)) named.Add(reader.GetInt64(0), ids = []);
                ids.Add(new(reader.GetString(1)));
            },
            stop, Questions.Int(tenant), Questions.Long(draft.Program.Stream.Value), Questions.Longs(referrers));
        return named;
    }

    // As things are now; one that has been closed earned while it was open.
    private async Task<Dictionary<StreamId, ReferrerFacts>> Facts(int tenant, Draft draft, List<long> referrers, CancellationToken stop)
    {
        var found = new Dictionary<StreamId, ReferrerFacts>();
        foreach (var referrer in referrers)
            if (await facts.Referrer(tenant, new StreamId(referrer), stop) is { } read)
                found[read.Stream] = read with { Closed = false, Granted = draft.IsAlone ? [] : read.Granted };
        return found;
    }

    private async Task<ImmutableArray<ReferrerDifference>> Differences(Dictionary<StreamId, (Earnings AsIs, Earnings Draft)> totals, CancellationToken stop)
    {
        var ordered = totals.OrderByDescending(static pair => Math.Abs(pair.Value.Draft.NetMinor - pair.Value.AsIs.NetMinor)).ThenBy(static pair => pair.Key.Value).ToList();
        var names = await new Reports.Directory(database).ReferrerNames(totals.Keys, stop);
        return [.. ordered.Select(pair => new ReferrerDifference(pair.Key, names[pair.Key], pair.Value.AsIs.NetMinor, pair.Value.Draft.NetMinor))];
    }

    private static Earnings Sum(IEnumerable<Earnings> all) => all.Aggregate(default(Earnings), static (sum, one) => sum + one);

    private static void Add(Dictionary<StreamId, (Earnings AsIs, Earnings Draft)> totals, StreamId referrer, Earnings asIs, Earnings draft)
    {
        var sum = totals.GetValueOrDefault(referrer);
        totals[referrer] = (sum.AsIs + asIs, sum.Draft + draft);
    }
}
