using System.Globalization;

namespace Torture;

/// <summary>An action as it is sent, each time in the same words.</summary>
/// <param name="Of">What a refund or a chargeback names, or what undoes one of them.</param>
internal sealed record SentAction(string Id, Kind Kind, string Type, string Referee, long? Minor, string? Of, string? OccurredAt)
{
    public string Body { get; } = Write(Id, Kind, Type, Referee, Minor, Of, OccurredAt);

    /// <summary>Another action under the same id.</summary>
    public string OtherBody => Write(Id, Kind, Type, Referee, (Minor ?? 0) + 1, Of, OccurredAt);

    private static string Write(string id, Kind kind, string type, string referee, long? minor, string? of, string? at)
    {
        var named = type.StartsWith("refund", StringComparison.Ordinal) ? "refund_of" : "chargeback_of";
        var body = $"{{\"action_id\":\"{id}\",\"program_id\":\"{Terms.Program(kind)}\",\"type\":\"{type}\",\"referee_id\":\"{referee}\"";
        if (minor is { } amount) body += string.Create(CultureInfo.InvariantCulture, $",\"amount_minor\":{amount}");
        if (of is not null) body += $",\"{named}\":\"{of}\"";
        if (at is not null) body += $",\"occurred_at\":\"{at}\"";
        return body + "}";
    }
}

/// <summary>What a client does next.</summary>
internal abstract record Step
{
    internal sealed record Act(SentAction Action) : Step;

    /// <summary>The id of something that is acknowledged, with other content.</summary>
    internal sealed record Contradict(SentAction Action) : Step;

    /// <summary>A referee's checkout, from the first question to the last.</summary>
    internal sealed record Checkout(string Referee, long Minor) : Step;
}

/// <summary>Everything that is sent, by the client that sends it.</summary>
internal sealed class Work
{
    // Of 100 sales; a schedule needs none.
    private static readonly (Kind Kind, int Share)[] shares =
        [(Kind.Plain, 33), (Kind.Held, 19), (Kind.Capped, 14), (Kind.Tiered, 12), (Kind.Budget, 8), (Kind.Own, 6), (Kind.Group, 5), (Kind.First, 3)];

    private readonly Random random;
    private readonly Plan plan;
    private readonly string soldAt;
    private readonly List<(double At, Step Step)>[] lanes = [.. Enumerable.Range(0, Plan.Lanes).Select(static _ => new List<(double, Step)>())];
    private readonly List<(SentAction Action, int Lane, double At)> sent = [];
    private int ids;

    private Work(Plan plan, string soldAt) => (this.plan, this.soldAt, random) = (plan, soldAt, new(plan.Seed));

    public IReadOnlyList<IReadOnlyList<Step>> Lanes { get; private set; } = [];

    public IReadOnlyList<SentAction> Actions { get; private set; } = [];

    public int Steps => Lanes.Sum(static lane => lane.Count);

    /// <summary>So that it is spent before half of what asks for it has come.</summary>
    public long BudgetMinor { get; private set; }

    /// <summary>The same, of each referrer.</summary>
    public long OwnBudgetMinor { get; private set; }

    public long BudgetOf(Kind kind) => kind == Kind.Own ? OwnBudgetMinor : BudgetMinor;

    /// <param name="plan">How much.</param>
    /// <param name="soldAt">When the sales of a program with a budget were, which are all of one month.</param>
    public static Work Of(Plan plan, string soldAt)
    {
        var work = new Work(plan, soldAt);
        work.Make();
        return work;
    }

    public static string Referrer(Kind kind, int index) => string.Create(CultureInfo.InvariantCulture, $"{Terms.Program(kind)}-r{index}");

    public static string Referee(Kind kind, int index) => string.Create(CultureInfo.InvariantCulture, $"{Terms.Program(kind)}-c{index}");

