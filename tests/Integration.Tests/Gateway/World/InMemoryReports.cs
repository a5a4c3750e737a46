using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Ledger;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Storage.Reports;

namespace ReferralGrains.Integration.Tests.Gateway.World;

/// <summary>Questions, answered from what the grains in memory hold.</summary>
internal sealed class InMemoryReports(InMemoryGrains grains) : IReports
{
    public Task<IReadOnlyList<AssetBalance>?> Balances(int tenant, CallerId referrer, CancellationToken stop)
    {
        if (!grains.Referrers.TryGetValue(GrainAddress.Referrer(tenant, referrer), out var there)) return Task.FromResult<IReadOnlyList<AssetBalance>?>(null);
        var balances = new Dictionary<string, Balance>();
        foreach (var posting in Of(tenant).SelectMany(Postings))
        {
            var balance = balances.GetValueOrDefault(posting.Amount.Asset.Name);
            if (posting.From.Owner == there.Profile.Stream) balance = balance.With(posting.From.Kind, -posting.Amount.Minor);
            if (posting.To.Owner == there.Profile.Stream) balance = balance.With(posting.To.Kind, posting.Amount.Minor);
            if (posting.From.Kind == AccountKind.Rewards && posting.To.Owner == there.Profile.Stream) balance = balance with { Earned = balance.Earned + posting.Amount.Minor };
            if (posting.To.Kind == AccountKind.Clawbacks && posting.From.Owner == there.Profile.Stream) balance = balance with { ClawedBack = balance.ClawedBack + posting.Amount.Minor };
            balances[posting.Amount.Asset.Name] = balance;
        }

        return Task.FromResult<IReadOnlyList<AssetBalance>?>([.. balances.Select(pair => new AssetBalance(new(pair.Key), pair.Value))]);
    }

    public async Task<IReadOnlyList<StatementLine>?> Statement(int tenant, CallerId referrer, Period period, CancellationToken stop) =>
        await Balances(tenant, referrer, stop) is { } balances ? [.. balances.Select(line => new StatementLine(line.Asset, default, line.Balance))] : null;

    public Task<ReferrerProfile?> Referrer(int tenant, CallerId referrer, CancellationToken stop) =>
        Task.FromResult(grains.Referrers.TryGetValue(GrainAddress.Referrer(tenant, referrer), out var there) ? there.Profile with { Granted = there.State.Granted } : null);

    public Task<CallerId?> ReferrerOfCode(int tenant, string code, CancellationToken stop) =>
        Task.FromResult(grains.Referrers.Where(pair => pair.Key.Tenant == tenant && pair.Value.Profile.Code == code).Select(pair => (CallerId?)pair.Key.First).FirstOrDefault());

    public Task<Page<Found>> Search(int tenant, CallerId id, int limit, CancellationToken stop) => Task.FromResult(new Page<Found>([], false));

    public Task<ReferralStory?> Referral(int tenant, CallerId program, CallerId referee, CancellationToken stop) =>
        Task.FromResult(grains.Referrals.TryGetValue(GrainAddress.Referral(tenant, program, referee), out var there) ? Story(GrainAddress.Referral(tenant, program, referee), there) : null);

    public Task<ReferralStory?> Referral(int tenant, StreamId stream, CancellationToken stop) =>
        Task.FromResult(Of(tenant).Where(pair => pair.Value.Stream == stream).Select(pair => Story(pair.Key, pair.Value)).FirstOrDefault());

    public Task<FirstPayout?> FirstPayout(ReferralStory referral, CancellationToken stop) => Task.FromResult<FirstPayout?>(null);

    public Task<ActionStory?> Action(int tenant, CallerId action, CancellationToken stop)
    {
        foreach (var (address, referral) in Of(tenant))
        {
            if (referral.Known.Find(action) is not { } history) continue;
            var story = Story(address, referral);
            return Task.FromResult<ActionStory?>(new(
                ActionOutcome.Of(history, referral.Known, referral.State), address.First, address.Second!.Value, story.Referrer, history.Events[0].At,
                [.. grains.Conflicts.GetValueOrDefault((tenant, action), [])]));
        }

        return Task.FromResult<ActionStory?>(null);
    }

