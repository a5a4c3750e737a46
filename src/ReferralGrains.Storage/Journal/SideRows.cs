using Npgsql;
using NpgsqlTypes;

namespace ReferralGrains.Storage.Journal;

/// <summary>What commits with the events besides balances: facts, due rows, referral, referrer and rule rows, conflicts.</summary>
internal static class SideRows
{
    public static void AddTo(NpgsqlBatch batch, IReadOnlyList<Append> appends)
    {
        AddFacts(batch, [.. appends.SelectMany(append => append.Facts)]);
        AddDue(batch, appends);
        AddReferrals(batch, [.. appends.SelectMany(append => append.Referrals.Select(row => (append.Tenant, Row: row)))]);
        AddReferrers(batch, [.. appends.Where(append => append.Referrer is not null).Select(append => (append.Tenant, Row: append.Referrer!))]);
        AddRules(batch, [.. appends.SelectMany(append => append.Rules.Select(row => (append.Tenant, Row: row)))]);
        AddConflicts(batch, [.. appends.SelectMany(append => append.Conflicts.Select(row => (append.Tenant, Row: row)))]);
    }

    private static void AddFacts(NpgsqlBatch batch, List<FactChange> facts)
    {
        if (facts.Count == 0) return;
        CommitBatch.Command(
            batch,
            """
            insert into fact (stream, version, body) select * from unnest($1, $2, $3)
            on conflict (stream) do update set version = excluded.version, body = excluded.body
            """,
            CommitBatch.Array(NpgsqlDbType.Bigint, facts.Select(fact => fact.Stream.Value)),
            CommitBatch.Array(NpgsqlDbType.Integer, facts.Select(fact => fact.Version)),
            CommitBatch.Array(NpgsqlDbType.Json, facts.Select(fact => fact.Body)));
    }

    private static void AddDue(NpgsqlBatch batch, IReadOnlyList<Append> appends)
    {
        var changes = appends.SelectMany(append => append.Due.Select(due => (append.Tenant, Due: due))).OrderBy(pair => pair.Due.Stream.Value).ToList();
        var gone = changes.Where(pair => pair.Due.At is null).Select(pair => pair.Due.Stream.Value).ToList();
        var moved = changes.Where(pair => pair.Due.At is not null).ToList();
        if (gone.Count > 0) CommitBatch.Command(batch, "delete from due where stream = any($1)", CommitBatch.Array(NpgsqlDbType.Bigint, gone));
        if (moved.Count == 0) return;
        CommitBatch.Command(
            batch,
            """
            insert into due (stream, tenant, at) select * from unnest($1, $2, $3)
            on conflict (stream) do update set at = excluded.at
            """,
            CommitBatch.Array(NpgsqlDbType.Bigint, moved.Select(pair => pair.Due.Stream.Value)),
            CommitBatch.Array(NpgsqlDbType.Integer, moved.Select(pair => pair.Tenant)),
            CommitBatch.Array(NpgsqlDbType.TimestampTz, moved.Select(pair => pair.Due.At!.Value)));
    }

    private static void AddReferrals(NpgsqlBatch batch, List<(int Tenant, ReferralRow Row)> rows)
    {
        if (rows.Count == 0) return;
        CommitBatch.Command(
            batch,
            """
            insert into referral (stream, tenant, program, referrer, status, attributed_at, approved_at)
            select * from unnest($1, $2, $3, $4, $5, $6, $7)
            on conflict (stream) do update set referrer = excluded.referrer, status = excluded.status, approved_at = excluded.approved_at
            """,
            CommitBatch.Array(NpgsqlDbType.Bigint, rows.Select(row => row.Row.Stream.Value)),
            CommitBatch.Array(NpgsqlDbType.Integer, rows.Select(row => row.Tenant)),
            CommitBatch.Array(NpgsqlDbType.Bigint, rows.Select(row => row.Row.Program.Value)),
            CommitBatch.Array(NpgsqlDbType.Bigint, rows.Select(row => row.Row.Referrer.Value)),
            CommitBatch.Array(NpgsqlDbType.Smallint, rows.Select(row => row.Row.Status)),
            CommitBatch.Array(NpgsqlDbType.TimestampTz, rows.Select(row => row.Row.AttributedAt)),
            CommitBatch.Array(NpgsqlDbType.TimestampTz, rows.Select(row => row.Row.ApprovedAt)));
    }

    private static void AddReferrers(NpgsqlBatch batch, List<(int Tenant, ReferrerRow Row)> rows)
    {
        if (rows.Count == 0) return;
        CommitBatch.Command(
            batch,
            """
            insert into referrer (stream, tenant, code, email, name, cash_opt_in, stripe_customer_id, created_at)
            select * from unnest($1, $2, $3, $4, $5, $6, $7, $8)
            on conflict (stream) do update set email = excluded.email, name = excluded.name, cash_opt_in = excluded.cash_opt_in,
              stripe_customer_id = excluded.stripe_customer_id
            """,
            CommitBatch.Array(NpgsqlDbType.Bigint, rows.Select(row => row.Row.Stream.Value)),
            CommitBatch.Array(NpgsqlDbType.Integer, rows.Select(row => row.Tenant)),
            CommitBatch.Array(NpgsqlDbType.Text, rows.Select(row => row.Row.Code)),
            CommitBatch.Array(NpgsqlDbType.Text, rows.Select(row => row.Row.Email)),
            CommitBatch.Array(NpgsqlDbType.Text, rows.Select(row => row.Row.Name)),
            CommitBatch.Array(NpgsqlDbType.Boolean, rows.Select(row => row.Row.CashOptIn)),
            CommitBatch.Array(NpgsqlDbType.Text, rows.Select(row => row.Row.StripeCustomerId)),
            CommitBatch.Array(NpgsqlDbType.TimestampTz, rows.Select(row => row.Row.CreatedAt)));
    }

    // Without a way out on purpose: who is second learns of it.
    private static void AddRules(NpgsqlBatch batch, List<(int Tenant, RuleRow Row)> rows)
    {
        if (rows.Count == 0) return;
        CommitBatch.Command(
            batch,
            "insert into rule (tenant, id, program) select * from unnest($1, $2, $3)",
            CommitBatch.Array(NpgsqlDbType.Integer, rows.Select(row => row.Tenant)),
            CommitBatch.Array(NpgsqlDbType.Text, rows.Select(row => row.Row.Id.Value)),
            CommitBatch.Array(NpgsqlDbType.Bigint, rows.Select(row => row.Row.Program.Value)));
    }

    private static void AddConflicts(NpgsqlBatch batch, List<(int Tenant, ConflictRow Row)> rows)
    {
        if (rows.Count == 0) return;
        CommitBatch.Command(
            batch,
            "insert into action_conflict (tenant, action_id, hash, at, action) select * from unnest($1, $2, $3, $4, $5) on conflict do nothing",
            CommitBatch.Array(NpgsqlDbType.Integer, rows.Select(row => row.Tenant)),
            CommitBatch.Array(NpgsqlDbType.Text, rows.Select(row => row.Row.ActionId.Value)),
            CommitBatch.Array(NpgsqlDbType.Uuid, rows.Select(row => row.Row.Hash.ToGuid())),
            CommitBatch.Array(NpgsqlDbType.TimestampTz, rows.Select(row => row.Row.At)),
            CommitBatch.Array(NpgsqlDbType.Json, rows.Select(row => row.Row.Action)));
    }
}
