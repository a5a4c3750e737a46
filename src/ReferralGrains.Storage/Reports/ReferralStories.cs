using Npgsql;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Ledger;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Referrers;
using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Storage.Reports;

/// <summary>A referral's page: what was kept of its stream, and the rows since then.</summary>
internal sealed class ReferralStories(NpgsqlDataSource database, Directory directory, StreamFolder folder)
{
    // What waited in a group became payable where its sum was kept (H14).
    private static readonly string PaidBy = FirstPayouts.Of(
        $"""
        (select e.to_account >> 3, a.name, e.commit_id from event e join asset a on a.id = e.asset
         where e.stream = $1 and e.seq >= $2 and $2 > 0 and e.to_account & 7 = {(int)AccountKind.Payable} and a.name not like '%:%' and a.name <> 'points' order by e.seq limit 1)
        union all
        (select g.to_account >> 3, a.name, g.commit_id from referral r join event g on g.stream = r.referrer and g.type = {EventCodec.NumberOf(typeof(GroupReleased))}
           join asset a on a.id = g.asset
         where $3 and r.stream = $1 and (g.data ->> 'program')::int8 = r.program and a.name not like '%:%' and a.name <> 'points' order by g.seq limit 1)
        """);

    // Looked for only from the row that made cash payable on, and only where one did: before it there may be a million.
    public async Task<FirstPayout?> FirstPayout(ReferralStory referral, CancellationToken stop)
    {
        var (cash, group) = (referral.State.Step(ChainStepKind.FirstCash)?.Seq ?? 0, referral.State.Step(ChainStepKind.FirstGroup) is not null);
        if (cash == 0 && !group) return null;
        return await database.Row(
            PaidBy, static row => new FirstPayout(new(row.GetString(0)), new(row.GetString(1)), row.GetFieldValue<DateTimeOffset>(2)), stop,
            Questions.Long(referral.Stream.Value), Questions.Int(cash), Questions.Flag(group));
    }

    public async Task<ReferralStory?> Referral(int tenant, CallerId program, CallerId referee, CancellationToken stop) =>
        await Story(await directory.FindReferral(tenant, program, referee, stop), stop);

    public async Task<ReferralStory?> Referral(int tenant, StreamId stream, CancellationToken stop) =>
        await Story(await directory.FindReferral(tenant, stream, stop), stop);

    private async Task<ReferralStory?> Story(FoldedStream? named, CancellationToken stop) =>
        await folder.Fold(named, stop) is { } folded
            ? new(folded.Stream, folded.Program, folded.Referee, await ReferrerName(folded.State, stop), folded.State)
            {
                Aliases = folded.State.Aliases is null ? [] : await directory.Aliases(folded.Stream, stop),
            }
            : null;

    private async Task<CallerId?> ReferrerName(Referral state, CancellationToken stop) =>
        state.Status == ReferralStatus.None ? null : (await directory.ReferrerNames([state.Referrer], stop))[state.Referrer];
}
