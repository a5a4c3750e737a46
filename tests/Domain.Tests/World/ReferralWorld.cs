using System.Collections.Immutable;
using System.Text.Json;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Ledger;
using ReferralGrains.Domain.Money;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Referrers;

namespace ReferralGrains.Domain.Tests.World;

/// <summary>
/// A program, a referrer and her referees. Every command is a turn of its own, over a state folded from what was committed and
/// actions loaded by id, as a grain does it.
/// </summary>
public sealed class ReferralWorld
{
    public const string Anna = "anna";

    public static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly StreamId ProgramStream = new(1);

    private readonly Dictionary<string, Referral> referrals = [];
    private readonly Dictionary<string, StreamId> streams = [];
    private readonly Dictionary<(int Rule, int Round), (string? Referee, CallerId? Action, long Undone)> rounds = [];
    private int actions;

    /// <summary>A GBP program with these rules, and Anna, referred and approved at <see cref="Start"/>.</summary>
    public ReferralWorld(params RewardRule[] rules)
        : this("GBP", rules)
    {
        Refer(Anna);
        Now = Start.AddDays(1);
    }

    private ReferralWorld(string currency, RewardRule[] rules)
    {
        Program = new(ProgramStream, new("program"), "Program", currency, "Europe/London", 1, []);
        foreach (var rule in rules) Publish(rule);
    }

    /// <summary>The same without any referral.</summary>
    public static ReferralWorld Empty(params RewardRule[] rules) => InCurrency("GBP", rules);

    public static ReferralWorld InCurrency(string currency, params RewardRule[] rules) => new(currency, rules);

    public Journal Journal { get; } = new();

    public DateTimeOffset Now { get; set; } = Start;

    public ProgramTerms Program { get; private set; }

    /// <summary>Every command is decided a second time from the same input, which must give the same events.</summary>
    public bool DecidesTwice { get; set; }

    public ReferrerFacts Referrer { get; set; } = new(new(2), new("rita"), 1, Closed: false, [], []);

    /// <summary>What is said of a referee's customer whenever a hold asks.</summary>
    public CustomerState Customer { get; set; } = CustomerState.Unknown;

    public Tally Tally { get; set; } = Tally.Empty;

    /// <summary>What is used of the budgets that all referrers share.</summary>
    public ImmutableArray<BudgetUse>? Spent { get; private set; }

    /// <summary>Groups that have reached their amounts, in that order.</summary>
    public List<RewardGroup> Released { get; } = [];

    public Referral State(string referee = Anna) => referrals.GetValueOrDefault(referee, Referral.None);

    public StreamId Stream(string referee = Anna) =>
        streams.TryGetValue(referee, out var stream) ? stream : streams[referee] = new(10 + streams.Count);

    public Enrollment Enrollment(int number = 1) => State().Enrollments[number - 1];

    public ReferralWorld Refer(string referee, DateTimeOffset? approvedAt = null, long? conversionValue = null, params string[] tags)
    {
        Attribute(referee, approvedAt ?? Now, conversionValue, tags);
        return this;
    }

    public Decision Attribute(string referee, DateTimeOffset? approvedAt, long? conversionValue = null, params string[] tags) =>
        Turn(referee, turn => ReferralCommands.Attribute(turn, Referrer, [.. tags], conversionValue, approvedAt));

    public Sent Send(Draft draft)
    {
        var action = draft.ToAction(draft.Id ?? $"a{++actions}", Now);
        var decision = Turn(draft.Referee, turn => turn.Record(action), action.Id, action.About);
        return new(decision, decision is Decision.Refused ? null : Outcome(action.Id, draft.Referee));
    }

    public ActionOutcome Outcome(CallerId id, string referee = Anna)
    {
        var known = Journal.Load(Stream(referee), State(referee), [id]);
        return ActionOutcome.Of(known.Find(id)!, known, State(referee));
    }

    public Decision Release(long reward, string referee = Anna) =>
        Turn(referee, turn => RewardCommands.Release(turn, RewardId.FromKey(reward), "rev"));

    public Decision CancelReward(long reward, string referee = Anna) =>
        Turn(referee, turn => RewardCommands.Cancel(turn, RewardId.FromKey(reward), null, "rev"));

    /// <summary>Lets the clock run and ends the hold windows that are over.</summary>
    public void Advance(TimeSpan time)
    {
        Now += time;
        foreach (var referee in referrals.Keys.ToList()) Turn(referee, turn => { turn.SettleDue(); return true; });
    }

