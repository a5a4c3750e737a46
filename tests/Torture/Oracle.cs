using System.Text.Json.Nodes;

namespace Torture;

internal enum Wrong
{
    /// <summary>Something that was acknowledged, or told, is not there, or not as it was said.</summary>
    Lost,

    /// <summary>Something has had its effect twice.</summary>
    Doubled,

    /// <summary>More was paid, or promised, than there was.</summary>
    Overpaid,
}

/// <summary>What the oracle has to say.</summary>
internal sealed record Verdict(IReadOnlyList<(Wrong Kind, string What)> Complaints, bool IsLedgerOk)
{
    public bool IsClean => Complaints.Count == 0 && IsLedgerOk;

    public int Count(Wrong kind) => Complaints.Count(one => one.Kind == kind);

    public string LastLine(int seed) => string.Create(
        System.Globalization.CultureInfo.InvariantCulture,
        $"{Count(Wrong.Lost)} lost, {Count(Wrong.Doubled)} doubled, {Count(Wrong.Overpaid)} overpaid, ledger {(IsLedgerOk ? "ok" : "off")}, seed {seed}");
}

/// <summary>
/// Says what must be true, from what the clients, the receiver of webhooks and the stand-in for Stripe have written down. It has no code
/// of the product, and reckons each program anew in the plainest way there is.
/// </summary>
internal sealed partial class Oracle
{
    private readonly List<(Wrong Kind, string What)> complaints = [];
    private readonly Dictionary<string, Action> actions = [];
    private readonly List<Action> inOrder = [];
    private readonly Dictionary<string, string> referrerOf = [];
    private readonly Dictionary<string, JsonObject> balances = [];
    private readonly Dictionary<string, (string Account, long Minor)> owed = [];
    private readonly List<JsonObject> discounts = [];
    private readonly Dictionary<string, List<JsonObject>> taken = [];
    private readonly List<JsonObject> feed = [];
    private readonly Dictionary<string, HashSet<string>> endpoints = [];
    private readonly List<JsonObject> transfers = [];
    private readonly Dictionary<string, Asked> asked = [];
    private readonly Dictionary<string, long> takenOutside = [];
    private long budgetMinor = long.MaxValue;
    private long ownBudgetMinor = long.MaxValue;
    private bool isLedgerOk;

    private Oracle()
    {
    }

    /// <param name="client">The lines of the clients' log.</param>
    /// <param name="receiver">Of the receiver's.</param>
    /// <param name="stripe">Of the stand-in's.</param>
    public static Verdict Judge(IEnumerable<JsonObject> client, IEnumerable<JsonObject> receiver, IEnumerable<JsonObject> stripe)
    {
        var oracle = new Oracle();
        foreach (var line in client) oracle.Read(line);
        foreach (var line in receiver) oracle.taken.GetOrAdd((string)line["endpoint"]!).Add(line);
        oracle.transfers.AddRange(stripe);
        oracle.Actions();
        oracle.Balances();
        oracle.Discounts();
        oracle.Payouts();
        oracle.Webhooks();
        return new(oracle.complaints, oracle.isLedgerOk);
    }

