using System.Diagnostics;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Tests.World;
using ReferralGrains.Simulation.Database;
using ReferralGrains.Simulation.Domain;
using ReferralGrains.Simulation.Node;
using ReferralGrains.Simulation.Time;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Turns;
using ReferralGrains.Turns.Programs;
using ReferralGrains.Turns.Referrals;
using ReferralGrains.Turns.Referrers;

using GrainAddress = ReferralGrains.Turns.GrainAddress;

namespace ReferralGrains.Grains.Tests;

/// <summary>What any engine must do, whatever delivers its commands. A subclass says how it is started and how it forgets idle grains.</summary>
public abstract class EngineConformance : IAsyncLifetime
{
    /// <summary>Commands of one tenant that the engine under test takes at once: more than a mailbox holds.</summary>
    protected const int TenantQuota = 3_600;

    /// <summary>Commands that may wait at one grain of the engine under test.</summary>
    protected const int MailboxSize = 3_000;

    /// <summary>More than anything takes on a machine that is busy with other things.</summary>
    protected static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly CallerId Shop = new("shop");
    private static readonly TimeSpan soon = TimeSpan.FromSeconds(4);

    private readonly MemoryDatabase database = new();
    private readonly MemoryTenants tenants;
    private readonly int tenant;
    private readonly int neighbour;
    private MemoryNode node;
    private IGrainRouter router = null!;

    protected EngineConformance()
    {
        tenants = new(Time);
        (tenant, neighbour) = (tenants.Add("one").Number, tenants.Add("two").Number);
        node = null!;
    }

    protected FakeTime Time { get; } = new(Start);

    /// <summary>Starts the engine under test with <see cref="TenantQuota"/> and <see cref="MailboxSize"/>.</summary>
    /// <param name="deadline">How long a caller waits in it.</param>
    protected abstract Task<IGrainRouter> Begin(TurnWorld world, TimeSpan deadline);

    /// <summary>Takes every idle grain out of memory.</summary>
    protected abstract Task Forget();

    protected abstract ValueTask End();

    /// <summary>Whether commands arrive in the order in which they were sent, also while none is answered.</summary>
    protected abstract bool KeepsOrder { get; }

