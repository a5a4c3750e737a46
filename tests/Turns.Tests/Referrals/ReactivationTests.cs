using System.Text.Json;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Tests.World;
using ReferralGrains.Simulation.Domain;
using ReferralGrains.Simulation.Engine;
using ReferralGrains.Simulation.Node;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Turns.Referrals;
using ReferralGrains.Turns.Tests.World;

namespace ReferralGrains.Turns.Tests.Referrals;

public sealed class ReactivationTests
{
    [Fact]
    public async Task A_grain_that_left_memory_comes_back_as_it_was()
    {
        await using var shop = await Busy(sales: 5);
        var before = await shop.State();
        var loads = shop.Node.Loader.Loads;
        ((PlainRouter)shop.Node.Router).Forget();
        Assert.Equal(Json(before), Json(await shop.State()));
        Assert.Equal(loads + 1, shop.Node.Loader.Loads);
    }

    [Fact]
    public async Task A_new_process_folds_what_was_committed()
    {
        await using var shop = await Busy(sales: 5);
        var before = await shop.State();
        shop.Restart();
        Assert.Equal(Json(before), Json(await shop.State()));
    }

    [Fact]
    public async Task A_long_stream_comes_back_from_its_snapshot_and_the_rows_after_it()
    {
        await using var shop = await Busy(sales: 120);
        var snapshot = shop.Referral().Snapshot!;
        Assert.InRange(snapshot.Seq, 60, 119);
        var before = await shop.State();
        shop.Restart();
        Assert.Equal(Json(before), Json(await shop.State()));
    }

    [Fact]
    public async Task A_snapshot_of_another_fold_is_dropped_and_everything_replayed()
    {
        await using var shop = await Busy(sales: 60);
        var before = await shop.State();
        shop.Referral().Snapshot = shop.Referral().Snapshot! with { Seq = before.Seq, Fold = ReferralFold.Version + 1, State = JsonElement.Parse("{\"another\":\"fold\"}") };
        shop.Restart();
        Assert.Equal(Json(before), Json(await shop.State()));
    }

    [Fact]
    public async Task A_lost_snapshot_costs_a_replay_only()
    {
        await using var shop = await Busy(sales: 60);
        var before = await shop.State();
        shop.Referral().Snapshot = null;
        shop.Restart();
        Assert.Equal(Json(before), Json(await shop.State()));
    }

    // However long a stream is, a replay holds only some of its rows at once.
    [Fact]
    public async Task A_stream_is_replayed_some_rows_at_a_time()
    {
        await using var shop = await Busy(sales: 60);
        var before = await shop.State();
        shop.Referral().Snapshot = null;
        shop.Restart();
        Assert.Equal(Json(before), Json(await shop.State()));
        Assert.Equal((before.Seq / MemoryLoader.RowsAtOnce) + 1, shop.Node.Loader.TailsAsked);
    }

    [Fact]
    public async Task Snapshots_are_written_rarely()
    {
        await using var shop = await Busy(sales: 10);
        Assert.Null(shop.Referral().Snapshot);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"seq\":\"many\"}")]
    public async Task A_snapshot_that_cannot_be_read_is_as_good_as_lost(string state)
    {
        await using var shop = await Busy(sales: 60);
        var before = await shop.State();
        shop.Referral().Snapshot = shop.Referral().Snapshot! with { State = JsonElement.Parse(state) };
        shop.Restart();
        Assert.Equal(Json(before), Json(await shop.State()));
    }

    [Fact]
    public async Task A_snapshot_of_another_stream_under_the_same_key_is_not_used()
    {
        await using var shop = await Busy(sales: 60);
        var before = await shop.State();
        var other = shop.Referral().Snapshot!;
        shop.Referral().Snapshot = other with { Stream = new(other.Stream.Value + 1), State = Changed(other.State) };
        shop.Restart();
        Assert.Equal(Json(before), Json(await shop.State()));
    }

    // A standby that took over lacked its last rows, and the stream went on with others.
    [Fact]
    public async Task A_snapshot_that_ends_with_a_row_which_is_lost_is_not_used()
    {
        await using var shop = await Busy(sales: 60);
        var before = await shop.State();
        var kept = shop.Referral().Snapshot!;
        shop.Referral().Snapshot = kept with { At = kept.At!.Value.AddMicroseconds(1), State = Changed(kept.State) };
        shop.Restart();
        Assert.Equal(Json(before), Json(await shop.State()));
    }

    // Held rewards, a refund, a parked refund and an adjustment: something of everything that a state keeps.
    private static async Task<Shop> Busy(int sales)
    {
        var shop = await Shop.Open(Rules.Percent(10_00).Held(30), Rules.Fixed(2_00).Times(3));
        for (var i = 0; i < sales; i++) await shop.Sell($"a{i}", 10_00 + i);
        await shop.Send(Sent.Refund("r1", "a1", shop.Now, 5_00));
        await shop.Send(Sent.Refund("r2", "unknown", shop.Now));
        await shop.Tell(new AdjustEnrollment(1, 0, new(Limits: new(MaxAmountMinor: 1_000_00)), "a favour", "admin"));
        return shop;
    }

    private static JsonElement Changed(JsonElement state) => JsonElement.Parse(
        JsonSerializer.Serialize(state.Deserialize(JournalJson.Default.Referral)! with { Holds = [] }, JournalJson.Default.Referral));

    private static string Json(Referral state) => JsonSerializer.Serialize(state, JournalJson.Default.Referral);
}
