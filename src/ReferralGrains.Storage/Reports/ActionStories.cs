using System.Collections.Immutable;
using System.Text.Json;
using Npgsql;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Referrers;
using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Storage.Reports;

/// <summary>
/// An action's explanation, from the rows that are about it and its sale: as quick in a stream of a million rows as in one of ten.
/// </summary>
internal sealed class ActionStories(NpgsqlDataSource database, Directory directory)
{
    // A won chargeback leads to its chargeback, and that to its sale. One statement, so that all of it is of one moment.
    private const string Rows =
        $"""
        with recursive chain as (
          select {MovedAction.Place}, e.recorded_at, e.type, e.version, e.action_id, e.data, 0 as step
          from event e {MovedAction.Beside}
          where e.tenant = $1 and e.action_id = $2 and e.action_id is not null
          union all
          select {MovedAction.Place}, e.recorded_at, e.type, e.version, e.action_id, e.data, c.step + 1
          from chain c join event e on e.tenant = $1 and e.action_id = c.data -> 'a' ->> 'of' and e.action_id is not null {MovedAction.Beside}
          where c.step < 2)
        select r.stream, r.seq, r.recorded_at, r.type, r.version, r.action_id, r.action_hash, r.data::text, r.first,
          s.a, s.b, f.referrer, f.status, f.approved_at, d.at,
          (select f.referrer from flag g where g.stream = r.stream and g.kind = 1 and g.state in (1, 3))
        from (
          select c.step, c.seq as first, c.stream, c.seq, c.recorded_at, c.type, c.version, c.action_id, c.action_hash, c.data from chain c
          union all
          select c.step, c.seq, x.stream, x.seq, x.recorded_at, x.type, x.version, x.action_id, x.action_hash, x.data
          from chain c join event x on x.stream = c.stream and x.about = c.seq and x.about is not null and x.type <> 0) r
        join stream s on s.id = r.stream
        left join referral f on f.stream = r.stream
        left join due d on d.stream = r.stream
        order by r.step, r.seq
        """;

    // Its hold ended where it is named, whoever ended it; what waited in a group is payable where the group's sum was kept (H14).
    private static readonly string PaidBy = FirstPayouts.Of(
        $"""
        (select $6, $7, e.commit_id from event e where not $3 and e.stream = $1 and e.seq = $2)
        union all
        (select $6, $7, e.commit_id from event e
         where $3 and $8 = 0 and e.stream = $1 and e.seq > $2 and e.type = {EventCodec.NumberOf(typeof(RewardsReleased))} and e.recorded_at >= $5
           and exists (select from json_array_elements(e.data -> 'x') x where (x ->> 'w')::int8 = $4)
         order by e.seq limit 1)
        union all
        (select $6, $7, g.commit_id from event g
         where $8 > 0 and g.stream = $6 and g.type = {EventCodec.NumberOf(typeof(GroupReleased))} and (g.data ->> 'number')::int = $8 and (g.data ->> 'rule')::int = $9
           and (g.data ->> 'program')::int8 = (select program from referral where stream = $1)
         order by g.seq limit 1)
        """);

    public async Task<ActionStory?> Read(int tenant, CallerId action, CancellationToken stop)
    {
        var read = new Reading();
        await database.Each(Rows, read.Add, stop, Questions.Int(tenant), Questions.Text(action.Value));
        if (read.Histories is not [var history, ..] || read.Place is not { } place) return null;
        var known = new KnownActions(history.Stream, Referral.None);
        foreach (var one in read.Histories) known.Add(one);
        var sale = (history.Action.Kind == ActionKind.Sale ? history : known.SaleOf(history.Action)) is { } sold ? SaleRecord.Of(sold) : null;
        var outcome = ActionOutcome.Of(history, known, await Seen(history.Stream, place, sale, stop));
        var referrer = place.Referrer is { } stream ? (await directory.ReferrerNames([stream], stop))[stream] : (CallerId?)null;
        var paid = sale is not null && history.Action.Kind == ActionKind.Sale ? await Paid(history, sale, outcome, stop) : null;
        return new(outcome, place.Program, place.Referee, referrer, history.Events[0].At, [.. await Conflicts(tenant, action, stop)], paid);
    }

    // Only what is released is asked for, and from when its hold could have ended on.
    private async Task<FirstPayout?> Paid(ActionHistory history, SaleRecord sale, ActionOutcome outcome, CancellationToken stop)
    {
        var cash = sale.Rewards.FirstOrDefault(reward => reward is { LeftMinor: > 0, Given.Asset.IsCash: true }
            && outcome.Decisions.Any(decision => decision.Reward == reward.Key && decision.State == RewardStatus.Released));
        if (cash is not { Given: var given }) return null;
        var at = history.Events[0].At;
        return await database.Row(
            PaidBy, static row => new FirstPayout(new(row.GetString(0)), new(row.GetString(1)), row.GetFieldValue<DateTimeOffset>(2)), stop,
            Questions.Long(history.Stream.Value), Questions.Int(RewardId.FromKey(cash.Key).Seq), Questions.Flag(given.Held), Questions.Long(cash.Key),
            Questions.Time(cash.Released ? at : given.ReleaseAt ?? at), Questions.Long(sale.Referrer.Value), Questions.Text(given.Asset!.Value.Name),
            Questions.Int(given.Further?.Group ?? 0), Questions.Int(given.Rule));
    }

