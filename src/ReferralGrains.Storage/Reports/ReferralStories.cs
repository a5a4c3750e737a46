using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Referrals;

namespace ReferralGrains.Storage.Reports;

/// <summary>A referral's page: from the whole stream, folded as it is at one moment.</summary>
internal sealed class ReferralStories(Directory directory, StreamFolder folder)
{
    public async Task<ReferralStory?> Referral(int tenant, CallerId program, CallerId referee, CancellationToken stop) =>
        await Story(await directory.FindReferral(tenant, program, referee, stop), stop);

    public async Task<ReferralStory?> Referral(int tenant, StreamId stream, CancellationToken stop) =>
        await Story(await directory.FindReferral(tenant, stream, stop), stop);

    private async Task<ReferralStory?> Story(FoldedStream? named, CancellationToken stop) =>
        await folder.Fold(named, stop) is { } folded
            ? new(folded.Stream, folded.Program, folded.Referee, await ReferrerName(folded.State, stop), folded.State, folded.Events, folded.Groups)
            : null;

    private async Task<CallerId?> ReferrerName(Referral state, CancellationToken stop) =>
        state.Status == ReferralStatus.None ? null : (await directory.ReferrerNames([state.Referrer], stop))[state.Referrer];
}
