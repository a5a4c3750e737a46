using Npgsql;
using NpgsqlTypes;
using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Silos;

namespace ReferralGrains.Storage.Payouts;

/// <summary>Whether payouts of a tenant are sent, and who last said what about it.</summary>
/// <param name="IsShut">Something was found that a person has to see: nothing is sent until somebody opens it.</param>
/// <param name="ReconciledAt">When Stripe and our books last agreed; null before the first time.</param>
public sealed record SendGate(
    bool IsShut,
    string? ShutWhy = null,
    string? ShutBy = null,
    DateTimeOffset? ShutAt = null,
    string? OpenedWhy = null,
    string? OpenedBy = null,
    DateTimeOffset? OpenedAt = null,
    DateTimeOffset? ReconciledAt = null);

/// <summary>
/// Whether anything is sent for a tenant: while nobody has shut it, and after the sender that sends now has seen, in this life of the
/// database, that Stripe and our books agree. Every commit that lets bytes leave looks at it.
/// </summary>
public interface ISendGates
{
    /// <exception cref="JournalUnavailableException">The database cannot be reached.</exception>
    Task<SendGate> Of(int tenant, CancellationToken stop);

    /// <summary>Whether the sender of this term may send.</summary>
    Task<bool> Lets(int tenant, string term, CancellationToken stop);

    /// <summary>From the moment this ends, nothing more is recorded as leaving. What shut it first stands.</summary>
    Task Shut(int tenant, string why, string by, CancellationToken stop);

    /// <summary>
    /// A person has seen the breaks of the last comparison that has ended: the same ones shut nothing any more. What a comparison finds that ends
    /// later shuts it again.
    /// </summary>
    Task Open(int tenant, string why, string by, CancellationToken stop);
}

/// <inheritdoc cref="ISendGates"/>
public sealed class SendGates(NpgsqlDataSource database, ISiloLease lease) : ISendGates
{
    public async Task<SendGate> Of(int tenant, CancellationToken stop) => await database.Row(
        "select is_shut, shut_why, shut_by, shut_at, opened_why, opened_by, opened_at, reconciled_at from send_gate where tenant = $1",
        static row => new SendGate(
            row.GetBoolean(0), row.MaybeText(1), row.MaybeText(2), row.Maybe<DateTimeOffset>(3), row.MaybeText(4), row.MaybeText(5), row.Maybe<DateTimeOffset>(6),
            row.Maybe<DateTimeOffset>(7)),
        stop, Questions.Int(tenant)) ?? new(false);

    public Task<bool> Lets(int tenant, string term, CancellationToken stop) => database.Row(
        "select exists (select from send_gate where tenant = $1 and not is_shut and term = $2 and life = life())",
        static row => row.GetBoolean(0), stop, Questions.Int(tenant), Questions.Text(term));

    public Task Shut(int tenant, string why, string by, CancellationToken stop) => database.Rows(
        """
        insert into send_gate as g (tenant, is_shut, shut_why, shut_by, shut_at) select $1, true, $2, $3, now() where is_alive($4)
        on conflict (tenant) do update set is_shut = true, shut_why = excluded.shut_why, shut_by = excluded.shut_by, shut_at = excluded.shut_at where not g.is_shut
        """,
        static _ => 0, stop, Questions.Int(tenant), Questions.Text(why), Questions.Text(by), Questions.Long(lease.Silo));

    // The gate first, and then the breaks as they are by then: a comparison that ends meanwhile waits for the gate, and finds it open. They are
    // accepted in the order in which a comparison notes them, which may be under way.
    public Task Open(int tenant, string why, string by, CancellationToken stop) => Questions.Reached(async () =>
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);
        string[] steps =
        [
            """
            insert into send_gate as g (tenant, is_shut, opened_why, opened_by, opened_at) select $1, false, $2, $3, now() where is_alive($4)
            on conflict (tenant) do update set is_shut = false, opened_why = excluded.opened_why, opened_by = excluded.opened_by, opened_at = excluded.opened_at
            """,
            $"""
            with found as (
              select kind, item, transfer, detail from reconciliation_break
              where tenant = $1 and first_run <= ({Reconciliations.LastEnded}) and last_run >= ({Reconciliations.LastEnded}) and accepted_at is null and is_alive($4)
              order by kind, item, transfer, detail for update)
            update reconciliation_break b set accepted_by = $3, accepted_why = $2, accepted_at = now() from found f
            where b.tenant = $1 and (b.kind, b.item, b.transfer, b.detail) = (f.kind, f.item, f.transfer, f.detail)
            """,
        ];
        foreach (var step in steps)
        {
            await using var command = new NpgsqlCommand(step, connection, transaction);
            command.Parameters.AddRange((NpgsqlParameter[])[Questions.Int(tenant), Questions.Text(why), Questions.Text(by), Questions.Long(lease.Silo)]);
            await command.ExecuteNonQueryAsync(stop);
        }

        await transaction.CommitAsync(stop);
        return 0;
    });
}

/// <summary>
/// The right to let bytes leave, as a commit asks for it: an append that records a sending falls where its tenant's gate is shut by then,
/// and is decided again.
/// </summary>
/// <param name="Term">Of the sender that asked.</param>
public readonly record struct SendPermit(string Term) : ISideRow<SendPermit>
{
    public static string Table => "send_gate";

    public static string Uniqueness => "send_gate_open";

    public static void Write(NpgsqlBatch batch, IReadOnlyList<(int Tenant, SendPermit Row)> rows) =>
        CommitBatch.Command(batch, "select check_send($1, $2)", Keys(rows));

    public static async Task<Func<int, SendPermit, bool>> Taken(NpgsqlConnection connection, IReadOnlyList<(int Tenant, SendPermit Row)> rows)
    {
        var let = await Contention.Read(
            connection,
            "select g.tenant, g.term from unnest($1, $2) as p(tenant, term) join send_gate g on g.tenant = p.tenant and g.term = p.term where not g.is_shut and g.life = life()",
            reader => (reader.GetInt32(0), reader.GetString(1)), Keys(rows));
        return (tenant, permit) => !let.Contains((tenant, permit.Term));
    }

    private static NpgsqlParameter[] Keys(IReadOnlyList<(int Tenant, SendPermit Row)> rows) =>
    [
        CommitBatch.Array(NpgsqlDbType.Integer, rows.Select(static row => row.Tenant)),
        CommitBatch.Array(NpgsqlDbType.Text, rows.Select(static row => row.Row.Term)),
    ];
}
