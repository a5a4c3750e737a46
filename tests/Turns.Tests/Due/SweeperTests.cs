using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Simulation.Node;
using ReferralGrains.Simulation.Time;
using ReferralGrains.Storage.Due;
using ReferralGrains.Turns.Due;

namespace ReferralGrains.Turns.Tests.Due;

/// <summary>Whom the sweeper wakes, and when, over rows that never move because no grain settles anything.</summary>
public sealed class SweeperTests : IDueReader, IGrainRouter
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly FakeTime time = new(Start);
    private readonly List<(int Tenant, DueGrain Grain)> rows = [];
    private readonly ConcurrentQueue<(GrainAddress Grain, DateTimeOffset At)> woken = [];
    private readonly MemoryTenants tenants;

    public SweeperTests() => tenants = new(time);

    [Fact]
    public async Task A_grain_that_fails_again_is_woken_after_twice_the_time()
    {
        Add(tenants.Add("one").Number, "anna");
        await SweepUntil(() => woken.Count >= 6);

        var times = woken.Select(wake => wake.At).ToList();
        for (var failure = 1; failure < 6; failure++)
            Assert.True(times[failure] - times[failure - 1] >= TimeSpan.FromSeconds(Math.Pow(2, failure)), $"It was woken too early after failure {failure}.");
    }

    [Fact]
    public async Task Grains_that_fail_keep_nobody_else_from_being_woken()
    {
        var (one, other) = (tenants.Add("one").Number, tenants.Add("other").Number);
        for (var i = 0; i < 3_000; i++) Add(one, $"referee{i}");
        Add(other, "ben");
        await SweepUntil(() => woken.Select(wake => wake.Grain).Distinct().Count() == 3_001);
    }

    [Fact]
    public async Task What_was_left_alone_is_left_alone_by_the_silo_that_takes_the_shard_over()
    {
        Add(tenants.Add("one").Number, "anna");
        var (first, second) = (Sweeper(), Sweeper());
        var shard = (int)(rows[0].Grain.Stream.Value % DueShards.Count);
        await SweepUntil(first, () => first.LeftAlone(shard).LeftAlone is [{ Failures: >= 4 } one] && one.Until != default);
        var left = first.LeftAlone(shard);
        var (stream, _, until) = Assert.Single(left.LeftAlone);
        Assert.Equal(rows[0].Grain.Stream.Value, stream);
        var before = woken.Count;
        Assert.Empty(first.LeftAlone((shard + 1) % DueShards.Count).LeftAlone);

        second.Restore(left);
        await SweepUntil(second, () => woken.Count > before);
        Assert.True(woken.Last().At >= until);
    }

    [Fact]
    public async Task The_wall_clock_settles_nothing_of_a_sandbox()
    {
        Add(tenants.Add("sandbox", true, Start).Number, "anna");
        var live = tenants.Add("live").Number;
        Add(live, "anna");
        await SweepUntil(() => woken.Count >= 2);
        Assert.All(woken, wake => Assert.Equal(live, wake.Grain.Tenant));
    }

    [Fact]
    public async Task A_grain_that_takes_for_ever_holds_nobody_of_its_tenant_or_of_others()
    {
        var (one, other) = (tenants.Add("one").Number, tenants.Add("other").Number);
        Add(one, "stuck");
        for (var i = 0; i < 2_000; i++) Add(one, $"referee{i}");
        Add(other, "ben");
        await SweepUntil(() => woken.Select(wake => wake.Grain).Distinct().Count() == 2_002);
        Assert.Single(woken, wake => wake.Grain.Second?.Value == "stuck");
    }

    Task<IReadOnlyList<int>> IDueReader.Tenants(int shard, DateTimeOffset until, CancellationToken stop) =>
        Task.FromResult<IReadOnlyList<int>>([.. Due(shard, until).Select(row => row.Tenant).Distinct().Order()]);

    Task<IReadOnlyList<DueGrain>> IDueReader.Read(int shard, int tenant, DateTimeOffset until, DueGrain? after, int limit, CancellationToken stop)
    {
        var due = Due(shard, until).Where(row => row.Tenant == tenant && row.Grain.Stream.Value > (after?.Stream.Value ?? 0));
        return Task.FromResult<IReadOnlyList<DueGrain>>([.. due.Select(row => row.Grain).Take(limit)]);
    }

    async Task<TReply> IGrainRouter.Ask<TReply>(GrainAddress to, ICommand<TReply> command, CancellationToken stop)
    {
        woken.Enqueue((to, time.GetUtcNow()));
        if (to.Second?.Value == "stuck") await new TaskCompletionSource().Task.WaitAsync(stop);
        await Task.Yield();
        stop.ThrowIfCancellationRequested();
        throw new GrainUnavailableException("It cannot be settled.");
    }

    private void Add(int tenant, string referee) =>
        rows.Add((tenant, new(new(rows.Count + 1), (short)GrainKind.Referral, new CallerId("shop"), referee, Start)));

    private IEnumerable<(int Tenant, DueGrain Grain)> Due(int shard, DateTimeOffset until) =>
        rows.Where(row => row.Grain.Stream.Value % DueShards.Count == shard && row.Grain.At <= until);

    // A second passes between two sweeps of all shards, as between two ticks of their wakers.
    private Sweeper Sweeper() => new(this, tenants, this, time, NullLogger<Sweeper>.Instance);

    private Task SweepUntil(Func<bool> done) => SweepUntil(Sweeper(), done);

    private async Task SweepUntil(Sweeper sweeper, Func<bool> done)
    {
        using var stop = new CancellationTokenSource();
        var began = Stopwatch.StartNew();
        while (!done() && began.Elapsed < Patience)
        {
            for (var shard = 0; shard < DueShards.Count; shard++) await sweeper.Sweep(shard, stop.Token);
            await Task.Yield();
            time.Advance(TimeSpan.FromSeconds(1));
        }

        await stop.CancelAsync();
        Assert.True(done());
    }
}
