using System.Collections.Immutable;
using Npgsql;
using NpgsqlTypes;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Storage.Referrals;

/// <summary>
/// What one append says of a round of first sales (H9): that more of it is undone, that its reward was given, or that what was undone is
/// settled. The row is locked by whoever writes it, so that a refund and the sale which completes the round never miss each other.
/// </summary>
/// <param name="Undone">More of the sum by this append; below zero for less.</param>
/// <param name="Settled">What was undone when the reward was last changed for it; null where this append did not.</param>
/// <param name="Target">The referral that has the reward; null where this append does not say.</param>
/// <param name="Action">The sale that it is recorded with.</param>
public readonly record struct GatheringRow(
    StreamId Referrer, StreamId Program, int Rule, int Round, DateTimeOffset At, long Undone = 0, long? Settled = null, StreamId? Target = null,
    CallerId? Action = null) : ISideRow<GatheringRow>
{
    public static string Table => "gathering";

    /// <summary>What an event of a referral says of rounds.</summary>
    public static ImmutableArray<GatheringRow> Of(StreamId referral, StreamId program, Recorded recorded) => recorded.Event switch
    {
        SaleDecided sale => Paid(referral, program, recorded.At, sale),
        SaleReversed { Rounds: { } more } => Shares(program, recorded.At, more),
        ReversalUndone { Rounds: { } less } => Shares(program, recorded.At, less),
        RoundReversed round => [new(round.Referrer, program, round.Rule, round.Round, recorded.At, Settled: round.UndoneMinor)],
        _ => [],
    };

    /// <summary>What both say, this one first.</summary>
    public GatheringRow With(GatheringRow next) => next with
    {
        Undone = Undone + next.Undone,
        Settled = next.Settled ?? Settled,
        Target = next.Target ?? Target,
        Action = next.Action ?? Action,
    };

    public static void Write(NpgsqlBatch batch, IReadOnlyList<(int Tenant, GatheringRow Row)> rows)
    {
        // One of each, in the order of their keys: what two appends of a commit say of a round is added up.
        var merged = rows.GroupBy(static row => (row.Tenant, row.Row.Referrer, row.Row.Program, row.Row.Rule, row.Row.Round))
            .Select(static group => (group.Key.Tenant, Row: group.Select(static row => row.Row).Aggregate(static (one, next) => one.With(next))))
            .OrderBy(static row => (row.Row.Referrer.Value, row.Row.Program.Value, row.Row.Rule, row.Row.Round)).ToList();
        CommitBatch.Command(
            batch,
            """
            insert into gathering as g (referrer, program, rule, round, tenant, at, undone, settled, target, action_id)
            select * from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
            on conflict (referrer, program, rule, round) do update set undone = g.undone + excluded.undone, at = excluded.at,
              settled = coalesce(excluded.settled, g.settled),
              target = coalesce(excluded.target, g.target), action_id = coalesce(excluded.action_id, g.action_id)
            """,
            CommitBatch.Array(NpgsqlDbType.Bigint, merged.Select(static row => row.Row.Referrer.Value)),
            CommitBatch.Array(NpgsqlDbType.Bigint, merged.Select(static row => row.Row.Program.Value)),
            CommitBatch.Array(NpgsqlDbType.Integer, merged.Select(static row => row.Row.Rule)),
            CommitBatch.Array(NpgsqlDbType.Integer, merged.Select(static row => row.Row.Round)),
            CommitBatch.Array(NpgsqlDbType.Integer, merged.Select(static row => row.Tenant)),
            CommitBatch.Array(NpgsqlDbType.TimestampTz, merged.Select(static row => row.Row.At)),
            CommitBatch.Array(NpgsqlDbType.Bigint, merged.Select(static row => row.Row.Undone)),
            CommitBatch.Array(NpgsqlDbType.Bigint, merged.Select(static row => row.Row.Settled)),
            CommitBatch.Array(NpgsqlDbType.Bigint, merged.Select(static row => row.Row.Target?.Value)),
            CommitBatch.Array(NpgsqlDbType.Text, merged.Select(static row => row.Row.Action?.Value)));
    }

    private static ImmutableArray<GatheringRow> Paid(StreamId referral, StreamId program, DateTimeOffset at, SaleDecided sale)
    {
        ImmutableArray<GatheringRow> rows = [];
        foreach (var decision in sale.Decisions)
            if (decision is { Minor: > 0, Further: { Round: > 0 } seen }) rows = rows.Add(new(sale.Referrer, program, decision.Rule, seen.Round, at, Target: referral, Action: sale.Action.Id));
        return rows;
    }

    private static ImmutableArray<GatheringRow> Shares(StreamId program, DateTimeOffset at, ImmutableArray<RoundShare> rounds) =>
        [.. rounds.Select(round => new GatheringRow(round.Referrer, program, round.Rule, round.Round, at, round.Minor))];
}