    // Of the referral only what an outcome looks at: its status, which of the sale's rewards are pending, and what its decisions were adjusted by.
    private async Task<Referral> Seen(StreamId stream, Place place, SaleRecord? sale, CancellationToken stop) => Referral.None with
    {
        Status = place.Status,
        ApprovedAt = place.ApprovedAt,
        Holds = sale is null ? OpenHolds.None : await Holds(place, sale, stop),
        Enrollments = sale is null ? [] : await Enrollments(stream, sale, stop),
    };

    private async Task<OpenHolds> Holds(Place place, SaleRecord sale, CancellationToken stop)
    {
        var pending = sale.Rewards.Where(reward => GivenRewards.IsPending(reward, sale.Referrer, place.Settled)).ToList();
        var groups = pending.Exists(static reward => reward.Given.Further?.Group > 0) ? await Figures.Groups(database, [sale.Referrer.Value], stop) : [];
        return OpenHolds.Of(pending.Where(reward => !groups.Exists(waiting => waiting.Program == place.Program
            && waiting.Group.Rule == reward.Given.Rule && waiting.Group.Asset == reward.Given.Asset && waiting.Group.Number > reward.Given.Further?.Group)).Select(reward => Hold(sale, reward)));
    }

    private static OpenHold Hold(SaleRecord sale, RecordedReward reward) => new(
        reward.Key, reward.Given.Enrollment, sale.Referrer, reward.Given.Asset!.Value, reward.LeftMinor, reward.Given.ReleaseAt, reward.Given.ReleasesItself, sale.Seq,
        reward.Given.ChecksCustomer, reward.Given.Further?.Group ?? 0);

    private async Task<ImmutableArray<Enrollment>> Enrollments(StreamId stream, SaleRecord sale, CancellationToken stop)
    {
        var adjusting = sale.Decisions.Select(decision => decision.AdjustedBy).Where(row => row > 0).Distinct().ToList();
        var adjustments = new Dictionary<int, Adjustment>();
        if (adjusting.Count > 0)
            await database.Each(
                "select seq, recorded_at, type, version, action_id, action_hash, data::text from event where stream = $1 and seq = any($2)",
                reader => adjustments.Add(reader.GetInt32(0), ActionQuery.Row(reader, 0).Decode<EnrollmentAdjusted>().Adjustment),
                stop, Questions.Long(stream.Value), Questions.Ints(adjusting));

        var decisions = sale.Decisions.GroupBy(decision => decision.Enrollment).ToDictionary(group => group.Key, group => group.First());
        return
        [
            .. Enumerable.Range(1, decisions.Keys.DefaultIfEmpty(0).Max()).Select(number => decisions.TryGetValue(number, out var decision)
                ? new Enrollment(
                    number, decision.Rule, decision.Version, AdjustedBy: decision.AdjustedBy, Adjustment: adjustments.GetValueOrDefault(decision.AdjustedBy))
                : new Enrollment(number, 0, 0)),
        ];
    }

    private Task<List<ActionConflict>> Conflicts(int tenant, CallerId action, CancellationToken stop) =>
        database.Rows(
            "select at, action::text from action_conflict where tenant = $1 and action_id = $2 order by at, id",
            reader => new ActionConflict(
                reader.GetFieldValue<DateTimeOffset>(0), JsonSerializer.Deserialize(reader.GetString(1), JournalJson.Default.ReferralAction)!),
            stop, Questions.Int(tenant), Questions.Text(action.Value));

    /// <summary>Where the action is, and what is kept beside its stream.</summary>
    private sealed record Place(
        CallerId Program, CallerId Referee, StreamId? Referrer, ReferralStatus Status, DateTimeOffset ApprovedAt, Settled Settled);

    private sealed class Reading
    {
        public List<ActionHistory> Histories { get; } = [];

        public Place? Place { get; private set; }

        public void Add(NpgsqlDataReader reader)
        {
            var row = ActionQuery.Row(reader, 1);
            var recorded = new Recorded(row.Seq, row.At, row.Decode<ReferralEvent>());
            Place ??= new(
                new(reader.GetString(9)), new(reader.GetString(10)), reader.Maybe<long>(11) is { } referrer ? new(referrer) : null,
                (ReferralStatus)(reader.Maybe<short>(12) ?? 0), reader.Maybe<DateTimeOffset>(13) ?? default, Settled.Read(reader, 14));
            if (row.Seq == reader.GetInt32(8))
                Histories.Add(new(new(row.ActionId!), Hashes.FromGuid(row.Hash!.Value), new(reader.GetInt64(0)), [recorded]));
            else
                Histories[^1] = Histories[^1] with { Events = Histories[^1].Events.Add(recorded) };
        }
    }
}
