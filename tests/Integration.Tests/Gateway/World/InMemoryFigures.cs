using ReferralGrains.Domain.Flags;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Storage.Flags;
using ReferralGrains.Storage.Reports;

namespace ReferralGrains.Integration.Tests.Gateway.World;

/// <summary>Nothing is used, nothing waits, and one referrer is flagged for everything.</summary>
internal sealed class InMemoryFigures : IFigures, IFlags
{
    public Task<ProgramFigures> Program(StreamId program, DateTimeOffset since, CancellationToken stop) => Task.FromResult(new ProgramFigures(0, 0, 0, []));

    public Task<TenantOverview> Overview(int tenant, DateTimeOffset since, CancellationToken stop) => Task.FromResult(
        new TenantOverview([new(new("GBP"), 3, 1, 1, 1)], [new(since, new("GBP"), 3, 1, 1)], [new(new("rita"), new("GBP"), 2, 1)], [new(DateOnly.FromDateTime(since.UtcDateTime), new("GBP"), 1), new(null, new("GBP"), 1)], 0));

    public Task<Flag?> Find(int tenant, StreamId stream, FlagKind kind, CancellationToken stop) =>
        Task.FromResult(stream.Value == 1 ? new Flag(stream, kind, null, new("auth0|rita"), FlagState.Open, "shared_email", DateTimeOffset.UnixEpoch, null, null) : null);

    public Task<Page<Flag>> Page(ListFilter filter, FlagState? state, (StreamId Stream, FlagKind Kind)? after, CancellationToken stop) => Task.FromResult(new Page<Flag>([], false));

    public Task<IReadOnlySet<StreamId>> Stopped(IReadOnlyCollection<StreamId> referrers, CancellationToken stop) => Task.FromResult<IReadOnlySet<StreamId>>(new HashSet<StreamId>());

    public Task<IReadOnlyList<BudgetUse>> Budget(StreamId owner, StreamId program, int rule, CancellationToken stop) => Task.FromResult<IReadOnlyList<BudgetUse>>([]);

    public Task<IReadOnlyList<WaitingGroup>> Groups(StreamId referrer, CancellationToken stop) => Task.FromResult<IReadOnlyList<WaitingGroup>>([]);
}
