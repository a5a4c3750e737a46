using ReferralGrains.Domain.Identity;
using ReferralGrains.Storage.Referrals;

namespace ReferralGrains.Integration.Tests.Gateway.World;

/// <summary>A gateway whose referees have one id each.</summary>
internal sealed class NoAliases : IAliasNames
{
    public ValueTask<bool> Any(int tenant, CancellationToken stop) => ValueTask.FromResult(false);

    public Task Expect(int tenant, CancellationToken stop) => Task.CompletedTask;

    public Task<IReadOnlyDictionary<(CallerId Program, CallerId Referee), CallerId>> Of(
        int tenant, IReadOnlyList<(CallerId Program, CallerId Referee)> referees, CancellationToken stop) =>
        Task.FromResult<IReadOnlyDictionary<(CallerId Program, CallerId Referee), CallerId>>(new Dictionary<(CallerId Program, CallerId Referee), CallerId>());
}
