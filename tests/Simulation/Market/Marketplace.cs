using ReferralGrains.Domain.Identity;
using ReferralGrains.Simulation.Database;
using ReferralGrains.Simulation.Engine;
using ReferralGrains.Simulation.Node;
using ReferralGrains.Simulation.Time;
using ReferralGrains.Turns;
using ReferralGrains.Turns.Programs;
using ReferralGrains.Turns.Referrals;
using ReferralGrains.Turns.Referrers;

namespace ReferralGrains.Simulation.Market;

/// <summary>
/// What one seed makes: programs, referrers, clients that send and send again, server processes that die, and the journal that
/// outlives them. Everything is a step of one pump, so a seed is one run.
/// </summary>
public sealed class Marketplace
{
    public static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private const int MostSteps = 400_000;
    private const int MostAttempts = 300;

    private readonly int troubles;
    private readonly int silos;

    public Marketplace(int seed, PlantedBugs bugs)
    {
        Random = new(seed);
        Pump = new(Random, MostSteps);
        Time = new(Start);
        Tenants = new(Time);
        Database = new(bugs);
        troubles = Random.Next(4);
        silos = Random.Next(3) == 0 ? 1 : 2;
        Wired = Random.Next(8) == 0;
        for (var i = Random.Next(3) == 0 ? 2 : 1; i > 0; i--) Tenants.Add($"tenant{i}");
        Busy = new(1, Programs[Random.Next(Programs.Count)], Referees[0]);
    }

    public Random Random { get; }

    public Pump Pump { get; }

    public FakeTime Time { get; }

    public MemoryTenants Tenants { get; }

    public MemoryDatabase Database { get; }

    /// <summary>Whether commands and replies go as bytes.</summary>
    public bool Wired { get; }

    public ClientLog Log { get; } = new();

    /// <summary>The processes that serve, and those that do not know yet that they do not.</summary>
    public List<Process> Processes { get; } = [];

    public List<Process> Stopped { get; } = [];

    /// <summary>Every process that there ever was.</summary>
    public List<Process> Everyone { get; } = [];

    /// <summary>A rule's id is unique in its tenant, so it carries its program.</summary>
    public static CallerId Rule(CallerId program, string name) => new($"{program}.{name}");

    public IReadOnlyList<CallerId> Programs { get; } = [new("plain"), new("tiered"), new("tiered-later")];

    public IReadOnlyList<CallerId> Referrers { get; } = [new("rita"), new("tom")];

    public IReadOnlyList<CallerId> Referees { get; } = [new("anna"), new("ben"), new("tom")];

    /// <summary>Where half of everything happens.</summary>
    public Place Busy { get; }

    /// <summary>Runs the whole story; afterwards the log and the journal say everything.</summary>
    public void Run() => Pump.Run(async () =>
    {
        for (var i = silos; i > 0; i--) StartProcess();
        await Open();
        if (troubles > 0) foreach (var process in Processes) process.Faults.Over = false;
        var clients = Enumerable.Range(0, 2 + Random.Next(4)).Select(_ => new Client(this).Run(15 + Random.Next(40))).ToList();
        var working = Task.WhenAll(clients);
        var trouble = new Trouble(this, troubles).Run(working);
        await working;
        await trouble;
        await Finish();
    });

    /// <summary>Asks until there is an answer, of one process or another.</summary>
    public async Task<TReply> Persist<TReply>(GrainAddress to, ICommand<TReply> command)
    {
        for (var attempt = 0; attempt < MostAttempts; attempt++)
        {
            try
            {
                return await Someone().Router.Ask(to, command, CancellationToken.None);
            }
            catch (GrainUnavailableException)
            {
                await Pause(Random.Next(6));
            }
        }

        throw new InvalidOperationException($"{command} to {to} was not answered in {MostAttempts} attempts.");
    }

    public async Task<ReferralReply> Tell(Place place, ICommand<ReferralReply> command)
    {
        var askedAt = Time.GetTimestamp();
        var reply = await Persist(Address(place), command);
        Log.States.Add((place, reply, askedAt, Time.GetTimestamp()));
        return reply;
    }

