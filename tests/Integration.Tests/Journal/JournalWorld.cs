using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Referrers;
using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Programs;
using ReferralGrains.Storage.Referrers;
using ReferralGrains.Turns.Referrals;

namespace ReferralGrains.Integration.Tests.Journal;

/// <summary>
/// One tenant's program, referrers and referees in a real journal. Every command is a turn: the stream is loaded and folded, the
/// domain decides, and the append is committed.
/// </summary>
public sealed class JournalWorld : IAsyncDisposable
{
    public static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private const short Enrollment = 2;
    private const short Referrer = 3;
    private const short ProgramKind = 4;

    private readonly Dictionary<string, ReferrerFacts> referrers = [];
    private readonly StreamLoader loader;
    private int actions;

    private JournalWorld(JournalDatabase database, int tenant)
    {
        (Database, Tenant) = (database, tenant);
        Writer = new(database.Source, new Assets(database.Source), new StillLease(), TimeProvider.System, NullLogger<JournalWriter>.Instance);
        loader = new(database.Source);
    }

    public JournalDatabase Database { get; }

    public int Tenant { get; }

    public JournalWriter Writer { get; }

    public DateTimeOffset Now { get; set; } = Start;

    public ProgramTerms Program { get; private set; } = null!;

    /// <summary>A GBP program with these rules in force, and the referrer Rita.</summary>
    public static async Task<JournalWorld> Create(JournalDatabase database, string tenant, params RewardRule[] rules)
    {
        var tenants = new Storage.Tenants.Tenants(database.Source, new StillLease(), TimeProvider.System);
        await tenants.Create(new(tenant), sandbox: false, clockAt: null, TestContext.Current.CancellationToken);
        var number = (await tenants.Find(new(tenant), TestContext.Current.CancellationToken))!.Number;
        var world = new JournalWorld(database, number);
        await world.Publish(rules);
        await world.AddReferrer("rita");
        return world;
    }

    /// <summary>The same in a copy of its database.</summary>
    public JournalWorld In(JournalDatabase copy)
    {
        var world = new JournalWorld(copy, Tenant) { Now = Now, Program = Program, actions = actions };
        foreach (var (id, facts) in referrers) world.referrers.Add(id, facts);
        return world;
    }

    public async Task AddReferrer(string id, params string[] tags)
    {
        var key = new StreamKey(Tenant, Referrer, id, "");
        var loaded = await loader.Load(key);
        var facts = referrers[id] = new(loaded.Stream, new(id), 1, Closed: false, [.. tags], []);
        await Commit(new()
        {
            Tenant = Tenant,
            Streams = [new(loaded.Stream, 1, [EventCodec.Encode(new ReferrerCreated([.. tags]), loaded.Stream, Now)], key)],
            Facts = [new(loaded.Stream, 1, JsonSerializer.Serialize(facts, JournalJson.Default.ReferrerFacts))],
            SideRows = [SideRows.Of<ReferrerRow>([new(loaded.Stream, "CODE-" + id, id + "@example.org", "Name of " + id, CashOptIn: true, "cus_1", Now)])],
        });
    }

    public ReferrerFacts Facts(string id) => referrers[id];

    /// <summary>Books an entry by hand for Rita.</summary>
    public async Task Book(string id, long minor, bool alreadyPaid = false)
    {
        var loaded = await loader.Load(new(Tenant, Referrer, "rita", ""));
        var entry = new EntryBooked(new(id), new("GBP"), minor, alreadyPaid, "because", "admin");
        await Commit(new()
        {
            Tenant = Tenant,
            Streams = [new(loaded.Stream, loaded.Head + 1, [EventCodec.Encode(entry, loaded.Stream, Now)])],
            SideRows = [SideRows.Of<EntryRow>([new(EntryKind.Manual, entry.Id, loaded.Stream, loaded.Head + 1)])],
        });
    }

    /// <summary>Links a referee and approves the referral now.</summary>
    public Task Refer(string referee, string referrer = "rita", params string[] tags) =>
        Turn(referee, turn =>
        {
            turn.Meet(referrers[referrer]);
            return ReferralCommands.Attribute(turn, referrers[referrer], [.. tags], null, Now);
        });

    public Task<Decision> Sell(string referee, long? minor, string? id = null) => Send(referee, ActionKind.Sale, minor, id, null);

    public Task<Decision> Refund(string referee, string of, long? minor = null, string? id = null) => Send(referee, ActionKind.Refund, minor, id, of);

