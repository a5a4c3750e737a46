using Npgsql;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Ledger;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Storage.Reports;

/// <summary>
/// Rewards, referral by referral. What a reward has become is told by its whole stream, so a page folds streams until it is full; SQL
/// leaves out the streams that cannot hold what is asked for.
/// </summary>
internal sealed class RewardPages(NpgsqlDataSource database, Directory directory, StreamFolder folder)
{
    private const int StreamsAtOnce = 32;

    public async Task<Page<RewardView>> Read(
        int tenant, CallerId? referrer, RewardStatus? status, string? after, int limit, CancellationToken stop)
    {
        StreamId? credited = null;
        if (referrer is { } id)
        {
            credited = await directory.FindReferrer(tenant, id, stop);
            if (credited is null) return new([], false);
        }

        var (from, last) = after is null ? (0, 0) : PageCursor.Reward(after) is var (stream, reward) ? (stream, reward.Key) : default;
        var found = new List<(FoldedStream Stream, GivenReward Reward)>();
        while (found.Count <= limit)
        {
            var streams = await Streams(tenant, credited, status, from, stop);
            var (firstStream, lastKey) = (from, last);
            await folder.Fold(streams, Take, stop);
            if (streams.Count < StreamsAtOnce) break;
            (from, last) = (streams[^1].Stream.Value + 1, 0);

            void Take(FoldedStream folded)
            {
                if (found.Count > limit) return;
                foreach (var given in folded.Rewards())
                    if ((folded.Stream.Value > firstStream || given.Reward.Key > lastKey)
                        && (credited is null || given.Referrer == credited)
                        && (status is null || given.Status == status))
                        found.Add((folded, given));
            }
        }

        return await Page(found, limit, stop);
    }

    private async Task<Page<RewardView>> Page(List<(FoldedStream Stream, GivenReward Reward)> found, int limit, CancellationToken stop)
    {
        var shown = found.Take(limit).ToList();
        var names = await directory.ReferrerNames(shown.Select(pair => pair.Reward.Referrer), stop);
        return new([.. shown.Select(pair => View(pair.Stream, pair.Reward, names[pair.Reward.Referrer]))], found.Count > limit);
    }

    private static RewardView View(FoldedStream stream, GivenReward given, CallerId referrer)
    {
        var decision = given.Reward.Given;
        return new(
            stream.Stream, given.Id, stream.Program, stream.Referee, referrer, given.Action, decision.Enrollment, decision.Rule, decision.Version,
            decision.Asset!.Value, decision.Minor, given.Reward.LeftMinor, given.Status, given.GivenAt, given.ExpectedAt, given.Total);
    }

    private Task<List<FoldedStream>> Streams(int tenant, StreamId? credited, RewardStatus? status, long from, CancellationToken stop) =>
        database.Rows(
            $"""
            select s.id, s.a, s.b from {(credited is null
                ? "stream s join referral r on r.stream = s.id where s.tenant = $1"
                : "referral r join stream s on s.id = r.stream where r.tenant = $1 and r.referrer = $3")}
              and s.kind = {Directory.Enrollment} and r.stream >= $2 and {MayHold(status)}
            order by s.id limit {StreamsAtOnce}
            """,
            Directory.Referral, stop, credited is null ? [Questions.Int(tenant), Questions.Long(from)] : [Questions.Int(tenant), Questions.Long(from), Questions.Long(credited.Value.Value)]);

    private static string MayHold(RewardStatus? status) => status switch
    {
        RewardStatus.Pending =>
            $"""
            (exists (select from due d where d.stream = r.stream)
              or (select sum(case when e.to_account & 7 = {(int)AccountKind.Pending} then e.amount else 0 end
                            - case when e.from_account & 7 = {(int)AccountKind.Pending} then e.amount else 0 end)
                  from event e where e.stream = r.stream) > 0)
            """,
        RewardStatus.Released => $"exists (select from event e where e.stream = r.stream and e.to_account & 7 = {(int)AccountKind.Payable})",
        RewardStatus.Reversed => $"exists (select from event e where e.stream = r.stream and e.type = {EventCodec.NumberOf(typeof(SaleReversed))})",
        RewardStatus.Cancelled =>
            $"exists (select from event e where e.stream = r.stream and e.type in ({EventCodec.NumberOf(typeof(RewardCancelled))}, {EventCodec.NumberOf(typeof(ScheduleEnded))}))",
        _ => $"exists (select from event e where e.stream = r.stream and (e.amount is not null or e.type = {EventCodec.NumberOf(typeof(ScheduleStarted))}))",
    };
}
