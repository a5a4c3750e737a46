using System.Text.Json;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Referrers;
using ReferralGrains.Simulation.Database;
using ReferralGrains.Simulation.Market;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Turns;

namespace ReferralGrains.Simulation.Oracle;

/// <summary>The final journal, read once for all that is checked.</summary>
public sealed class History
{
    public History(MemoryDatabase database)
    {
        Database = database;
        Rows = database.Rows();
        foreach (var stream in database.Streams.Where(stream => stream.Rows.Count > 0))
        {
            switch ((GrainKind)stream.Key.Kind)
            {
                case GrainKind.Referral: Referrals.Add(new(stream)); break;
                case GrainKind.Referrer: Referrers.Add(stream.Id, new(stream)); break;
                case GrainKind.Program: Programs.Add(stream.Id, new(stream)); break;
            }
        }
    }

    public MemoryDatabase Database { get; }

    /// <summary>In the order in which they were committed.</summary>
    public IReadOnlyList<JournalRow> Rows { get; }

    public List<ReferralHistory> Referrals { get; } = [];

    public Dictionary<StreamId, ReferrerHistory> Referrers { get; } = [];

    public Dictionary<StreamId, ProgramHistory> Programs { get; } = [];

    public ProgramHistory ProgramOf(ReferralHistory referral) =>
        Programs[Database.Find(new(referral.Place.Tenant, (short)GrainKind.Program, referral.Place.Program.Value, ""))!.Id];

    /// <summary>Whether a hold waits: a group that was released holds nothing, though its referral may not know yet (H14).</summary>
    public bool Waits(ReferralHistory referral, OpenHold hold) => hold.Group == 0 || hold.Group >= GroupOf(referral, hold).Number;

    public RewardGroup GroupOf(ReferralHistory referral, OpenHold hold) =>
        Referrers[hold.Referrer].State.Tallies[ProgramOf(referral).Stream.Id.Value].GroupOf(referral.State.Enrollments[hold.Enrollment - 1].Rule, hold.Asset);

    /// <summary>The events of a stream, without rows that only continue a posting.</summary>
    public static List<(JournalRow Row, T Event)> Events<T>(JournalStream stream)
        where T : class =>
        [.. stream.Rows.Where(row => row.Event.Type != 0).OrderBy(row => row.Seq).Select(row => (row, row.Decode<T>()))];
}

public sealed class ReferralHistory
{
    private readonly Dictionary<int, Referral> states = [];

    public ReferralHistory(JournalStream stream)
    {
        Stream = stream;
        Place = new(stream.Key.Tenant, new(stream.Key.First), new(stream.Key.Second));
        Events = History.Events<ReferralEvent>(stream);
        foreach (var (row, e) in Events)
        {
            State = ReferralFold.Evolve(State, row.Event.At, e);
            states[State.Seq] = State;
        }
    }

    public JournalStream Stream { get; }

    public Place Place { get; }

    public List<(JournalRow Row, ReferralEvent Event)> Events { get; }

    public Referral State { get; } = Referral.None;

    /// <summary>The state as the first rows say, as text; null where no event ends there.</summary>
    public string? StateAt(int seq) => seq == 0 ? Text(Referral.None) : states.TryGetValue(seq, out var state) ? Text(state) : null;

    public static string Text(Referral state) => JsonSerializer.Serialize(state, JournalJson.Default.Referral);
}

public sealed class ReferrerHistory
{
    public ReferrerHistory(JournalStream stream)
    {
        Stream = stream;
        Events = History.Events<ReferrerEvent>(stream);
        State = Events.Aggregate(Referrer.None, (state, row) => Referrer.Evolve(state, row.Row.Event.At, row.Event));
    }

    public JournalStream Stream { get; }

    public List<(JournalRow Row, ReferrerEvent Event)> Events { get; }

    public Referrer State { get; }
}

public sealed class ProgramHistory
{
    public ProgramHistory(JournalStream stream)
    {
        Stream = stream;
        var state = ReferralProgram.None;
        foreach (var (row, e) in History.Events<ProgramEvent>(stream))
        {
            state = ReferralProgram.Evolve(state, row.Event.At, stream.Id, e);
            Revisions.Add((row, state.Terms!));
        }
    }

    public JournalStream Stream { get; }

    public List<(JournalRow Row, ProgramTerms Terms)> Revisions { get; } = [];

    public ProgramTerms Terms => Revisions[^1].Terms;

    /// <summary>The terms that every commit after another one has to know.</summary>
    public ProgramTerms Before(long commit) => Revisions.Last(revision => revision.Row.Commit < commit).Terms;

    /// <summary>All terms that a commit may have been decided on: a change in the same commit may be on either side.</summary>
    public IEnumerable<ProgramTerms> At(long commit) =>
        Revisions.Where(revision => revision.Row.Commit == commit).Select(revision => revision.Terms).Append(Before(commit));
}