    public async ValueTask InitializeAsync()
    {
        node = new(database, tenants, static _ => null!);
        router = await Begin(node.World, Patience);
        foreach (var number in new[] { tenant, neighbour })
        {
            await Ask(GrainAddress.Program(number, Shop), new CreateProgram("Shop", "GBP", "Europe/London"));
            await Ask(GrainAddress.Program(number, Shop), new PublishRule(new("ten"), Rules.Percent(10_00), new(Enabled: true)));
            await Ask(GrainAddress.Referrer(number, new("rita")), new CreateReferrer(null, null, [], false, null));
            await Ask(Referral("anna", number), new AttributeReferral(new("rita"), null, null, true, null));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await End();
        Assert.Empty(node.Log.Errors);
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task One_turn_at_a_time_at_an_address_and_commands_gather_meanwhile()
    {
        var before = node.Journal.History.Count;
        var replies = await Task.WhenAll(Enumerable.Range(0, 500).Select(i => Sell($"a{i}")));
        Assert.All(replies, reply => Assert.Equal(ActionStatus.Rewarded, reply.Outcome!.Status));
        var appends = node.Journal.History[before..];
        Assert.All(appends, entry => Assert.Equal(AppendOutcome.Committed, entry.Outcome));
        Assert.InRange(appends.Count, 1, 499);
        Assert.Equal(500_00, database.Balances.Values.First().Earned);
    }

    // Concurrent commands may be seen in either order, and between processes they are; in one process they are not.
    [Fact]
    public async Task D3_one_that_is_answered_before_another_is_sent_comes_first()
    {
        var rows = new List<int>();
        for (var i = 0; i < 100; i++) rows.Add((await Sell($"a{i}")).Outcome!.Seq);
        Assert.Equal(rows.Order(), rows);
        if (!KeepsOrder) return;
        var asked = Enumerable.Range(0, 2_500).Select(i => Sell($"b{i}")).ToList();
        rows = [.. (await Task.WhenAll(asked)).Select(reply => reply.Outcome!.Seq)];
        Assert.Equal(rows.Order(), rows);
    }

    // Each is decided by what all referees of the referrer have spent, whichever processes have them.
    [Fact]
    public async Task D3_across_referees_too_one_that_is_answered_before_another_is_sent_comes_first()
    {
        await Ask(GrainAddress.Program(tenant, Shop), new PublishRule(new("tiers"), Rules.Tiered(Rules.Spent(0, null, 1_00)), new(Enabled: true)));
        string[] referees = ["ben", "cleo", "dora"];
        foreach (var referee in referees) await Ask(Referral(referee), new AttributeReferral(new("rita"), null, null, true, null));
        var tallies = new List<long?>();
        for (var i = 0; i < 60; i++)
            tallies.Add((await Record(Referral(referees[i % 3]), $"c{i}")).Replies[0].Outcome!.Decisions[1].Seen!.Tally);
        Assert.Equal(Enumerable.Range(1, 60).Select(i => (long?)(i * 10_00)), tallies);
    }

    [Fact]
    public async Task Addresses_do_not_wait_for_each_other()
    {
        await Ask(Referral("ben"), new AttributeReferral(new("rita"), null, null, true, null));
        node.Journal.Hold();
        var held = Sell("a1");
        await node.Journal.Queued(1);
        Assert.Single((await Ask(Referral("ben"), new SettleDue())).State!.Enrollments);
        node.Journal.Release();
        await held;
    }

    [Fact]
    public async Task Nothing_is_answered_before_it_is_committed()
    {
        node.Journal.Hold();
        var held = Sell("a1");
        await node.Journal.Queued(1);
        var read = Ask(Referral("anna"), new SettleDue());
        Assert.False(held.IsCompleted || read.IsCompleted);
        node.Journal.Release();
        Assert.Equal(ActionStatus.Rewarded, (await held).Outcome!.Status);
        Assert.Equal(1, (await read).State!.Enrollments[0].Count);
    }

    [Fact]
    public async Task A_full_mailbox_says_busy_and_when_to_come_again_and_then_takes_more()
    {
        node.Journal.Hold();
        var turn = Sell("a1");
        await node.Journal.Queued(1);
        var waiting = Enumerable.Range(0, MailboxSize + 100).Select(_ => Ask(Referral("anna"), new SettleDue())).ToList();
        var first = await Task.WhenAny(waiting);
        var busy = await Assert.ThrowsAsync<GrainBusyException>(() => first);
        Assert.True(busy.RetryAfter > TimeSpan.Zero);
        node.Journal.Release();
        foreach (var one in waiting)
            if (await Xunit.Record.ExceptionAsync(() => one) is { } refused) Assert.IsType<GrainBusyException>(refused);
        await turn;
        Assert.False((await Sell("a2")).Duplicate);
    }

    [Fact]
    public async Task A_tenant_beyond_its_quota_is_told_to_wait_and_its_neighbour_is_not()
    {
        node.Journal.Hold();
        for (var i = 1; i <= 2; i++) await Ask(Referral($"referee{i}"), new SettleDue());
        var work = Enumerable.Range(0, TenantQuota).Select(i => Record(Referral($"referee{1 + (i % 2)}"), $"a{i}")).ToList();
        await Assert.ThrowsAsync<GrainBusyException>(() => Ask(Referral("cleo"), new SettleDue()));
        Assert.Single((await Ask(Referral("anna", neighbour), new SettleDue())).State!.Enrollments);
        node.Journal.Release();
        await Task.WhenAll(work);
        await Ask(Referral("cleo"), new SettleDue());
    }

    [Fact]
    public async Task Work_that_nobody_waits_for_any_more_counts_against_the_quota_until_it_is_done()
    {
        node.Journal.Hold();
        for (var i = 1; i <= 2; i++) await Ask(Referral($"referee{i}"), new SettleDue());
        using var stop = new CancellationTokenSource();
        var work = Enumerable.Range(0, TenantQuota)
            .Select(i => router.Ask(Referral($"referee{1 + (i % 2)}"), new RecordActions([Sale($"a{i}")]), stop.Token)).ToList();
        await stop.CancelAsync();
        foreach (var abandoned in work) await Assert.ThrowsAnyAsync<OperationCanceledException>(() => abandoned);

        await Assert.ThrowsAsync<GrainBusyException>(() => Ask(Referral("cleo"), new SettleDue()));
        node.Journal.Release();

        var began = Stopwatch.StartNew();
        while (await Xunit.Record.ExceptionAsync(() => Ask(Referral("cleo"), new SettleDue())) is GrainBusyException)
        {
            Assert.True(began.Elapsed < Patience, "The quota has not come free.");
            await Task.Yield();
        }
    }

    [Fact]
    public async Task A_caller_waits_until_the_deadline_and_what_it_sent_is_still_decided()
    {
        await End();
        router = await Begin(node.World, soon);
        await Patiently(() => Ask(Referral("anna"), new SettleDue())); // It is placed: only the journal keeps it waiting from now on.
        node.Journal.Hold();
        var late = Sell("a1");
        await node.Journal.Queued(1);
        await Assert.ThrowsAsync<GrainUnavailableException>(() => late);
        node.Journal.Release();

        Assert.True((await Patiently(() => Sell("a1"))).Duplicate);

        // A busy machine may be late more than once.
        static async Task<T> Patiently<T>(Func<Task<T>> ask)
        {
            var began = Stopwatch.StartNew();
            while (true)
            {
                try
                {
                    return await ask();
                }
                catch (GrainUnavailableException) when (began.Elapsed < Patience)
                {
                    await Task.Yield();
                }
            }
        }
    }

    [Fact]
    public async Task A_caller_that_stops_waiting_changes_nothing()
    {
        using var stop = new CancellationTokenSource();
        node.Journal.Hold();
        var abandoned = router.Ask(Referral("anna"), new RecordActions([Sale("a1")]), stop.Token);
        await node.Journal.Queued(1);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => abandoned);
        node.Journal.Release();
        Assert.True((await Sell("a1")).Duplicate);
    }

    [Fact]
    public async Task A_grain_that_was_idle_leaves_memory_and_comes_back_with_everything()
    {
        await Sell("a1");
        var before = (await Ask(Referral("anna"), new SettleDue())).State!;
        var loads = node.Loader.Loads;
        await Forget();
        var after = (await Ask(Referral("anna"), new SettleDue())).State!;
        Assert.Equal(loads + 1, node.Loader.Loads);
        Assert.Equal((before.Seq, before.LastAt, before.Enrollments[0]), (after.Seq, after.LastAt, after.Enrollments[0]));
        Assert.True((await Sell("a1")).Duplicate);
    }

    [Fact]
    public async Task Grains_that_leave_memory_all_the_time_lose_no_command()
    {
        var asked = new List<Task<ActionReply>>();
        for (var i = 0; i < 500; i++)
        {
            asked.Add(Sell($"a{i}"));
            if (i % 5 == 0) await Forget();
        }

        await Task.WhenAll(asked);
        Assert.Equal(500, (await Ask(Referral("anna"), new SettleDue())).State!.Enrollments[0].Count);
        Assert.DoesNotContain(node.Journal.History, entry => entry.Outcome != AppendOutcome.Committed);
    }

    [Fact]
    public async Task A_kind_of_grain_that_nobody_serves_is_a_fault_and_not_a_silence() =>
        await Assert.ThrowsAsync<UnreachableException>(() => Ask(new GrainAddress((GrainKind)99, tenant, new("batch"), null), new SettleDue()));

    [Fact]
    public async Task A_command_that_a_grain_does_not_know_is_a_fault_of_its_turn_only()
    {
        await Assert.ThrowsAnyAsync<Exception>(() => Ask(GrainAddress.Program(tenant, Shop), new SettleDue()));
        Assert.Contains("crashed", Assert.Single(node.Log.Errors), StringComparison.Ordinal);
        node.Log.Errors.Clear();
        Assert.False((await Ask(GrainAddress.Program(tenant, Shop), new CreateProgram("Shop", "GBP", "Europe/London"))).Changed);
    }

    [Fact]
    public async Task H2_a_tiered_turn_goes_up_to_the_referrer_and_comes_back()
    {
        await Ask(GrainAddress.Program(tenant, Shop), new PublishRule(new("tiers"), Rules.Tiered(Rules.SpentShare(0, null, 20_00)).Held(30), new(Enabled: true)));
        await Ask(Referral("ben"), new AttributeReferral(new("rita"), ["vip"], 300_00, true, null));
        var sold = (await Record(Referral("ben"), "a1")).Replies[0].Outcome!;
        Assert.Equal([1_00, 2_00], sold.Decisions.Select(decision => decision.Minor));
        var repeat = (await Record(Referral("ben"), "a1")).Replies[0];
        Assert.Equal((true, sold.Seq), (repeat.Duplicate, repeat.Outcome!.Seq));
        var conflict = await Ask(Referral("ben"), new RecordActions([Sent.Sale("a1", 1, Start)]));
        Assert.Equal("action_conflict", conflict.Replies[0].Refusal!.Code);
        var refund = await Ask(Referral("ben"), new RecordActions([Sent.Refund("r1", "a1", Start)]));
        Assert.Equal([-1_00, -2_00], refund.Replies[0].Outcome!.Decisions.Select(decision => decision.Minor));
        Assert.Equal(0, Assert.Single(database.Balances.Values.Distinct()).Net);
    }

    [Fact]
    public async Task Tenants_with_the_same_ids_share_nothing()
    {
        await Sell("a1");
        var other = await Ask(Referral("anna", neighbour), new RecordActions([Sent.Sale("a1", 20_00, Start)]));
        Assert.Equal((false, 2_00), (other.Replies[0].Duplicate, other.Replies[0].Outcome!.Decisions[0].Minor));
        Assert.Equal([1_00, 2_00], database.Balances.Values.Select(balance => balance.Earned).Order());
    }

    private GrainAddress Referral(string referee, int? of = null) => GrainAddress.Referral(of ?? tenant, Shop, new(referee));

    private static ReferralAction Sale(string id) => Sent.Sale(id, 10_00, Start);

    protected async Task<ActionReply> Sell(string id) => (await Record(Referral("anna"), id)).Replies[0];

    private Task<ActionsRecorded> Record(GrainAddress to, string id) => Ask(to, new RecordActions([Sale(id)]));

    private Task<TReply> Ask<TReply>(GrainAddress to, ICommand<TReply> command) =>
        router.Ask(to, command, CancellationToken.None).WaitAsync(Patience, TimeProvider.System, CancellationToken.None);
}