    private void Read(JsonObject line)
    {
        switch ((string)line["k"]!)
        {
            case "budget":
                (budgetMinor, ownBudgetMinor) = ((long)line["minor"]!, (long)line["own"]!);
                break;
            case "referral":
                referrerOf[(string)line["referee"]!] = (string)line["referrer"]!;
                break;
            case "endpoint":
                endpoints[(string)line["endpoint"]!] = [.. line["events"]!.AsArray().Select(static one => (string)one!)];
                break;
            case "owed":
                owed[(string)line["referrer"]!] = ((string)line["account"]!, (long)line["minor"]!);
                break;
            case "send":
                actions.TryAdd((string)line["id"]!, new(line));
                break;
            case "answer":
                Answered(actions[(string)line["id"]!], line);
                break;
            case "refused":
                Complain(Wrong.Lost, $"{line["id"]} was refused: {line["http"]} {line["code"]}");
                break;
            case "contradicted":
                if ((int)line["http"]! != 409) Complain(Wrong.Doubled, $"{line["id"]} with other content was answered {line["http"]}");
                break;
            case "again":
                actions[(string)line["id"]!].Now = line;
                break;
            case "discount":
                discounts.Add(line);
                break;
            case "balance":
                balances[(string)line["referrer"]!] = line;
                break;
            case "batch":
                if (Text(line, "status") != "settled") Complain(Wrong.Lost, $"the batch of payouts is {line["status"]}: {line["why"]}");
                break;
            case "gate":
                Complain(Wrong.Lost, $"sending was stopped, and nothing was wrong: {line["why"]}");
                break;
            case "asked_back":
                asked[Text(line, "reversal")] = new(Text(line, "referrer"), Number(line, "minor"));
                break;
            case "came_back":
                asked[Text(line, "reversal")].State = Text(line, "state");
                break;
            case "taken_outside":
                takenOutside[Text(line, "referrer")] = Number(line, "minor");
                break;
            case "notice":
                Noticed((bool)line["true"]!, (int)line["http"]!, Text(line, "id"));
                break;
            case "event":
                feed.Add(line);
                break;
            case "ledger":
                isLedgerOk = (bool)line["ok"]!;
                break;
        }
    }

    private void Answered(Action action, JsonObject line)
    {
        if (action.First is null) inOrder.Add(action);
        if ((string)line["answer"]! == "new" && ++action.TimesNew > 1) Complain(Wrong.Doubled, $"{action.Id} was taken for new twice");
        action.First ??= line;
        if (!action.IsFinal && Status(line) != "parked") (action.Final, action.IsFinal) = (line, true);
        else if (action.IsFinal && Status(line) != "parked") Same(action, line);
    }

    private void Same(Action action, JsonObject line)
    {
        if (Text(action.Final!, "decision") != Text(line, "decision") || Status(action.Final!) != Status(line))
            Complain(Wrong.Lost, $"{action.Id} was decided again: {Status(action.Final!)} {Text(action.Final!, "decision")} -> {Status(line)} {Text(line, "decision")}");
    }

    // Every action that was sent was answered, and is there as it was answered.
    private void Actions()
    {
        foreach (var action in actions.Values)
        {
            if (action.First is null) Complain(Wrong.Lost, $"{action.Id} was never acknowledged");
            if (action.Now is not { } now) Complain(Wrong.Lost, $"{action.Id} is not answered any more");
            else if (Text(now, "answer") == "new") Complain(Wrong.Lost, $"{action.Id} was acknowledged and is not there");
            else if (Status(now) == "parked") Complain(Wrong.Lost, $"{action.Id} waits, though what it names has come");
            else if (action.IsFinal) Same(action, now);
        }
    }

