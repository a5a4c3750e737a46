using System.Collections.Immutable;
using System.Diagnostics;
using Npgsql;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Referrals;
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
/// are in memory for each of the lanes, each from its first event to its last, and in a program without tiers only one. Referrers of whom one
/// was given a referral of the other are read as one. One run at a time in this process, and it lets commits go first.
/// </summary>
public sealed class WhatIfRun(NpgsqlDataSource database, IFacts facts, Func<bool> busy, TimeProvider time) : IWhatIf, IDisposable
{
    private const int GroupsAtOnce = 100;
    private const int RowsBetweenWords = 20_000;

    /// <summary>PostgreSQL looks up what one decides next while it decides: with more, a machine of two cores does nothing else.</summary>
    private const int Lanes = 2;

    /// <summary>Under load all lanes together work for a quarter of the time.</summary>
    private const int Yields = (4 * Lanes) - 1;

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
        var groups = await Groups(tenant, draft, stop);
        var all = new Totals(groups.Sum(static group => group.Count), progress);
        await Parallel.ForEachAsync(groups.Chunk(GroupsAtOnce), new ParallelOptions { MaxDegreeOfParallelism = Lanes, CancellationToken = stop }, async (some, token) =>
        {
            var began = Stopwatch.GetTimestamp();
            await Replay(tenant, draft, some, all, token);
            var pause = Stopwatch.GetElapsedTime(began) * Yields;
            if (busy()) await Task.Delay(pause < LongestYield ? pause : LongestYield, time, token);
        });

