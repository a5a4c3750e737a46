using System.Collections.Immutable;
using Npgsql;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Ledger;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Storage.Reports;

/// <summary>Postings, stream by stream, each with what it is of: the event that it belongs to says which reward it moves.</summary>
internal sealed class PostingPages(NpgsqlDataSource database, Directory directory)
{
    public async Task<Page<PostingView>> Read(ListFilter filter, CancellationToken stop)
    {
        StreamId? program = null, referrer = null, referral = null;
        if (filter.Referrer is { } of && (referrer = await directory.FindReferrer(filter.Tenant, of, stop)) is null) return new([], false);
        if (filter is { Program: { } named, Referee: { } referee })
        {
            if ((referral = (await directory.FindReferral(filter.Tenant, named, referee, stop))?.Stream) is null) return new([], false);
        }
        else if (filter.Program is { } whole && (program = await directory.FindProgram(filter.Tenant, whole, stop)) is null) return new([], false);

        // A referral that was re-assigned has postings of both.
        var streams = referral is not null ? "select $5 as id"
            : referrer is not null ? "select stream as id from referral where tenant = $1 and referrer = $6 union select $6 union select stream from payout_item where referrer = $6 "
                + "union select stream from reassignment where tenant = $1 and from_referrer = $6"
            : program is not null ? "select stream as id from referral where tenant = $1 and program = $7"
            : "select id from stream where tenant = $1";
        var (stream, seq) = filter.After is null ? default : PageCursor.Entry(filter.After);
        var postings = await database.Rows(
            $"""
            select e.stream, e.seq, e.recorded_at, e.from_account, e.to_account, e.amount, a.name
            from ({streams}) s
            cross join lateral (
              select * from event e
              where e.stream = s.id and e.amount is not null and (s.id > $2 or e.seq > $3)
                and ($6 is null or e.from_account >> 3 = $6 or e.to_account >> 3 = $6)
                and ($8 is null or e.recorded_at >= $8) and ($9 is null or e.recorded_at < $9)
              order by e.seq limit $4) e
            join asset a on a.id = e.asset
            where s.id >= $2 and e.tenant = $1 and ($5 is null or s.id = $5) and ($7 is null or $7 > 0)
            order by s.id, e.seq limit $4
            """,
            reader => new PostingView(
                new(reader.GetInt64(0)), reader.GetInt32(1), reader.GetFieldValue<DateTimeOffset>(2),
                new(Account.FromNumber(reader.GetInt64(3)), Account.FromNumber(reader.GetInt64(4)), new(reader.GetInt64(5), new(reader.GetString(6))))),
            stop,
            Questions.Int(filter.Tenant), Questions.Long(stream), Questions.Int(seq), Questions.Int(filter.Rows), Questions.Long(referral?.Value),
            Questions.Long(referrer?.Value), Questions.Long(program?.Value), Questions.Time(filter.From), Questions.Time(filter.To));
        return filter.Page(await Explained(postings, stop));
    }

    private async Task<List<PostingView>> Explained(List<PostingView> postings, CancellationToken stop)
    {
        if (postings.Count == 0) return postings;
        var causes = new Dictionary<(long Stream, int Seq), (CallerId? Action, RewardId? Reward)>();
        await database.Each(
            $"""
            select p.stream, p.seq, coalesce(o.action_id, o.data -> 'a' ->> 'id'), h.seq, h.recorded_at, h.type, h.version, h.action_id, h.action_hash, h.data::text
            from unnest($1, $2) as p(stream, seq)
            join stream s on s.id = p.stream and s.kind = {Directory.Enrollment}
            cross join lateral (select * from event e where e.stream = p.stream and e.seq <= p.seq and e.type <> 0 order by e.seq desc limit 1) h
            left join event o on o.stream = h.stream and o.seq = h.about
            """,
            reader =>
            {
                var (seq, head) = (reader.GetInt32(1), ActionQuery.Row(reader, 3));
                var e = head.Decode<ReferralEvent>();
                var action = KnownActions.Decided(e)?.Id ?? (reader.MaybeText(2) is { } about ? new CallerId(about) : null);
                causes[(reader.GetInt64(0), seq)] = (action, Moved(e, head.Seq, seq - head.Seq));
            },
            stop, Questions.Longs(postings.Select(static posting => posting.Stream.Value)), Questions.Ints(postings.Select(static posting => posting.Seq)));
        var names = await directory.ReferrerNames(postings.Select(static posting => Owner(posting.Posting)), stop);
        return
        [
            .. postings.Select(posting =>
            {
                var (action, reward) = causes.GetValueOrDefault((posting.Stream.Value, posting.Seq));
                return posting with { Referrer = names.TryGetValue(Owner(posting.Posting), out var name) ? name : null, Action = action, Reward = reward };
            }),
        ];
    }

    // One side is a referrer's always.
    private static StreamId Owner(Posting posting) => posting.To.Kind is AccountKind.Rewards or AccountKind.Clawbacks ? posting.From.Owner : posting.To.Owner;

    /// <param name="n">Which of the event's postings it is, from 0.</param>
    private static RewardId? Moved(ReferralEvent e, int seq, int n) => e switch
    {
        SaleDecided sale => Given(sale.Decisions, seq, n),
        RewardsGranted granted => Given(granted.Decisions, seq, n),
        ScheduleUnlocked unlocked => RewardId.FromKey(unlocked.Unlocked[n].Reward),
        SaleReversed reversed => RewardId.FromKey(reversed.Taken[n].Reward),
        ReversalUndone undone => RewardId.FromKey(undone.Given.SelectMany(static change => Enumerable.Repeat(change.Reward, Movements.PostingsOf(change))).ElementAt(n)),
        RewardCancelled cancelled => RewardId.FromKey(cancelled.Taken.Reward),
        RoundReversed reversed => RewardId.FromKey((n < reversed.Taken.Length ? reversed.Taken[n] : reversed.Given[n - reversed.Taken.Length]).Reward),
        RewardsReleased { Released: [var only] } => RewardId.FromKey(only.Reward),
        _ => null,
    };

    private static RewardId? Given(ImmutableArray<RuleDecision> decisions, int seq, int n)
    {
        for (var i = 0; i < decisions.Length; i++)
            if (decisions[i].Minor > 0 && n-- == 0) return new(seq, i);
        return null;
    }
}
