using Npgsql;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Referrals;

namespace ReferralGrains.Storage.Reports;

/// <summary>The front of all reports. Each kind of question has a file of its own.</summary>
public sealed class PostgresReports : IReports
{
    private readonly Directory directory;
    private readonly Search search;
    private readonly ReferrerReports referrers;
    private readonly ReferralStories stories;
    private readonly ActionStories actions;
    private readonly RewardPages rewards;
    private readonly ActivityPages activity;
    private readonly ProgramPages programs;
    private readonly ReferralPages referrals;
    private readonly ActionPages listed;
    private readonly ConflictPages conflicts;
    private readonly PostingPages postings;
    private readonly LedgerReports ledger;
    private readonly StatementReports statements;

    public PostgresReports(NpgsqlDataSource database)
    {
        var folder = new StreamFolder(database);
        directory = new(database);
        search = new(database);
        referrers = new(database, directory);
        stories = new(database, directory, folder);
        actions = new(database, directory);
        rewards = new(database, directory);
        programs = new(database);
        referrals = new(database, directory);
        listed = new(database, directory, actions);
        conflicts = new(database);
        postings = new(database, directory);
        activity = new(database, directory);
        ledger = new(database);
        statements = new(database, directory);
    }

    public Task<IReadOnlyList<AssetBalance>?> Balances(int tenant, CallerId referrer, CancellationToken stop) =>
        referrers.Balances(tenant, referrer, stop);

    public Task<ReferrerProfile?> Referrer(int tenant, CallerId referrer, CancellationToken stop) => referrers.Profile(tenant, referrer, stop);

    public Task<CallerId?> ReferrerOfCode(int tenant, string code, CancellationToken stop) => referrers.OfCode(tenant, code, stop);

    public Task<Page<Found>> Search(int tenant, CallerId id, int limit, CancellationToken stop) => search.Read(tenant, id, limit, stop);

    public Task<ReferralStory?> Referral(int tenant, CallerId program, CallerId referee, CancellationToken stop) =>
        stories.Referral(tenant, program, referee, stop);

    public Task<ReferralStory?> Referral(int tenant, StreamId stream, CancellationToken stop) => stories.Referral(tenant, stream, stop);

    public Task<FirstPayout?> FirstPayout(ReferralStory referral, CancellationToken stop) => stories.FirstPayout(referral, stop);

    public Task<Page<ApprovedReferral>> ApprovedReferrals(int tenant, StreamId program, StreamId? after, int limit, CancellationToken stop) =>
        directory.Approved(tenant, program, after, limit, stop);

    public Task<ActionStory?> Action(int tenant, CallerId action, CancellationToken stop) => actions.Read(tenant, action, stop);

    public Task<Page<RewardView>> Rewards(ListFilter filter, RewardStatus? status, CancellationToken stop) => rewards.Read(filter, status, stop);

    public Task<RewardView?> Reward(int tenant, StreamId referral, RewardId reward, CancellationToken stop) => rewards.Find(tenant, referral, reward, stop);

    public Task<Page<ProgramTerms>> Programs(ListFilter filter, bool? enabled, CancellationToken stop) => programs.Programs(filter, enabled, stop);

    public Task<Page<(ProgramTerms Program, Rule Rule)>> Rules(ListFilter filter, bool? enabled, CancellationToken stop) => programs.Rules(filter, enabled, stop);

    public Task<Page<ReferrerProfile>?> Referrers(ListFilter filter, bool? closed, CancellationToken stop) => referrers.List(filter, closed, stop);

    public Task<Page<ReferralView>?> Referrals(ListFilter filter, ReferralStatus? status, CancellationToken stop) => referrals.Read(filter, status, stop);

    public Task<Page<ActionView>?> Actions(ListFilter filter, ActionStatus? status, CancellationToken stop) => listed.Read(filter, status, stop);

    public Task<Page<ConflictView>?> Conflicts(ListFilter filter, CancellationToken stop) => conflicts.Read(filter, stop);

    public Task<Page<ActivityEntry>?> ReferrerActivity(int tenant, CallerId referrer, string? after, int limit, CancellationToken stop) =>
        activity.OfReferrer(tenant, referrer, after, limit, stop);

    public Task<Page<ActivityEntry>> ReferralActivity(
        int tenant, StreamId referral, int? enrollment, string? after, int limit, CancellationToken stop) =>
        activity.OfReferral(tenant, referral, enrollment, after, limit, stop);

    public Task<IReadOnlyList<StatementLine>?> Statement(int tenant, CallerId referrer, Period period, CancellationToken stop) =>
        statements.Read(tenant, referrer, period, stop);

    public Task<IReadOnlyList<TrialBalanceLine>> TrialBalance(int tenant, CancellationToken stop) => ledger.TrialBalance(tenant, stop);

    public Task<Page<PostingView>> Postings(ListFilter filter, CancellationToken stop) => postings.Read(filter, stop);
}
