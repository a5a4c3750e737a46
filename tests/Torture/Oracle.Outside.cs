using System.Text.Json.Nodes;

namespace Torture;

/// <summary>What must be true of what others have: Stripe, and who is told of events.</summary>
internal sealed partial class Oracle
{
    // What Stripe signed is believed, unless nobody can listen now, and nothing else is.
    private void Noticed(bool isTrue, int status, string id)
    {
        if (!isTrue && status != 400) Complain(Wrong.Doubled, $"{id} was not told by Stripe, and was answered {status}");
        if (isTrue && status is not (200 or 429 or 503)) Complain(Wrong.Lost, $"{id} was told by Stripe, and was answered {status}");
    }

    // Of what the stand-in has: an item has one live transfer, and each who was owed something has it, but for what came back.
    private void Payouts()
    {
        var live = transfers.Where(static one => Number(one, "minor") > Number(one, "reversed")).ToList();
        foreach (var item in live.GroupBy(static one => Text(one, "item")).Where(static item => item.Count() > 1))
            Complain(Wrong.Overpaid, $"item {item.Key} was paid by {string.Join(", ", item.Select(static one => Text(one, "id")))}");
        Reversals();
        var paid = transfers.GroupBy(static one => Text(one, "account")).ToDictionary(static of => of.Key, static of => of.Sum(static one => Number(one, "minor") - Number(one, "reversed")));
        var back = asked.Values.Where(static one => one.State == "made").GroupBy(static one => one.Referrer).ToDictionary(static of => of.Key, static of => of.Sum(static one => one.Minor));
        foreach (var (referrer, (account, minor)) in owed)
        {
            var got = paid.GetValueOrDefault(account);
            var expected = minor - back.GetValueOrDefault(referrer) - takenOutside.GetValueOrDefault(referrer);
            if (got > expected) Complain(Wrong.Overpaid, $"{referrer} got {got} of {expected}");
            if (got < expected) Complain(Wrong.Lost, $"{referrer} got {got} of {expected}");
            Booked(referrer, "paid_minor", got);
            Booked(referrer, "payable_minor", minor - got);
            Booked(referrer, "in_transit_minor", 0);
        }

        var known = owed.Values.Select(static one => one.Account).ToHashSet();
        foreach (var account in paid.Keys.Where(account => paid[account] != 0 && !known.Contains(account))) Complain(Wrong.Overpaid, $"{account} got {paid[account]} and nothing was owed");
    }

    private void Booked(string referrer, string name, long expected)
    {
        if (balances.TryGetValue(referrer, out var balance) && Number(balance, name) != expected)
            Complain(Number(balance, name) > expected == (name == "paid_minor") ? Wrong.Lost : Wrong.Overpaid, $"{referrer} has {name} {balance[name]} and should have {expected}");
    }

    // What was asked back came back once, or was refused and did not.
    private void Reversals()
    {
        var made = transfers.SelectMany(static one => one["back"]?.AsArray().Select(static back => back!.AsObject()) ?? []).Where(static one => Text(one, "reversal").Length > 0)
            .ToLookup(static one => Text(one, "reversal"));
        foreach (var (reversal, one) in asked)
        {
            var (times, minor) = (made[reversal].Count(), made[reversal].Sum(static back => Number(back, "minor")));
            if (times > 1 || minor > one.Minor || times > 0 && one.State == "rejected") Complain(Wrong.Overpaid, $"{reversal}, {one.State}, of {one.Minor} took {minor} back in {times} times");
            else if (one.State == "made" && minor != one.Minor) Complain(Wrong.Lost, $"{reversal} of {one.Minor} took {minor} back");
            else if (one.State is null) Complain(Wrong.Lost, $"nothing came of {reversal}");
        }

        foreach (var stranger in made.Where(one => !asked.ContainsKey(one.Key))) Complain(Wrong.Overpaid, $"{stranger.Key} took money back and nobody had asked for it");
    }

    // Each event at least once; the first time of each in the one order that there is.
    private void Webhooks()
    {
        foreach (var (endpoint, types) in endpoints)
        {
            var expected = feed.Where(one => types.Contains(Text(one, "type"))).Select(static one => Text(one, "id")).ToList();
            var all = taken.GetValueOrDefault(endpoint, []);
            var got = all.Select(static one => Text(one, "id")).Distinct().ToList();
            var had = got.ToHashSet();
            foreach (var id in expected.Where(id => !had.Contains(id))) Complain(Wrong.Lost, $"{endpoint} was not told of {id}");
            var place = expected.Select(static (id, i) => (id, i)).ToDictionary(static one => one.id, static one => one.i);
            var last = -1;
            foreach (var id in got)
            {
                if (!place.TryGetValue(id, out var at)) Complain(Wrong.Doubled, $"{endpoint} was told of {id}, which is none of the events");
                else if (at < last) Complain(Wrong.Lost, $"{endpoint} was told of {id} too late");
                else last = at;
            }

            if (types.Contains("reward.payable")) Rewards(endpoint, all);
        }
    }

    // What the server calls its events is not believed: each reward that a client knows of was told, and in the order that the client knows.
    private void Rewards(string endpoint, List<JsonObject> all)
    {
        var first = new Dictionary<string, int>();
        for (var i = 0; i < all.Count; i++)
            if ((string?)all[i]["reward"] is { } reward) first.TryAdd(reward, i);
        var reached = new Dictionary<int, int>();
        foreach (var action in inOrder.Where(static one => one.Type == "sale"))
        {
            foreach (var reward in (action.Now ?? action.First!)["rewards"]!.AsArray().Select(static one => (string)one!))
            {
                if (!first.TryGetValue(reward, out var at)) Complain(Wrong.Lost, $"{endpoint} was not told of reward {reward} of {action.Id}");
                else if (action.Lane >= Plan.StreamLanes && Text(action.First!, "answer") == "new")
                {
                    if (at < reached.GetValueOrDefault(action.Lane)) Complain(Wrong.Lost, $"{endpoint} was told of reward {reward} of {action.Id} too early");
                    reached[action.Lane] = Math.Max(at, reached.GetValueOrDefault(action.Lane));
                }
            }
        }
    }

    private sealed record Asked(string Referrer, long Minor)
    {
        public string? State { get; set; }
    }
}
