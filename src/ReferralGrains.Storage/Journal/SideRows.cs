using System.Collections.Immutable;
using Npgsql;
using NpgsqlTypes;

namespace ReferralGrains.Storage.Journal;

/// <summary>What commits with the events besides balances: facts, due rows, referral, referrer and rule rows, parked actions, conflicts.</summary>
internal static class SideRows
{
    public static void AddTo(NpgsqlBatch batch, List<Append> appends)
    {
        AddFacts(batch, [.. appends.SelectMany(static append => append.Facts)]);
        AddDue(batch, Of(appends, static append => append.Due));
        AddReferrals(batch, Of(appends, static append => append.Referrals));
        AddReferrers(batch, [.. appends.Where(static append => append.Referrer is not null).Select(static append => (append.Tenant, Row: append.Referrer!))]);
        AddRules(batch, Of(appends, static append => append.Rules));
        AddParked(batch, appends);
        AddConflicts(batch, Of(appends, static append => append.Conflicts));
    }

    private static List<(int Tenant, T Row)> Of<T>(List<Append> appends, Func<Append, ImmutableArray<T>> rowsOf)
    {
        var rows = new List<(int Tenant, T Row)>();
        foreach (var append in appends)
            foreach (var row in rowsOf(append)) rows.Add((append.Tenant, row));
        return rows;
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

    private static void AddDue(NpgsqlBatch batch, List<(int Tenant, DueChange Row)> changes)
    {
        var gone = changes.Where(static change => change.Row.At is null).Select(static change => change.Row.Stream.Value).ToList();
        var moved = changes.Where(static change => change.Row.At is not null).OrderBy(static change => change.Row.Stream.Value).ToList();
        if (gone.Count > 0) CommitBatch.Command(batch, "delete from due where stream = any($1)", CommitBatch.Column(gone, NpgsqlDbType.Bigint));
        if (moved.Count == 0) return;
        CommitBatch.Command(
            batch,
            """
            insert into due (stream, tenant, at) select * from unnest($1, $2, $3)
            on conflict (stream) do update set at = excluded.at
            """,
            CommitBatch.Array(NpgsqlDbType.Bigint, moved.Select(change => change.Row.Stream.Value)),
            CommitBatch.Array(NpgsqlDbType.Integer, moved.Select(change => change.Tenant)),
            CommitBatch.Array(NpgsqlDbType.TimestampTz, moved.Select(change => change.Row.At!.Value)));
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

    private static void AddParked(NpgsqlBatch batch, List<Append> appends)
    {
        var parked = appends.Where(append => append.Parked != 0).GroupBy(append => append.Tenant, append => (long)append.Parked).OrderBy(tenant => tenant.Key).ToList();
        if (parked.Count == 0) return;
        CommitBatch.Command(
            batch,
            """
            insert into parked as p (tenant, count) select * from unnest($1, $2)
            on conflict (tenant) do update set count = p.count + excluded.count
            """,
            CommitBatch.Array(NpgsqlDbType.Integer, parked.Select(tenant => tenant.Key)),
            CommitBatch.Array(NpgsqlDbType.Bigint, parked.Select(tenant => tenant.Sum())));
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
