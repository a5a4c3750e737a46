using ReferralGrains.Turns.Referrals;

namespace ReferralGrains.Turns.Tests;

public sealed class UpwardRouterTests
{
    [Theory]
    [InlineData(GrainKind.Program, GrainKind.Referral)]
    [InlineData(GrainKind.Program, GrainKind.Referrer)]
    [InlineData(GrainKind.Program, GrainKind.Program)]
    [InlineData(GrainKind.Referrer, GrainKind.Referral)]
    [InlineData(GrainKind.Referrer, GrainKind.Referrer)]
    [InlineData(GrainKind.Referral, GrainKind.PayoutBatch)]
    [InlineData(GrainKind.Referral, GrainKind.Referral)]
    public async Task Calls_go_up_only(GrainKind from, GrainKind to) =>
        await Assert.ThrowsAsync<InvalidOperationException>(() =>
            new UpwardRouter(from, new Nobody()).Ask(new(to, 1, new("shop"), null), new SettleDue(), CancellationToken.None));

    private sealed class Nobody : IGrainRouter
    {
        public Task<TReply> Ask<TReply>(GrainAddress to, ICommand<TReply> command, CancellationToken stop) => Task.FromResult(default(TReply)!);
    }
}
