using System.Collections.Immutable;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Ledger;
using ReferralGrains.Domain.Money;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Tests.World;
using ReferralGrains.Simulation.Database;
using ReferralGrains.Simulation.Engine;
using ReferralGrains.Simulation.Node;
using ReferralGrains.Simulation.Time;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Turns.Programs;
using ReferralGrains.Turns.Referrals;
using ReferralGrains.Turns.Referrers;

namespace ReferralGrains.Turns.Tests.World;

/// <summary>
/// A program in GBP, its referrer Rita and her referee Anna, over a plain engine and a journal in memory. Every command goes
/// through the router, as the gateway sends it.
/// </summary>
public sealed class Shop : IAsyncDisposable
{
    public const string Rita = "rita";
    public const string Anna = "anna";
    public const string Ben = "ben";

    public static readonly CallerId Program = new("shop");
    public static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly List<MemoryNode> nodes = [];

    private Shop(bool sandbox)
    {
        Tenants = new(Time);
        Tenant = Tenants.Add("default", sandbox, sandbox ? Start : null).Number;
        Node = Started();
    }

    public FakeTime Time { get; } = new(Start);

    public MemoryDatabase Database { get; } = new();

    public MemoryTenants Tenants { get; }

    public int Tenant { get; }

    /// <summary>The process that commands go to.</summary>
    public MemoryNode Node { get; set; }

    public DateTimeOffset Now => Time.GetUtcNow();

    /// <summary>With Rita and these rules, named rule1, rule2, …; Anna is referred and approved.</summary>
    public static async Task<Shop> Open(params RewardRule[] rules)
    {
        var shop = await Empty(rules);
        await shop.Refer(Anna);
        return shop;
    }

    /// <summary>With Rita and these rules, and nobody referred.</summary>
    public static Task<Shop> Empty(params RewardRule[] rules) => Empty(sandbox: false, rules);

    public static async Task<Shop> Empty(bool sandbox, params RewardRule[] rules)
    {
        var shop = new Shop(sandbox);
        await shop.Ask(GrainAddress.Program(shop.Tenant, Program), new CreateProgram("Shop", "GBP", "Europe/London"));
        for (var i = 0; i < rules.Length; i++) await shop.Publish(rules[i], $"rule{i + 1}");
        await shop.Introduce(Rita);
        return shop;
    }

    /// <summary>One more process on the same database, that may write as well: what a cluster would be with two activations of a grain.</summary>
    public MemoryNode Started()
    {
        var node = new MemoryNode(Database, Tenants, world => new PlainRouter(world, Time));
        nodes.Add(node);
        return node;
    }

    /// <summary>Nothing that was in memory is left.</summary>
    public void Restart()
    {
        Node.Journal.Kill();
        Node = Started();
    }

    public Task<TReply> Ask<TReply>(GrainAddress to, ICommand<TReply> command, MemoryNode? node = null, CancellationToken stop = default) =>
        new AliasRouter((node ?? Node).Router).Ask(to, command, stop).WaitAsync(Patience, TimeProvider.System, CancellationToken.None);

    public Task<ProgramReply> Publish(RewardRule terms, string rule = "rule1", SentState? state = null, MemoryNode? node = null) =>
        Ask(GrainAddress.Program(Tenant, Program), new PublishRule(new(rule), terms, state ?? new()), node);

    public Task<ProgramReply> Switch(bool enabled, string rule = "rule1", MemoryNode? node = null) =>
        Ask(GrainAddress.Program(Tenant, Program), new SwitchRule(new(rule), enabled, "admin"), node);

    public Task<ReferrerReply> Introduce(string referrer, params string[] tags) =>
        Ask(GrainAddress.Referrer(Tenant, new(referrer)), new CreateReferrer($"{referrer}@example.com", referrer, [.. tags], false, null));

    public Task<ReferrerReply> Close(string referrer, MemoryNode? node = null) =>
        Ask(GrainAddress.Referrer(Tenant, new(referrer)), new CloseReferrer(null, "admin"), node);

    public Task<ReferralReply> Refer(
        string referee, string referrer = Rita, bool approve = true, DateTimeOffset? approvedAt = null, MemoryNode? node = null) =>
        Tell(new AttributeReferral(new(referrer), null, null, approve, approvedAt), referee, node);

    public Task<ReferralReply> Tell(ICommand<ReferralReply> command, string referee = Anna, MemoryNode? node = null) =>
        Ask(GrainAddress.Referral(Tenant, Program, new(referee)), command, node);

    public Task<ActionsRecorded> Send(RecordActions actions, string referee = Anna, MemoryNode? node = null) =>
        Ask(GrainAddress.Referral(Tenant, Program, new(referee)), actions, node);

    public async Task<ActionReply> Send(ReferralAction action, string referee = Anna, MemoryNode? node = null) =>
        Assert.Single((await Send(new RecordActions([action]), referee, node)).Replies);

    /// <summary>A sale that occurs now.</summary>
    public Task<ActionReply> Sell(string id, long? minor, string referee = Anna, MemoryNode? node = null) =>
        Send(Simulation.Domain.Sent.Sale(id, minor, Now), referee, node);

    public async Task<Referral> State(string referee = Anna) => (await Tell(new SettleDue(), referee)).State!;

    public Balance Balance(string referrer = Rita, Asset? asset = null) => Database.Balances.GetValueOrDefault((Stream(GrainKind.Referrer, referrer).Id, asset ?? Rules.Gbp));

    public JournalStream Stream(GrainKind kind, string first, string second = "") => Database.Stream(new StreamKey(Tenant, (short)kind, first, second));

    public JournalStream Referral(string referee = Anna) => Stream(GrainKind.Referral, Program.Value, referee);

    /// <summary>The events of a referral, as they are in the journal.</summary>
    public ImmutableArray<ReferralEvent> Events(string referee = Anna) =>
        [.. Referral(referee).Rows.Where(row => row.Event.Type != 0).Select(row => row.Decode<ReferralEvent>())];

    public ValueTask DisposeAsync()
    {
        Assert.All(nodes, static node => Assert.Empty(node.Log.Errors));
        return default;
    }
}