    // To the penny, and each action's own amount.
    private void Balances()
    {
        var net = referrerOf.Values.Distinct().ToDictionary(static name => name, static _ => 0L);
        var grouped = new Dictionary<string, long>();
        var spent = new Dictionary<string, long>();
        var tally = new Dictionary<string, long>();
        var counted = new Dictionary<string, (int Rewards, long Net)>();
        var ownSpent = new Dictionary<string, long>();
        var hadFirst = new HashSet<string>();
        long budget = 0, demand = 0;
        var rewards = new Dictionary<string, long>();
        var waiting = inOrder.Where(static one => one.Type != "sale").ToLookup(static one => one.Of!);
        var orderless = waiting.SelectMany(static of => of).ToLookup(static one => one.Of!);
        var come = new HashSet<string>();

        foreach (var sale in inOrder)
        {
            come.Add(sale.Id);
            var referrer = referrerOf[sale.Referee];
            if (sale.Type == "refund" && HasRoom(sale))
            {
                if (come.Contains(sale.Of!)) Refund(sale);
                continue;
            }

            if (sale.Type != "sale") continue;
            var reward = 0L;
            switch (sale.Program)
            {
                case "plain":
                    reward = Share(sale.Minor, Terms.PlainBasisPoints, 10_000);
                    break;
                case "held":
                    reward = Share(sale.Minor, Terms.HeldBasisPoints, 10_000);
                    break;
                case "capped":
                    var had = counted.GetValueOrDefault(sale.Referee);
                    if (had.Rewards < Terms.MostRewards) reward = Math.Max(0, Math.Min(Share(sale.Minor, Terms.CappedBasisPoints, 10_000), Terms.MostNet - had.Net));
                    if (reward > 0) counted[sale.Referee] = (had.Rewards + 1, had.Net + reward);
                    break;
                case "own":
                    reward = Math.Max(0, Math.Min(Share(sale.Minor, Terms.BudgetBasisPoints, 10_000), ownBudgetMinor - ownSpent.GetValueOrDefault(referrer)));
                    ownSpent[referrer] = ownSpent.GetValueOrDefault(referrer) + reward;
                    break;
                case "tiered":
                    var sum = tally[referrer] = tally.GetValueOrDefault(referrer) + sale.Minor;
                    reward = Share(sale.Minor, Terms.Tiers.First(tier => sum <= tier.UpTo).BasisPoints, 10_000);
                    break;
                case "group":
                    reward = Share(sale.Minor, Terms.GroupBasisPoints, 10_000);
                    var group = grouped.GetValueOrDefault(referrer) + reward;
                    if (group >= Terms.GroupGoal) (spent[referrer], group) = (spent.GetValueOrDefault(referrer) + group, 0);
                    grouped[referrer] = group;
                    break;
                case "first":
                    if (sale.Minor > 0 && hadFirst.Add(sale.Referee)) reward = Terms.FirstMinor;
                    break;
                case "budget":
                    // Who comes first is decided there; how much in all is not.
                    var asked = Share(sale.Minor, Terms.BudgetBasisPoints, 10_000);
                    reward = (long)(sale.Final ?? sale.First!)["minor"]!;
                    if (reward > asked) Complain(Wrong.Overpaid, $"{sale.Id} earned {reward} of {asked}");
                    (budget, demand) = (budget + reward, demand + asked);
                    break;
            }

            rewards[sale.Id] = reward;
            net[referrer] += reward;
            var said = (long)(sale.Now ?? sale.Final ?? sale.First!)["minor"]!;
            if (said < reward) Complain(Wrong.Lost, $"{sale.Id} earned {said} and should have earned {reward}");
            if (said > reward) Complain(Wrong.Doubled, $"{sale.Id} earned {said} and should have earned {reward}");
            if (HasRoom(sale))
                foreach (var early in waiting[sale.Id].Where(one => come.Contains(one.Id))) Refund(early);
            else TakeBack(sale, reward, referrer);
        }

        if (budget > budgetMinor) Complain(Wrong.Overpaid, $"a budget of {budgetMinor} gave {budget}");
        if (budget < Math.Min(budgetMinor, demand)) Complain(Wrong.Lost, $"a budget of {budgetMinor} gave {budget} to {demand}");
        foreach (var referrer in referrerOf.Values.Distinct().Where(static name => name.StartsWith("schedule", StringComparison.Ordinal)))
            net[referrer] = referrerOf.Values.Count(name => name == referrer) * Terms.ScheduleMinor * Terms.ScheduleTimes;
        foreach (var (referrer, expected) in net) Compare(referrer, "net_minor", expected);
        foreach (var (referrer, expected) in spent) Compare(referrer, "payable_minor", expected);
        foreach (var (referrer, (_, expected)) in owed) Compare(referrer, "net_minor", expected);

        // Something bounds what is earned in all, and what is taken back gives room.
        static bool HasRoom(Action of) => of.Program is "capped" or "own";

        // With a bound, when something is taken back decides what the next sale earns.
        void Refund(Action refund)
        {
            var sale = actions[refund.Of!];
            var before = Share(rewards[sale.Id], Math.Min(sale.Undone, sale.Minor), sale.Minor);
            sale.Undone += refund.Minor;
            var back = Share(rewards[sale.Id], Math.Min(sale.Undone, sale.Minor), sale.Minor) - before;
            net[referrerOf[sale.Referee]] -= back;
            if (sale.Program == "own")
            {
                ownSpent[referrerOf[sale.Referee]] -= back;
                return;
            }

            var (times, kept) = counted.GetValueOrDefault(sale.Referee);
            counted[sale.Referee] = (times, kept - back);
        }

        // Without one, only what stands in the end does.
        void TakeBack(Action sale, long reward, string referrer)
        {
            var undone = orderless[sale.Id].Where(one => !orderless[one.Id].Any()).Sum(static one => one.Minor);
            if (sale.Minor > 0) net[referrer] -= Share(reward, Math.Min(undone, sale.Minor), sale.Minor);
        }
    }