    public Task<Page<ApprovedReferral>> ApprovedReferrals(int tenant, StreamId program, StreamId? after, int limit, CancellationToken stop)
    {
        var all = Of(tenant).Where(pair => pair.Value.Program == program && pair.Value.State.Status == ReferralStatus.Approved && pair.Value.Stream.Value > (after?.Value ?? 0))
            .OrderBy(pair => pair.Value.Stream.Value).Select(pair => new ApprovedReferral(pair.Value.Stream, pair.Key.Second!.Value)).ToList();
        return Task.FromResult(new Page<ApprovedReferral>([.. all.Take(limit)], all.Count > limit));
    }

    public Task<Page<RewardView>> Rewards(ListFilter filter, RewardStatus? status, CancellationToken stop)
    {
        var all = Of(filter.Tenant).SelectMany(pair => RewardsOf(pair.Key, pair.Value))
            .Where(reward => (filter.Referrer is null || reward.Referrer == filter.Referrer) && (filter.Program is null || reward.Program == filter.Program)
                && (filter.Referee is null || reward.Referee == filter.Referee) && (status is null || reward.Status == status)).ToList();
        return Task.FromResult(Page(all, filter.After, filter.Limit, PageCursor.Of, "rwd_"));
    }

    public Task<RewardView?> Reward(int tenant, StreamId referral, RewardId reward, CancellationToken stop) =>
        Task.FromResult(Of(tenant).Where(pair => pair.Value.Stream == referral).SelectMany(pair => RewardsOf(pair.Key, pair.Value)).FirstOrDefault(view => view.Reward == reward));

    public Task<Page<ProgramTerms>> Programs(ListFilter filter, bool? enabled, CancellationToken stop) =>
        Task.FromResult(Page(ProgramsOf(filter.Tenant).Where(program => enabled is null || program.Disabled != enabled).ToList(), filter.After, filter.Limit, program => program.Id.Value, ""));

    public Task<Page<(ProgramTerms Program, Rule Rule)>> Rules(ListFilter filter, bool? enabled, CancellationToken stop) =>
        Task.FromResult(Page(
            ProgramsOf(filter.Tenant).SelectMany(program => program.Rules.Select(rule => (program, rule))).Where(pair => enabled is null || pair.rule.State.Enabled == enabled).ToList(),
            filter.After, filter.Limit, pair => pair.rule.Id.Value, ""));

    public Task<Page<ReferrerProfile>?> Referrers(ListFilter filter, bool? closed, CancellationToken stop) => Task.FromResult<Page<ReferrerProfile>?>(Page(
        grains.Referrers.Where(pair => pair.Key.Tenant == filter.Tenant).Select(pair => pair.Value.Profile).ToList(), filter.After, filter.Limit, profile => profile.Id.Value, ""));

    public Task<Page<ReferralView>?> Referrals(ListFilter filter, ReferralStatus? status, CancellationToken stop) => Task.FromResult<Page<ReferralView>?>(Page(
        Of(filter.Tenant).Where(pair => ReferrerOf(pair.Value) is not null && (filter.Program is null || pair.Key.First == filter.Program) && (filter.Referee is null || pair.Key.Second == filter.Referee))
            .Select(pair => new ReferralView(
                pair.Value.Stream, pair.Key.First, pair.Key.Second!.Value, ReferrerOf(pair.Value)!.Value, pair.Value.State.Status, pair.Value.State.AttributedAt,
                pair.Value.State.ApprovedAt, pair.Value.State.Active)).ToList(),
        filter.After, filter.Limit, view => $"{view.Stream}", "rfl_"));

    public Task<Page<ActionView>?> Actions(ListFilter filter, ActionStatus? status, CancellationToken stop) => Task.FromResult<Page<ActionView>?>(new([], false));

    public Task<Page<ConflictView>?> Conflicts(ListFilter filter, CancellationToken stop) => Task.FromResult<Page<ConflictView>?>(new([], false));

    public Task<Page<ActivityEntry>?> ReferrerActivity(int tenant, CallerId referrer, string? after, int limit, CancellationToken stop)
    {
        var stream = grains.StreamOf(GrainAddress.Referrer(tenant, referrer));
        var all = Of(tenant).Where(pair => pair.Value.State.Referrer == stream).SelectMany(pair => Entries(pair.Key, pair.Value)).ToList();
        return Task.FromResult<Page<ActivityEntry>?>(Page(all, after, limit, PageCursor.Of, "act_"));
    }

