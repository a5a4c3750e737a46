using ReferralGrains.Gateway.Lines;
using ReferralGrains.Simulation.Time;

namespace ReferralGrains.Integration.Tests.Gateway;

public sealed class FairSharesTests
{
    private const int Whole = 768;
    private readonly FakeTime time = new(DateTimeOffset.UnixEpoch);
    private readonly FairShares shares;

    public FairSharesTests() => shares = new(time);

    [Fact]
    public void A_tenant_alone_fills_its_windows()
    {
        shares.Called(1);
        shares.Called(0);
        Assert.Equal(Whole, shares.Of(1, 4, Whole));
    }

    [Theory]
    [InlineData(1, 192)]
    [InlineData(4, 48)]
    [InlineData(64, FairShares.Least)]
    public void Beside_others_its_streams_share_one(int streams, int lines)
    {
        shares.Called(2);
        shares.Called(1);
        Assert.Equal(lines, shares.Of(1, streams, Whole));
        shares.Called(1);
        Assert.Equal(lines, shares.Of(1, streams, Whole));
    }

    [Fact]
    public void Others_are_forgotten_when_they_do_not_call()
    {
        shares.Called(3);
        shares.Called(2);
        time.Advance(FairShares.Remembered / 2);
        shares.Called(1);
        Assert.True(shares.Of(1, 1, Whole) < Whole);
        time.Advance(FairShares.Remembered / 2);
        shares.Called(1);
        Assert.Equal(Whole, shares.Of(1, 1, Whole));
    }

    [Fact]
    public async Task A_window_holds_no_more_than_its_share_and_wakes_its_reader_when_there_is_room()
    {
        var share = 4;
        var window = new Window<string, string>(_ => share);
        window.Share();
        for (var line = 1; line <= 4; line++)
        {
            Assert.True(window.HasRoom);
            var slot = window.Next(line, 10);
            window.Publish(slot);
            slot.Answer("done");
        }

        Assert.False(window.HasRoom);
        var room = window.WaitForRoom().AsTask();
        Free(window);
        await room.WaitAsync(Eventually.Patience, TestContext.Current.CancellationToken);
        Assert.True(window.HasRoom);

        share = 2;
        window.Share();
        Assert.False(window.HasRoom);
        share = Whole;
        window.Share();
        Assert.True(window.HasRoom);
    }

    private static void Free(Window<string, string> window) => window.Free(window.Head()!);
}