        var totals = all.ByReferrer;
        return new(
            all.Actions, Sum(totals.Values.Select(static pair => pair.AsIs)), Sum(totals.Values.Select(static pair => pair.Draft)), await Differences(totals, stop));
    }

    // Whose tallies one referral has moved are decided in one order (D16); nearly every referrer is a group of its own, unless all share a budget (X5).
    private async Task<IReadOnlyList<List<long>>> Groups(int tenant, Draft draft, CancellationToken stop)
    {
        var program = draft.Program.Stream.Value;
        var referrers = await database.Rows(
            "select distinct referrer from referral where tenant = $1 and program = $2 order by referrer", static reader => reader.GetInt64(0), stop,
            Questions.Int(tenant), Questions.Long(program));
        var given = await database.Rows(
            "select distinct r.referrer, m.from_referrer from referral r join reassignment m on m.stream = r.stream where r.tenant = $1 and r.program = $2",
            static reader => (To: reader.GetInt64(0), From: reader.GetInt64(1)), stop, Questions.Int(tenant), Questions.Long(program));
        var groups = referrers.Concat(given.Select(static one => one.From)).Distinct().ToDictionary(static referrer => referrer, static referrer => new List<long> { referrer });
        if (draft.Program.NeedsProgram && groups.Count > 0) return [[.. groups.Keys.Order()]];
        foreach (var (to, from) in given)
        {
            var (one, other) = (groups[to], groups[from]);
            if (one == other) continue;
            one.AddRange(other);
            foreach (var moved in other) groups[moved] = one;
        }

        return [.. groups.Values.Distinct()];
    }

    private async Task Replay(int tenant, Draft draft, List<long>[] groups, Totals all, CancellationToken stop)
    {
        long[] referrers = [.. groups.SelectMany(static group => group)];
        var totals = new Dictionary<StreamId, (Earnings AsIs, Earnings Draft)>(referrers.Length);
        var named = await Named(tenant, draft, referrers, stop);
        var known = draft.LooksAtReferrers ? await Facts(tenant, draft, referrers, stop) : [];
        var books = draft.Program.NeedsReferrer ? new ReplayedBooks() : null;
        var rounds = new ReplayedRounds();
        var open = new Dictionary<StreamId, ReplayedReferral>();
        var (current, rows, actions, told) = (0L, 0L, 0L, 0L);

        // One by one, a referral ends where the next begins; among others of its group, at its last event, which is looked for.
        var last = books is null ? "0" : "(select e.seq from event e where e.stream = f.stream and e.type <> 0 order by e.seq desc limit 1)";
        ReplayedReferral? latest = null;

        // Referrals come in order, so that what is left to be sorted is one of them, or those of one group, and not all at once on disk.
        await database.Each(
            $"""
            select r.first, e.stream, e.seq, e.recorded_at, e.type, e.version, e.action_id, e.action_hash, e.data::text, e.seq = r.last
            from (
              select f.stream, g.first, {last} as last
              from (select * from referral where tenant = $1 and program = $2 and referrer = any($3)) f
              join unnest($3, $4) g (referrer, first) on g.referrer = f.referrer order by g.first, f.stream) r
            cross join lateral (select * from event e where e.stream = r.stream and e.type <> 0 offset 0) e
            order by {(books is null ? "r.first, r.stream, e.seq" : "r.first, e.recorded_at, e.commit_id, e.stream, e.seq")}
            """,
            reader =>
            {
                var (group, stream) = (reader.GetInt64(0), new StreamId(reader.GetInt64(1)));
                if (group != current) rounds = new();
                current = group;
                if (books is null && latest is not null && latest.Stream != stream) End(latest);
                if (!open.TryGetValue(stream, out var referral))
                    open.Add(stream, referral = new(stream, draft, named.Remove(stream.Value, out var ids) ? ids : ImmutableDictionary<CallerId, int>.Empty, rounds, AsIs, Drafted));
                latest = referral;
                var row = ActionQuery.Row(reader, 2);
                referral.Take(new(row.Seq, row.At, row.Decode<ReferralEvent>()), ReferrerOf, books);
                if (reader.GetBoolean(9)) End(referral);
                if (++rows % RowsBetweenWords == 0) Tell(open.Values.Sum(static one => one.Actions));
            },
            stop, Questions.Int(tenant), Questions.Long(draft.Program.Stream.Value), Questions.Longs(referrers),
            Questions.Longs([.. groups.SelectMany(static group => Enumerable.Repeat(group[0], group.Count))]));
        if (books is null && latest is not null) End(latest);
        Tell(0);
        all.Add(referrers.Length, totals);

        void AsIs(Credit credit) => Add(totals, credit.Referrer, credit.Earnings, default);

        void Drafted(Credit credit) => Add(totals, credit.Referrer, default, credit.Earnings);

        void Tell(long unended)
        {
            all.Count(actions + unended - told);
            told = actions + unended;
        }

        void End(ReplayedReferral ended)
        {
            ended.End();
            actions += ended.Actions;
            open.Remove(ended.Stream);
        }

        ReferrerFacts ReferrerOf(StreamId stream) => known.TryGetValue(stream, out var found) ? found : new(stream, new("referrer"), 1, Closed: false, [], []);
    }

    // What takes back and gives back names what it is about, which has to be remembered until then; few are named. One that still waits
    // names nothing that the history holds, and would wait under the draft too.
    private async Task<Dictionary<long, Dictionary<CallerId, int>>> Named(int tenant, Draft draft, long[] referrers, CancellationToken stop)
    {
        var named = new Dictionary<long, Dictionary<CallerId, int>>();
        await database.Each(
            $"""
            select e.stream, e.seq, coalesce(e.action_id, e.data -> 'a' ->> 'id'), e.data -> 'a' ->> 'of' from referral r join event e on e.stream = r.stream and e.about is not null
            where r.tenant = $1 and r.program = $2 and r.referrer = any($3) and e.data -> 'a' ->> 'of' is not null
              and e.type in ({EventCodec.NumberOf(typeof(SaleReversed))}, {EventCodec.NumberOf(typeof(ReversalUndone))})
            order by e.stream, e.seq desc
            """,
            reader =>
            {
                if (!named.TryGetValue(reader.GetInt64(0), out var ids)) named.Add(reader.GetInt64(0), ids = []);

                // Newest first: who undoes a refund looks at the sale of that, too.
                var last = Math.Max(reader.GetInt32(1), ids.GetValueOrDefault(new CallerId(reader.GetString(2))));
                var of = new CallerId(reader.GetString(3));
                if (last > ids.GetValueOrDefault(of)) ids[of] = last;
            },
            stop, Questions.Int(tenant), Questions.Long(draft.Program.Stream.Value), Questions.Longs(referrers));
        return named;
    }

    // As things are now; one that has been closed earned while it was open.
    private async Task<Dictionary<StreamId, ReferrerFacts>> Facts(int tenant, Draft draft, long[] referrers, CancellationToken stop)
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

    /// <summary>What the lanes have come to.</summary>
    private sealed class Totals(int referrers, Action<WhatIfProgress> progress)
    {
        private readonly Lock gate = new();
        private int done;

        public Dictionary<StreamId, (Earnings AsIs, Earnings Draft)> ByReferrer { get; } = new(referrers);

        public long Actions { get; private set; }

        public void Count(long actions)
        {
            lock (gate)
            {
                Actions += actions;
                progress(new(done, referrers, Actions));
            }
        }

        public void Add(int ended, Dictionary<StreamId, (Earnings AsIs, Earnings Draft)> some)
        {
            lock (gate)
            {
                done += ended;
                foreach (var (referrer, sum) in some) WhatIfRun.Add(ByReferrer, referrer, sum.AsIs, sum.Draft);
                progress(new(done, referrers, Actions));
            }
        }
    }
}