    /// <summary>What is undone of rounds of first sales comes to the referrals that have their rewards (H9).</summary>
    public void SettleRounds()
    {
        foreach (var ((rule, round), (referee, action, undone)) in rounds.ToList())
            if (referee is not null)
                Turn(referee, turn => { turn.SettleDue(); return true; }, [new(Referrer.Stream, rule, round, action!.Value, undone)], action);
    }

    public T Turn<T>(string referee, Func<ReferralTurn, T> command, params CallerId?[] ids) => Turn(referee, command, [], ids);

    private T Turn<T>(string referee, Func<ReferralTurn, T> command, ImmutableArray<UndoneRound> undone, params CallerId?[] ids)
    {
        var turn = Begin(referee, undone, ids);
        var again = Begin(referee, undone, ids);
        var reply = command(turn);
        if (DecidesTwice)
        {
            command(again);
            Assert.Equal(JsonSerializer.Serialize(turn.Events), JsonSerializer.Serialize(again.Events));
        }

        Journal.Commit(Stream(referee), turn.Events);
        referrals[referee] = turn.State;
        if (turn.Facts.Tally is { } tally) Tally = tally;
        Spent = turn.Facts.Spent;
        Released.AddRange(turn.Released);
        foreach (var recorded in turn.Events) Gather(referee, recorded.Event);
        return reply;
    }

    private void Gather(string referee, ReferralEvent e)
    {
        if (e is SaleDecided sale)
            foreach (var decision in sale.Decisions)
                if (decision is { Minor: > 0, Further.Round: > 0 and var paid })
                    rounds[(decision.Rule, paid)] = (referee, sale.Action.Id, rounds.GetValueOrDefault((decision.Rule, paid)).Undone);
        foreach (var share in (e as SaleReversed)?.Rounds ?? (e as ReversalUndone)?.Rounds ?? [])
            rounds[(share.Rule, share.Round)] = rounds.GetValueOrDefault((share.Rule, share.Round)) is var round ? round with { Undone = round.Undone + share.Minor } : default;
    }

    public ReferralTurn Begin(string referee, params CallerId?[] ids) => Begin(referee, [], ids);

    private ReferralTurn Begin(string referee, ImmutableArray<UndoneRound> undone, CallerId?[] ids)
    {
        var state = State(referee);
        var known = Journal.Load(Stream(referee), state, ids.OfType<CallerId>());
        return new(state, Facts(state), known) { UndoneRounds = undone };
    }

    /// <summary>A new rule, or a new version of a rule that is there.</summary>
    public void Publish(RewardRule terms, int rule = 0, RuleState? state = null)
    {
        var revision = Program.Revision + 1;
        var number = rule == 0 ? Program.Rules.Length + 1 : rule;
        var rules = rule == 0
            ? Program.Rules.Add(new(number, new($"rule{number}"), state ?? new(Enabled: true), [new(1, revision, terms)]))
            : Program.Rules.SetItem(rule - 1, Program.Rule(rule) with
            {
                Versions = Program.Rule(rule).Versions.Add(new(Program.Rule(rule).Versions.Length + 1, revision, terms)),
            });
        Program = Program with { Revision = revision, Rules = rules };
    }

    public void Set(RuleState state, int rule = 1) =>
        Program = Program with { Revision = Program.Revision + 1, Rules = Program.Rules.SetItem(rule - 1, Program.Rule(rule) with { State = state }) };

    /// <summary>What no action earned, as it stands now.</summary>
    public IReadOnlyList<GrantedReward> Granted(string referee = Anna) => [.. GrantedReward.Of(Journal.Of(Stream(referee)), State(referee))];

    public long Balance(AccountKind kind, Asset? asset = null) => Postings().Where(posting => posting.Amount.Asset == (asset ?? Rules.Gbp)).Sum(posting =>
        (posting.To.Kind == kind ? posting.Amount.Minor : 0) - (posting.From.Kind == kind ? posting.Amount.Minor : 0));

    public IEnumerable<Posting> Postings() => Journal.All.SelectMany(e => Movements.Of(e, Program.Stream));

    private DecisionFacts Facts(Referral state) => new(
        Now > state.LastAt ? Now : state.LastAt, Program, state.Status == ReferralStatus.None ? null : Referrer, Program.NeedsReferrer ? Tally : null)
    {
        Customer = Customer,
        Spent = Spent,
    };
}