    public async Task<Decision> Send(string referee, ActionKind kind, long? minor, string? id, string? about)
    {
        id ??= $"{referee}-{++actions}";
        var action = new ReferralAction(
            new(id), Rows.Hash($"{id}|{kind}|{minor}|{about}"), kind, minor, null, Now, about is null ? null : new CallerId(about), [], null, null);
        return await Turn(referee, turn => turn.Record(action), action.Id, action.About, action);
    }

    /// <summary>Ends what is due by now on one referral.</summary>
    public Task Settle(string referee) => Turn(referee, turn =>
    {
        turn.SettleDue();
        return 0;
    });

    public async Task<StreamId> Stream(string referee) => (await loader.Load(Key(referee))).Stream;

    public async Task<IReadOnlyList<StoredRow>> RowsOf(string referee) => (await loader.Load(Key(referee))).Rows!;

    public async Task<Referral> State(string referee) => (await Recorded(referee)).Aggregate(Referral.None, static (state, recorded) => ReferralFold.Evolve(state, recorded.At, recorded.Event));

    /// <summary>All that happened to a referral.</summary>
    public async Task<IReadOnlyList<Recorded>> Recorded(string referee)
    {
        var loaded = await loader.Load(Key(referee));
        var rows = loaded.Rows ?? await loader.ToTheEnd(loaded.Stream, await loader.Tail(loaded.Stream, 0)).ToListAsync();
        return [.. rows.Select(static row => new Recorded(row.Seq, row.At, row.Decode<ReferralEvent>()))];
    }

    /// <summary>Many sales in one turn.</summary>
    public Task<int> SellMany(string referee, int sales, long minor) => Turn(referee, turn =>
    {
        for (var i = 0; i < sales; i++)
        {
            var id = $"{referee}-{++actions}";
            turn.Record(new(new(id), Rows.Hash(id), ActionKind.Sale, minor, null, Now, null, [], null, null));
        }

        return sales;
    });

    /// <summary>What is known of any customer for whom a reward waits (H15).</summary>
    public CustomerState Customer { get; set; }

    public Task<T> Turn<T>(string referee, Func<ReferralTurn, T> command) => Turn(referee, command, null, null, null);

    public async ValueTask DisposeAsync()
    {
        await Writer.DisposeAsync();
        await loader.DisposeAsync();
    }

    private async Task<T> Turn<T>(string referee, Func<ReferralTurn, T> command, CallerId? id, CallerId? about, ReferralAction? action)
    {
        var loaded = await loader.Load(Key(referee));
        var before = await State(referee);
        var known = new KnownActions(loaded.Stream, before);
        for (var wanted = new[] { id, about }.OfType<CallerId>().ToHashSet(); wanted.Count > 0;)
        {
            var found = await loader.Actions(Tenant, wanted);
            foreach (var history in found) known.Add(history);
            wanted = [.. found.Select(history => history.Action.About).OfType<CallerId>().Where(one => known.Find(one) is null)];
        }

        var referrer = referrers.Values.FirstOrDefault(facts => facts.Stream == before.Referrer);
        var turn = new ReferralTurn(before, new(Now > before.LastAt ? Now : before.LastAt, Program, referrer, Tally: null) { Customer = Customer }, known);
        var reply = command(turn);
        if (ReferralAppend.Of(Key(referee), turn, before, reply is Decision.Conflict ? [action!] : [], 0) is { } append) await Commit(append);
        return reply;
    }

    private async Task Publish(RewardRule[] rules)
    {
        var key = new StreamKey(Tenant, ProgramKind, "program", "");
        var stream = (await loader.Load(key)).Stream;
        List<ProgramEvent> events = [new ProgramCreated(new("program"), "Program", "GBP", "Europe/London")];
        events.AddRange(rules.Select((rule, i) => new RulePublished(i + 1, new($"rule{i + 1}"), 1, rule, new(Enabled: true))));
        var program = events.Aggregate(ReferralProgram.None, (state, e) => ReferralProgram.Evolve(state, Now, stream, e));
        Program = program.Terms!;
        await Commit(new()
        {
            Tenant = Tenant,
            Streams = [new(stream, 1, [.. events.Select(e => EventCodec.Encode(e, Now))], key)],
            Facts = [new(stream, program.Seq, JsonSerializer.Serialize(Program, JournalJson.Default.ProgramTerms))],
            SideRows = [SideRows.Of<RuleRow>([.. Program.Rules.Select(rule => new RuleRow(rule.Id, stream))])],
        });
    }

    private async Task Commit(Append append) => Assert.Equal(AppendOutcome.Committed, await Writer.Append(append));

    private StreamKey Key(string referee) => new(Tenant, Enrollment, "program", referee);
}