    private void Make()
    {
        var reversals = plan.Actions / 10;
        var sales = plan.Actions - reversals;
        foreach (var (kind, share) in shares)
            for (var i = 0; i < sales * share / 100; i++) Sell(kind);
        var sold = sent.Where(static one => one.Action.Minor >= 100 && one.Action.Kind is Kind.Plain or Kind.Held or Kind.Capped or Kind.Tiered or Kind.Own).ToArray();
        random.Shuffle(sold);
        for (var i = 0; sent.Count < plan.Actions && i < sold.Length; i++) Reverse(sold[i].Action);
        BudgetMinor = Sold(Kind.Budget) / 25;
        OwnBudgetMinor = Math.Max(100, Sold(Kind.Own) / 25 / plan.Referrers);
        Repeat();
        for (var referee = 0; referee < plan.Referrers * plan.RefereesEach; referee++)
            lanes[LaneOf(Kind.First, referee)].Add((-1, new Step.Checkout(Referee(Kind.First, referee), random.Next(1_000, 20_000))));
        Actions = [.. sent.Select(static one => one.Action)];
        Lanes = [.. lanes.Select(static lane => lane.OrderBy(static step => step.At).Select(static step => step.Step).ToList())];
    }

    private long Sold(Kind kind) => sent.Where(one => one.Action.Kind == kind && one.Action.Type == "sale").Sum(static one => one.Action.Minor ?? 0);

    private void Sell(Kind kind)
    {
        var minor = random.Next(20) == 0 ? 0 : random.Next(1, 10_000);
        Put(kind, "sale", Referee(kind, random.Next(plan.Referrers * plan.RefereesEach)), minor, null, kind is Kind.Budget or Kind.Own ? soldAt : null);
    }

    // Most of them, and what undoes them, come before what they name as often as after it.
    private void Reverse(SentAction sale)
    {
        var dice = Terms.IsOrderless(sale.Kind) ? random.Next(10) : 0;
        if (dice < 6)
        {
            var refund = Put(sale.Kind, "refund", sale.Referee, random.Next(1, 8_000), sale.Id);
            if (random.Next(4) == 0) Put(sale.Kind, "refund", sale.Referee, random.Next(1, 8_000), sale.Id);
            if (dice == 5) Put(sale.Kind, "refund_failed", sale.Referee, null, refund.Id);
        }
        else
        {
            var chargeback = Put(sale.Kind, "chargeback", sale.Referee, random.Next(1, (int)sale.Minor! + 1), sale.Id);
            if (dice > 7) Put(sale.Kind, "chargeback_won", sale.Referee, null, chargeback.Id);
        }
    }

    private SentAction Put(Kind kind, string type, string referee, long? minor, string? of, string? at = null)
    {
        var action = new SentAction(string.Create(CultureInfo.InvariantCulture, $"a{++ids}"), kind, type, referee, minor, of, at);
        var (lane, moment) = (LaneOf(kind, int.Parse(referee.AsSpan(referee.LastIndexOf('c') + 1), CultureInfo.InvariantCulture)), random.NextDouble());
        lanes[lane].Add((moment, new Step.Act(action)));
        sent.Add((action, lane, moment));
        return action;
    }

    // Where order decides, the same client repeats what it knows to be done. Elsewhere anybody does, also before and at the same moment.
    private void Repeat()
    {
        for (var i = 0; i < plan.Duplicates; i++)
        {
            var (action, lane, at) = sent[random.Next(sent.Count)];
            var later = at + (random.NextDouble() * (1 - at));
            if (Terms.IsOrderless(action.Kind)) lanes[random.Next(Plan.Lanes)].Add((random.Next(2) == 0 ? at : random.NextDouble(), new Step.Act(action)));
            else lanes[lane].Add((later, i % 20 == 0 ? new Step.Contradict(action) : new Step.Act(action)));
        }
    }

    // All of a referrer's are one client's, so what is decided in order has one order that the client knows.
    private int LaneOf(Kind kind, int referee)
    {
        var referrer = referee / plan.RefereesEach;
        return Terms.IsOrderless(kind) ? referrer % Plan.Lanes : Plan.StreamLanes + (referrer % (Plan.Lanes - Plan.StreamLanes));
    }
}
