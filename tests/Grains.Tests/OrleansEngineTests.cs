using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Orleans.TestingHost;
using ReferralGrains.Grains.Silos;
using ReferralGrains.Turns;
using SiloOptions = ReferralGrains.Grains.Silos.SiloOptions;

namespace ReferralGrains.Grains.Tests;

/// <summary>
/// Orleans' silos in this process, with Orleans' wire between them. Each command goes out from the next silo in turn, so with several
/// of them most cross as bytes.
/// </summary>
public abstract class OrleansEngine(short silos) : EngineConformance
{
    private InProcessTestCluster? cluster;
    private volatile bool isLate;
    private volatile bool isRefused;

    protected override async Task<IGrainRouter> Begin(TurnWorld world, TimeSpan deadline)
    {
        var options = new SiloOptions
        {
            Name = "",
            SiloPort = 0,
            GatewayPort = 0,
            ResponseTimeout = deadline,
            MaxInFlightPerTenant = TenantQuota / silos,
            Mailbox = new() { MaxWaiting = MailboxSize },
            Traces = true,
        };
        var builder = new InProcessTestClusterBuilder(silos);
        builder.ConfigureSilo((_, silo) =>
        {
            silo.AddTurnGrains(options);
            silo.AddOutgoingGrainCallFilter(call => isLate && call.Grain is ITurnGrain
                ? throw new OperationCanceledException("Message expired before placement could complete for the grain.")
                : call.Invoke());
            silo.AddIncomingGrainCallFilter(call => isRefused && call.Grain is ITurnGrain
                ? throw new Npgsql.PostgresException("sorry, too many clients already", "FATAL", "FATAL", "53300")
                : call.Invoke());
            silo.Services.AddSingleton(world);
        });
        cluster = builder.Build();
        await cluster.DeployAsync();
        return new InTurn([.. cluster.Silos.Select(silo => silo.ServiceProvider.GetRequiredService<OrleansRouter>())]);
    }

    protected override bool KeepsOrder => silos == 1;

    protected override Task Forget() => cluster!.Client.GetGrain<IManagementGrain>(0).ForceActivationCollection(TimeSpan.Zero);

    protected override async ValueTask End()
    {
        if (cluster is not null) await cluster.DisposeAsync();
    }

    [Fact]
    public async Task What_orleans_could_not_place_in_time_is_no_bug_but_an_outage()
    {
        isLate = true;
        await Assert.ThrowsAsync<GrainUnavailableException>(() => Sell("a1"));
        isLate = false;
        Assert.False((await Sell("a1")).Duplicate);
    }

    [Fact]
    public async Task What_the_database_refuses_another_silo_is_told_as_what_it_is()
    {
        isRefused = true;
        for (var i = 0; i < 3 * silos; i++) await Assert.ThrowsAnyAsync<Npgsql.NpgsqlException>(() => Sell($"b{i}"));
        isRefused = false;
        Assert.False((await Sell("a1")).Duplicate);
    }

    [Fact]
    public async Task A_call_to_a_grain_is_two_spans_of_its_callers_trace()
    {
        var spans = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name.StartsWith("Microsoft.Orleans", StringComparison.Ordinal),
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = spans.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        using var request = new Activity("request").Start();
        for (var i = 0; i < silos; i++) await Sell($"a{i}");
        SpinWait.SpinUntil(() => Mine().Count() >= 2 * silos, Patience); // A span may end just after its answer.
        Assert.Equal([.. Enumerable.Repeat(ActivityKind.Server, silos), .. Enumerable.Repeat(ActivityKind.Client, silos)], Mine().Order());

        IEnumerable<ActivityKind> Mine() => spans
            .Where(span => span.TraceId == request.TraceId && span.Source.Name == "Microsoft.Orleans.Application").Select(span => span.Kind);
    }

    private sealed class InTurn(OrleansRouter[] routers) : IGrainRouter
    {
        private int next;

        public async Task<TReply> Ask<TReply>(Turns.GrainAddress to, ICommand<TReply> command, CancellationToken stop) =>
            await routers[(uint)Interlocked.Increment(ref next) % routers.Length].Ask(to, command, stop);
    }
}

public sealed class OneSiloTests() : OrleansEngine(1);

public sealed class ThreeSilosTests() : OrleansEngine(3);