    private void Compare(string referrer, string name, long expected)
    {
        if (!balances.TryGetValue(referrer, out var balance))
        {
            Complain(Wrong.Lost, $"{referrer} has no balance");
            return;
        }

        var actual = (long)balance[name]!;
        if (actual < expected) Complain(Wrong.Lost, $"{referrer} has {name} {actual} and should have {expected}");
        if (actual > expected) Complain(Wrong.Doubled, $"{referrer} has {name} {actual} and should have {expected}");
        if (Number(balance, "pending_minor") + Number(balance, "payable_minor") + Number(balance, "in_transit_minor") + Number(balance, "paid_minor") != Number(balance, "net_minor"))
            Complain(Wrong.Lost, $"{referrer}: the parts are not the net: {balance.ToJsonString()}");
    }

    // One referee has one discount, and the same question the same answer.
    private void Discounts()
    {
        foreach (var of in discounts.GroupBy(static one => (string)one["referee"]!))
        {
            if (of.Where(static one => Text(one, "state") == "confirmed").Select(static one => Text(one, "payment")).Distinct().Count() > 1)
                Complain(Wrong.Overpaid, $"{of.Key} has had its discount twice");
            var said = string.Join(' ', of.Select(static one => $"{one["what"]}:{one["ok"]}:{one["state"]}:{one["minor"]}"));
            var tenth = Share((long)of.First()["amount"]!, Terms.DiscountBasisPoints, 10_000);
            var expected = $"quote:true:quoted:{tenth} quote:true:quoted:{tenth} release:true:released:{tenth} quote:true:quoted:{tenth} confirm:true:confirmed:{tenth} confirm:true:confirmed:{tenth} quote:true:none:0";
            if (said != expected) Complain(Wrong.Lost, $"{of.Key} was told {said} and not {expected}");
        }
    }

    private void Complain(Wrong kind, string what) => complaints.Add((kind, what));

    private static string Status(JsonObject line) => Text(line, "status");

    private static string Text(JsonObject line, string name) => (string?)line[name] ?? "";

    private static long Number(JsonObject line, string name) => (long?)line[name] ?? 0;

    // Half away from zero, and nothing here is below zero.
    private static long Share(long amount, long numerator, long denominator) => denominator == 0 ? 0 : ((2 * amount * numerator) + denominator) / (2 * denominator);

    private sealed class Action(JsonObject sent)
    {
        public string Id => Text(sent, "id");

        public string Program => Text(sent, "program");

        public string Type => Text(sent, "type");

        public string Referee => Text(sent, "referee");

        public string? Of => (string?)sent["of"];

        public long Minor => Number(sent, "minor");

        public int Lane => (int)(First ?? sent)["lane"]!;

        public int TimesNew { get; set; }

        /// <summary>The first answer; <see cref="Final"/> is the first that says more than that it waits.</summary>
        public JsonObject? First { get; set; }

        public JsonObject? Final { get; set; }

        public bool IsFinal { get; set; }

        /// <summary>As it is in the end.</summary>
        public JsonObject? Now { get; set; }

        public long Undone { get; set; }
    }
}

internal static class Lists
{
    public static List<TItem> GetOrAdd<TKey, TItem>(this Dictionary<TKey, List<TItem>> lists, TKey key)
        where TKey : notnull => lists.TryGetValue(key, out var list) ? list : lists[key] = [];
}
