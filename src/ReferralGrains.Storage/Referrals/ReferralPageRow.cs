using System.Collections.Immutable;
using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Storage.Referrals;

/// <summary>
/// What a referral's page begins from, written once in so many rows of its stream: the page folds what came after, so that a stream of a
/// million rows is shown as quickly as one of a hundred.
/// </summary>
/// <param name="State">As its page shows it, as JSON.</param>
public readonly record struct ReferralPageRow(StreamId Stream, int Seq, string State) : ISideRow<ReferralPageRow>
{
    /// <summary>Rows between two of them: so few that they are read at once, and so many that this costs a commit next to nothing.</summary>
    public const int Every = 128;

    public static string Table => "referral_page";

    /// <summary>One where a turn passes the next multiple: whichever process decides it, for none has to remember the last one.</summary>
    public static ImmutableArray<ReferralPageRow> After(StreamId stream, Referral before, Referral state) =>
        state.Chain is null || before.Seq / Every == state.Seq / Every
            ? []
            : [new(stream, state.Seq, JsonSerializer.Serialize(state.AsShown(), JournalJson.Default.Referral))];

    public static void Write(NpgsqlBatch batch, IReadOnlyList<(int Tenant, ReferralPageRow Row)> rows) => CommitBatch.Command(
        batch,
        """
        insert into referral_page (stream, tenant, seq, fold, state) select * from unnest($1, $2, $3, $4, $5)
        on conflict (stream) do update set seq = excluded.seq, fold = excluded.fold, state = excluded.state
        """,
        CommitBatch.Array(NpgsqlDbType.Bigint, rows.Select(static row => row.Row.Stream.Value)),
        CommitBatch.Array(NpgsqlDbType.Integer, rows.Select(static row => row.Tenant)),
        CommitBatch.Array(NpgsqlDbType.Integer, rows.Select(static row => row.Row.Seq)),
        CommitBatch.Array(NpgsqlDbType.Smallint, rows.Select(static _ => (short)ReferralFold.Version)),
        CommitBatch.Array(NpgsqlDbType.Json, rows.Select(static row => row.Row.State)));
}