    public static GrainAddress Address(Place place) => GrainAddress.Referral(place.Tenant, place.Program, place.Referee);

    /// <summary>Wakes every grain that is due, in any order.</summary>
    public async Task Sweep()
    {
        foreach (var tenant in await Tenants.All(CancellationToken.None))
            foreach (var (stream, _) in Database.Due(tenant.Number, Time.GetUtcNow()).OrderBy(_ => Random.Next()))
                await Tell(new(tenant.Number, new(stream.Key.First), new(stream.Key.Second)), new SettleDue());
    }

    public Process StartProcess()
    {
        var faults = new RandomFaults(Random, 15 * troubles, 4 * troubles, 4 * troubles) { Over = true };
        var process = new Process(this, faults, impatience: 2 * troubles);
        faults.Dies = () => Restart(process);
        Processes.Add(process);
        Everyone.Add(process);
        return process;
    }

    /// <summary>Kills a process and starts another.</summary>
    public void Restart(Process process)
    {
        process.Kill();
        if (!Processes.Remove(process)) return;
        Database.End(process.Node.Lease.Silo);
        StartProcess().Faults.Over = process.Faults.Over;
    }

    /// <summary>One that is silent is ended and another started; it wakes up later and knows nothing of it.</summary>
    public void End(Process silent)
    {
        silent.Node.Lease.IsHeld = false;
        Processes.Remove(silent);
        Stopped.Add(silent);
        Database.End(silent.Node.Lease.Silo);
        StartProcess().Faults.Over = false;
    }

    public static async Task Pause(int steps)
    {
        for (; steps > 0; steps--) await Task.Yield();
    }

    /// <summary>The process that an attempt happens to reach.</summary>
    public Process Someone() =>
        Stopped.Count > 0 && Random.Next(8) == 0 ? Stopped[Random.Next(Stopped.Count)] : Processes[Random.Next(Processes.Count)];

    private async Task Open()
    {
        foreach (var tenant in await Tenants.All(CancellationToken.None))
        {
            foreach (var referrer in Referrers)
                await Persist(GrainAddress.Referrer(tenant.Number, referrer), new CreateReferrer(null, referrer.Value, Random.Next(2) == 0 ? [] : ["vip"], false, null));
            foreach (var program in Programs)
            {
                await Persist(GrainAddress.Program(tenant.Number, program), new CreateProgram(program.Value, "GBP", "Europe/London", new(BasisPoints: 15_00), new(new(AmountMinor: 5_00))));
                for (var i = 1 + Random.Next(2); i > 0; i--)
                    await Persist(GrainAddress.Program(tenant.Number, program), new PublishRule(Rule(program, $"rule{i}"), RandomRules.Plain(Random), RandomRules.State(Random)));
            }

            await Persist(GrainAddress.Program(tenant.Number, new("tiered")), new PublishRule(Rule(new("tiered"), "tiers"), RandomRules.Tiered(Random), new(Enabled: true)));
            foreach (var program in Programs)
                foreach (var referee in Referees)
                    if (Random.Next(2) == 0)
                        await Tell(new(tenant.Number, program, referee), new AttributeReferral(Referrers[Random.Next(Referrers.Count)], null, null, Approve: Random.Next(4) > 0, null));
        }
    }

    // Peace, a new process, all holds over; then every action that was answered is sent once more.
    private async Task Finish()
    {
        foreach (var process in Everyone) process.Faults.Over = true;
        Stopped.Clear();
        foreach (var process in Processes.ToList()) Restart(process);
        await Sweep();
        Time.Advance(TimeSpan.FromDays(2_000));
        await Sweep();
        var answered = Log.Sendings.Where(sending => sending.Outcome is not null).DistinctBy(sending => (sending.To.Tenant, sending.Action.Id)).ToList();
        foreach (var sending in answered)
        {
            var again = Log.Sent(sending.Intention, sending.To, sending.Action, dryRun: false);
            again.Answered((await Persist(Address(sending.To), new RecordActions([sending.Action]))).Replies[0], Log.Tick());
        }
    }
}
