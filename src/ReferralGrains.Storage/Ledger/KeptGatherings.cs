using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Referrers;
using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Referrals;

namespace ReferralGrains.Storage.Ledger;

/// <summary>
/// What many referrals earn together (H9): what each has put in, beside what their referrers say has gathered, and what is undone of each
/// round, beside the rows of it.
/// </summary>
internal sealed class KeptGatherings(LedgerSnapshot snapshot, int? tenant, Differences differences)
{
    private readonly Dictionary<(StreamId Referrer, StreamId Program, int Rule, int Round), GatheringRow> rounds = [];
    private readonly Dictionary<(StreamId Referrer, StreamId Program, int Rule), Gathered> put = [];
    private readonly Dictionary<(StreamId Referrer, StreamId Program, int Rule), Gathered> said = [];

    /// <summary>An event says something of a round.</summary>
    public void Says(GatheringRow row)
    {
        var key = (row.Referrer, row.Program, row.Rule, row.Round);
        rounds[key] = rounds.TryGetValue(key, out var before) ? before.With(row) : row;
    }

    /// <summary>A decision put something in, or paid all that is there.</summary>
    /// <param name="conversionMinor">Of the referral, where it was approved.</param>
    public void Put(StreamId referrer, StreamId program, RuleDecision decision, long conversionMinor)
    {
        if (decision.Further is not { Gathered: > 0 } seen) return;
        var key = (referrer, program, decision.Rule);
        var before = put.GetValueOrDefault(key, new(decision.Rule, 0, 0));
        var with = before with { Count = before.Count + 1, ValueMinor = before.ValueMinor + (seen.Round > 0 ? seen.OwnMinor : conversionMinor) };
        put[key] = decision.Code == DecisionCode.Gathered
            ? with
            : new(decision.Rule, with.Count - seen.Gathered, with.ValueMinor - seen.GatheredMinor, with.Rounds + 1);
    }

    /// <summary>What a referrer keeps for a program.</summary>
    public void Has(StreamId referrer, StreamId program, Tally tally)
    {
        foreach (var gathered in tally.Gathered ?? []) said[(referrer, program, gathered.Rule)] = gathered;
    }

    public async Task Compare(CancellationToken stop)
    {
        foreach (var key in put.Keys.Union(said.Keys).OrderBy(static key => (key.Referrer.Value, key.Program.Value, key.Rule)))
        {
            var (own, of) = (put.GetValueOrDefault(key, new(key.Rule, 0, 0)), said.GetValueOrDefault(key, new(key.Rule, 0, 0)));
            if (own != of)
                differences.Add("gathering", $"Rule {key.Rule} of program {key.Program}, referrer {key.Referrer}: {of.Count} with {of.ValueMinor} are said to have gathered after {of.Rounds} rounds, and its referrals say {own.Count} with {own.ValueMinor} after {own.Rounds}.");
        }

        await snapshot.Each(
            "select referrer, program, rule, round, undone, settled, target, action_id from gathering where $1 is null or tenant = $1 order by 1, 2, 3, 4",
            reader =>
            {
                var key = (new StreamId(reader.GetInt64(0)), new StreamId(reader.GetInt64(1)), reader.GetInt32(2), reader.GetInt32(3));
                var kept = new GatheringRow(
                    key.Item1, key.Item2, key.Item3, key.Item4, default, reader.GetInt64(4), reader.Maybe<long>(5), reader.Maybe<long>(6) is { } target ? new(target) : null,
                    reader.MaybeText(7) is { } action ? new(action) : null);
                if (!rounds.Remove(key, out var folded) || folded with { At = default } != kept)
                    differences.Add("gathering", $"Round {kept.Round} of rule {kept.Rule} of program {kept.Program}, referrer {kept.Referrer}: its row is not what the events say.");
            },
            stop, Questions.Int(tenant));
        foreach (var (referrer, program, rule, round) in rounds.Keys.OrderBy(static key => (key.Referrer.Value, key.Program.Value, key.Rule, key.Round)))
            differences.Add("gathering", $"Round {round} of rule {rule} of program {program}, referrer {referrer}, has no row.");
    }
}
