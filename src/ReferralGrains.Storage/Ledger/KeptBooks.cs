using ReferralGrains.Domain.Flags;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Money;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Referrers;
using ReferralGrains.Storage.Database;

namespace ReferralGrains.Storage.Ledger;

/// <summary>
/// Budgets and groups, which the rewards of many referrals use together: what the rewards come to, beside what referrers and programs say of
/// it, and beside the rows of both (X5, H14); and the flags of referrals (X9).
/// </summary>
internal sealed class KeptBooks(LedgerSnapshot snapshot, int? tenant, Differences differences)
{
    private readonly Dictionary<(StreamId Program, int Rule, int Month, StreamId Referrer), long> used = [];
    private readonly Dictionary<(StreamId Referrer, StreamId Program, int Rule, Asset Asset, int Number), long> waits = [];
    private readonly Dictionary<(StreamId Owner, StreamId Program, int Rule, int Month), long> uses = [];
    private readonly Dictionary<(StreamId Referrer, StreamId Program, int Rule, Asset Asset), RewardGroup> groups = [];
    private readonly Dictionary<StreamId, FlagState> flags = [];

    /// <summary>A referral is flagged, or was.</summary>
    public void Has(StreamId referral, FlagState flag)
    {
        if (flag != FlagState.None) flags[referral] = flag;
    }

    /// <summary>A reward used so much of a month's budget, or gave so much back.</summary>
    public void Uses(StreamId program, int rule, int month, StreamId referrer, long minor) =>
        used[(program, rule, month, referrer)] = used.GetValueOrDefault((program, rule, month, referrer)) + minor;

    /// <summary>So much of a reward waits in a group, or waited when that was released.</summary>
    public void Waits(StreamId referrer, StreamId program, int rule, Asset asset, int number, long minor) =>
        waits[(referrer, program, rule, asset, number)] = waits.GetValueOrDefault((referrer, program, rule, asset, number)) + minor;

    /// <summary>So much was released of a group.</summary>
    public void Released(StreamId referrer, GroupReleased released) =>
        Waits(referrer, released.Program, released.Rule, released.Asset, released.Number, -released.Minor);

    /// <summary>What a referrer keeps for a program.</summary>
    public void Has(StreamId referrer, StreamId program, Tally tally)
    {
        foreach (var use in tally.Spent ?? []) uses[(referrer, program, use.Rule, use.Month)] = use.Minor;
        foreach (var group in tally.Groups ?? [])
        {
            groups[(referrer, program, group.Rule, group.Asset)] = group;
            Waits(referrer, program, group.Rule, group.Asset, group.Number, -group.SumMinor);
        }
    }

    /// <summary>What is used of the budgets that a program shares among all.</summary>
    public void Has(StreamId program, BudgetUse use) => uses[(program, program, use.Rule, use.Month)] = use.Minor;

    public async Task Compare(CancellationToken stop)
    {
        foreach (var ((referrer, program, rule, asset, number), minor) in waits.Where(pair => pair.Value != 0).OrderBy(pair => pair.Key.Referrer.Value))
            differences.Add("group", $"Group {number} of {asset} of rule {rule} in program {program}, referrer {referrer}: its rewards come to {minor} more than is said of it.");
        foreach (var month in used.GroupBy(pair => (pair.Key.Program, pair.Key.Rule, pair.Key.Month)))
        {
            // Whose the budget is, the first owner that has it says.
            var (program, rule, at) = month.Key;
            var shared = uses.ContainsKey((program, program, rule, at));
            foreach (var owner in month.GroupBy(pair => shared ? program : pair.Key.Referrer))
            {
                var rewards = owner.Sum(pair => pair.Value);
                if (uses.GetValueOrDefault((owner.Key, program, rule, at)) is var said && said != rewards)
                    differences.Add("budget", $"Rule {rule} of program {program} in month {at}: {said} of the budget of {owner.Key} are said to be used, and its rewards come to {rewards}.");
            }
        }

        await snapshot.Each(
            "select owner, program, rule, month, minor from budget_use where $1 is null or tenant = $1 order by 1, 2, 3, 4",
            reader =>
            {
                var key = (new StreamId(reader.GetInt64(0)), new StreamId(reader.GetInt64(1)), reader.GetInt32(2), reader.GetInt32(3));
                if (!uses.Remove(key, out var minor) || minor != reader.GetInt64(4))
                    differences.Add("budget", $"The use of rule {key.Item3} of program {key.Item2} by {key.Item1} in month {key.Item4}: its row is not what the events say.");
            },
            stop, Questions.Int(tenant));
        foreach (var (owner, program, rule, month) in uses.Keys.OrderBy(key => key.Owner.Value))
            differences.Add("budget", $"The use of rule {rule} of program {program} by {owner} in month {month} has no row.");
        await snapshot.Each(
            "select referrer, program, rule, asset, number, sum, goal from reward_group where $1 is null or tenant = $1 order by 1, 2, 3, 4",
            reader =>
            {
                var key = (new StreamId(reader.GetInt64(0)), new StreamId(reader.GetInt64(1)), reader.GetInt32(2), new Asset(reader.GetString(3)));
                if (!groups.Remove(key, out var group) || group != new RewardGroup(key.Item3, key.Item4, reader.GetInt32(4), reader.GetInt64(5), reader.GetInt64(6)))
                    differences.Add("group", $"The group of {key.Item4} of rule {key.Item3} in program {key.Item2}, referrer {key.Item1}: its row is not what the events say.");
            },
            stop, Questions.Int(tenant));
        await snapshot.Each(
            $"select stream, state from flag where kind = {(int)FlagKind.SelfReferral} and ($1 is null or tenant = $1) order by stream",
            reader =>
            {
                // Of a referral that was taken from whom it was flagged for there is a row, and no flag (X9, D16).
                flags.Remove(new(reader.GetInt64(0)), out var flag);
                if (flag != (FlagState)reader.GetInt16(1))
                    differences.Add("flag", $"The flag of referral {reader.GetInt64(0)}: its row is not what the events say.");
            },
            stop, Questions.Int(tenant));
        foreach (var referral in flags.Keys.OrderBy(key => key.Value)) differences.Add("flag", $"The flag of referral {referral} has no row.");
        foreach (var (referrer, program, rule, asset) in groups.Keys.OrderBy(key => key.Referrer.Value))
            differences.Add("group", $"The group of {asset} of rule {rule} in program {program}, referrer {referrer}, has no row.");
    }
}