    public Task<Page<ActivityEntry>> ReferralActivity(int tenant, StreamId referral, int? enrollment, string? after, int limit, CancellationToken stop)
    {
        var all = Of(tenant).Where(pair => pair.Value.Stream == referral).SelectMany(pair => Entries(pair.Key, pair.Value)).ToList();
        return Task.FromResult(Page(all, after, limit, PageCursor.Of, "act_"));
    }

    public Task<IReadOnlyList<TrialBalanceLine>> TrialBalance(int tenant, CancellationToken stop) =>
        Task.FromResult<IReadOnlyList<TrialBalanceLine>>([
            .. Of(tenant).SelectMany(Postings)
                .SelectMany(posting => new[] { (posting.From.Kind, posting.Amount, Debit: true), (posting.To.Kind, posting.Amount, Debit: false) })
                .GroupBy(side => (side.Kind, side.Amount.Asset))
                .Select(group => new TrialBalanceLine(
                    group.Key.Kind, group.Key.Asset, group.Where(side => side.Debit).Sum(side => side.Amount.Minor), group.Where(side => !side.Debit).Sum(side => side.Amount.Minor))),
        ]);

    public Task<Page<PostingView>> Postings(ListFilter filter, CancellationToken stop)
    {
        var all = Of(filter.Tenant).SelectMany(pair => pair.Value.Events.SelectMany(recorded =>
            Movements.Of(recorded.Event, pair.Value.Program).Select((posting, i) => new PostingView(pair.Value.Stream, recorded.Seq + i, recorded.At, posting)))).ToList();
        return Task.FromResult(Page(all, filter.After, filter.Limit, PageCursor.Of, "pst_"));
    }

    private IEnumerable<ProgramTerms> ProgramsOf(int tenant) => grains.Programs.Where(pair => pair.Key.Tenant == tenant).Select(pair => pair.Value.Terms!);

    private IEnumerable<KeyValuePair<GrainAddress, InMemoryReferral>> Of(int tenant) => grains.Referrals.Where(pair => pair.Key.Tenant == tenant);

    private static IEnumerable<Posting> Postings(KeyValuePair<GrainAddress, InMemoryReferral> pair) =>
        pair.Value.Events.SelectMany(recorded => Movements.Of(recorded.Event, pair.Value.Program));

    private ReferralStory Story(GrainAddress address, InMemoryReferral referral) => new(
        referral.Stream, address.First, address.Second!.Value, ReferrerOf(referral), referral.State.AsShown());

    private CallerId? ReferrerOf(InMemoryReferral referral) =>
        grains.Referrers.Where(pair => pair.Value.Profile.Stream == referral.State.Referrer).Select(pair => (CallerId?)pair.Key.First).FirstOrDefault();

    private IEnumerable<RewardView> RewardsOf(GrainAddress address, InMemoryReferral referral) =>
        from history in referral.Known.All
        let outcome = ActionOutcome.Of(history, referral.Known, referral.State)
        where SaleRecord.Of(history) is not null
        from reward in SaleRecord.Of(history)!.Rewards
        let decision = outcome.Decisions.First(decision => decision.Reward == reward.Key)
        orderby reward.Key
        select new RewardView(
            referral.Stream, RewardId.FromKey(reward.Key), address.First, address.Second!.Value, ReferrerOf(referral)!.Value, history.Id, decision.Enrollment, decision.Rule,
            decision.Version, reward.Given.Asset!.Value, reward.Given.Minor, reward.LeftMinor, decision.State, history.Events[0].At, decision.ReleaseAt);

    private static IEnumerable<ActivityEntry> Entries(GrainAddress address, InMemoryReferral referral) =>
        referral.Events.Select(recorded => new ActivityEntry(referral.Stream, address.First, address.Second!.Value, recorded)).Reverse();

    private static Page<T> Page<T>(List<T> all, string? after, int limit, Func<T, string> cursor, string prefix)
    {
        var from = after is null ? 0 : all.FindIndex(item => prefix + cursor(item) == after) + 1;
        return new([.. all.Skip(from).Take(limit)], all.Count > from + limit);
    }
}
