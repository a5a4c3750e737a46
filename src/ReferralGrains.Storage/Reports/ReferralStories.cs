using System.Text.Json;
using Npgsql;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Storage.Reports;

/// <summary>A referral's page and an action's explanation: both from the whole stream, folded as it is at one moment.</summary>
internal sealed class ReferralStories(NpgsqlDataSource database, Directory directory, StreamFolder folder)
{
    public async Task<ReferralStory?> Referral(int tenant, CallerId program, CallerId referee, CancellationToken stop) =>
        await Story(await directory.FindReferral(tenant, program, referee, stop), stop);

    public async Task<ReferralStory?> Referral(int tenant, StreamId stream, CancellationToken stop) =>
        await Story(await directory.FindReferral(tenant, stream, stop), stop);

    public async Task<ActionStory?> Action(int tenant, CallerId action, CancellationToken stop)
    {
        if (await folder.Fold(await directory.FindReferralOf(tenant, action, stop), stop) is not { } folded) return null;
        var history = folded.Known.Find(action)!;
        return new(
            ActionOutcome.Of(history, folded.Known, folded.State), folded.Program, folded.Referee, await ReferrerName(folded.State, stop),
            history.Events[0].At, [.. await Conflicts(tenant, action, stop)]);
    }

    private async Task<ReferralStory?> Story(FoldedStream? named, CancellationToken stop) =>
        await folder.Fold(named, stop) is { } folded
            ? new(folded.Stream, folded.Program, folded.Referee, await ReferrerName(folded.State, stop), folded.State, folded.Events)
            : null;

    private async Task<CallerId?> ReferrerName(Referral state, CancellationToken stop) =>
        state.Status == ReferralStatus.None ? null : (await directory.ReferrerNames([state.Referrer], stop))[state.Referrer];

    private Task<List<ActionConflict>> Conflicts(int tenant, CallerId action, CancellationToken stop) =>
        database.Rows(
            "select at, action::text from action_conflict where tenant = $1 and action_id = $2 order by at, id",
            reader => new ActionConflict(
                reader.GetFieldValue<DateTimeOffset>(0), JsonSerializer.Deserialize(reader.GetString(1), JournalJson.Default.ReferralAction)!),
            stop, Questions.Int(tenant), Questions.Text(action.Value));
}
