using Npgsql;
using NpgsqlTypes;
using ReferralGrains.Domain.Flags;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Storage.Flags;

/// <summary>A flag on the review list (X9): raised, or what somebody said of it.</summary>
/// <param name="Stream">The referral's or the referrer's.</param>
/// <param name="Reason">Why it was raised; of one that was raised before, that stays.</param>
/// <param name="By">Who looked at it.</param>
public readonly record struct FlagRow(StreamId Stream, FlagKind Kind, FlagState State, string Reason, DateTimeOffset At, string? By) : ISideRow<FlagRow>
{
    public static string Table => "flag";

    // Two appends of one subject may be in a commit: the last one stands.
    public static void Write(NpgsqlBatch batch, IReadOnlyList<(int Tenant, FlagRow Row)> rows)
    {
        var last = rows.GroupBy(static row => (row.Row.Stream.Value, row.Row.Kind)).OrderBy(static row => row.Key).Select(static row => row.Last()).ToList();
        CommitBatch.Command(
            batch,
            """
            insert into flag (stream, kind, tenant, state, reason, opened_at, resolved_at, resolved_by)
            select n.stream, n.kind, n.tenant, n.state, n.reason, n.at, case when n.resolved_by is null then null else n.at end, n.resolved_by
            from unnest($1, $2, $3, $4, $5, $6, $7) as n(stream, kind, tenant, state, reason, at, resolved_by)
            on conflict (stream, kind) do update set state = excluded.state, resolved_at = excluded.resolved_at, resolved_by = excluded.resolved_by
            """,
            CommitBatch.Array(NpgsqlDbType.Bigint, last.Select(static row => row.Row.Stream.Value)),
            CommitBatch.Array(NpgsqlDbType.Smallint, last.Select(static row => (short)row.Row.Kind)),
            CommitBatch.Array(NpgsqlDbType.Integer, last.Select(static row => row.Tenant)),
            CommitBatch.Array(NpgsqlDbType.Smallint, last.Select(static row => (short)row.Row.State)),
            CommitBatch.Array(NpgsqlDbType.Text, last.Select(static row => row.Row.Reason)),
            CommitBatch.Array(NpgsqlDbType.TimestampTz, last.Select(static row => row.Row.At)),
            CommitBatch.Array(NpgsqlDbType.Text, last.Select(static row => row.Row.By)));
    }
}

/// <summary>
/// What tells one person from another: of two referrers that have the same, the second is flagged, whichever processes wrote them (X9). A flag that
/// somebody cleared is raised again for another account; an address comes with every change of the profile, so it is not.
/// </summary>
/// <param name="Value">Normalised; null for none any more.</param>
public readonly record struct IdentityRow(StreamId Referrer, IdentityKind Kind, string? Value, DateTimeOffset At) : ISideRow<IdentityRow>
{
    public static string Table => "referrer_identity";

    // Who is second waits for the commit of who is first. Either that is there, or it is this referrer's own from before: else it is another's.
    public static void Write(NpgsqlBatch batch, IReadOnlyList<(int Tenant, IdentityRow Row)> rows)
    {
        var last = rows.GroupBy(static row => (row.Row.Referrer.Value, row.Row.Kind)).Select(static row => row.Last())
            .OrderBy(static row => (row.Tenant, row.Row.Kind)).ThenBy(static row => row.Row.Value, StringComparer.Ordinal).ToList();
        CommitBatch.Command(
            batch,
            """
            with asked as materialized (select * from unnest($1, $2, $3, $4, $5) as n(referrer, kind, tenant, value, at)),
            gone as (delete from referrer_identity i using asked a where i.referrer = a.referrer and i.kind = a.kind and i.value is distinct from a.value),
            new as (
              insert into referrer_identity (tenant, kind, value, referrer) select tenant, kind, value, referrer from asked where value is not null
              on conflict (tenant, kind, value) do nothing returning referrer, kind)
            insert into flag (stream, kind, tenant, state, reason, opened_at)
            select a.referrer, case a.kind when 2 then 2 else 3 end, a.tenant, 1,
              case a.kind when 2 then 'shared_email' when 3 then 'shared_payout_account' else 'shared_customer' end, a.at from asked a
            where a.value is not null and not exists (select from new n where n.referrer = a.referrer and n.kind = a.kind)
              and not exists (select from referrer_identity i where i.tenant = a.tenant and i.kind = a.kind and i.value = a.value and i.referrer = a.referrer)
            on conflict (stream, kind) do update set state = 1, opened_at = excluded.opened_at, resolved_at = null, resolved_by = null
              where flag.state = 2 and flag.kind = 3
            """,
            CommitBatch.Array(NpgsqlDbType.Bigint, last.Select(static row => row.Row.Referrer.Value)),
            CommitBatch.Array(NpgsqlDbType.Smallint, last.Select(static row => (short)row.Row.Kind)),
            CommitBatch.Array(NpgsqlDbType.Integer, last.Select(static row => row.Tenant)),
            CommitBatch.Array(NpgsqlDbType.Text, last.Select(static row => row.Row.Value)),
            CommitBatch.Array(NpgsqlDbType.TimestampTz, last.Select(static row => row.Row.At)));
    }
}

/// <summary>What two people seldom have in common. The numbers are in rows and never change.</summary>
public enum IdentityKind
{
    /// <summary>Raises <see cref="FlagKind.SharedEmail"/>.</summary>
    Mailbox = 2,

    /// <summary>The connected account that cash goes to; raises <see cref="FlagKind.SharedPayoutAccount"/>.</summary>
    PayoutAccount = 3,

    /// <summary>The Stripe customer that account credit goes to, which is paid as an account is: raises the same flag.</summary>
    Customer = 5,
}

/// <summary>
/// A referee was attributed: more of one referrer within any hour than <paramref name="Most"/> raise a flag on it (X9), and once more an hour after
/// it was cleared. A referrer's row says when the last one was, and how many there were at most in the hour up to it: only where that is over the
/// limit are they counted, so that an attribution costs no more than its row however high the limit is.
/// </summary>
/// <param name="Most">0 for any number.</param>
public readonly record struct AttributionRow(StreamId Referrer, DateTimeOffset At, int Most) : ISideRow<AttributionRow>
{
    public static string Table => "attribution_rate";

    public static void Write(NpgsqlBatch batch, IReadOnlyList<(int Tenant, AttributionRow Row)> rows)
    {
        var asked = rows.GroupBy(static row => row.Row.Referrer.Value)
            .Select(static row => (Referrer: row.Key, row.First().Tenant, Count: row.Count(), Most: row.Max(static one => one.Row.Most), At: row.Max(static one => one.Row.At)))
            .OrderBy(static row => row.Referrer).ToList();

        // A process of before this rule wrote the beginning of the hour, so that an hour's pause is known only after two.
        CommitBatch.Command(
            batch,
            """
            insert into attribution_rate as r (referrer, tenant, hour, count) select * from unnest($1, $2, $3, $4)
            on conflict (referrer) do update set
              count = case when excluded.hour >= r.hour + interval '2 hours' then excluded.count else r.count + excluded.count end, hour = greatest(r.hour, excluded.hour)
            """,
            CommitBatch.Array(NpgsqlDbType.Bigint, asked.Select(static row => row.Referrer)),
            CommitBatch.Array(NpgsqlDbType.Integer, asked.Select(static row => row.Tenant)),
            CommitBatch.Array(NpgsqlDbType.TimestampTz, asked.Select(static row => row.At)),
            CommitBatch.Array(NpgsqlDbType.Integer, asked.Select(static row => row.Count)));

        // On its own, because a statement sees what was there when it began, and the one before has waited for whoever attributes to the same
        // referrer. This commit's referrals are not there yet: their table comes later.
        CommitBatch.Command(
            batch,
            """
            with counted as materialized (
              select a.*, a.own + (select count(*) from (
                select from referral f where f.referrer = a.referrer and f.attributed_at > a.at - interval '1 hour' limit a.most + 1) x) as count
              from unnest($1, $2, $3, $4, $5) as a(referrer, tenant, at, own, most) join attribution_rate r on r.referrer = a.referrer
              where a.most > 0 and r.count > a.most),
            known as (update attribution_rate r set count = c.count from counted c where r.referrer = c.referrer)
            insert into flag (stream, kind, tenant, state, reason, opened_at)
            select referrer, 4, tenant, 1, 'more than ' || most || ' attributions in an hour', at from counted where count > most
            on conflict (stream, kind) do update set state = 1, opened_at = excluded.opened_at, resolved_at = null, resolved_by = null
              where flag.state = 2 and excluded.opened_at > flag.resolved_at + interval '1 hour'
            """,
            CommitBatch.Array(NpgsqlDbType.Bigint, asked.Select(static row => row.Referrer)),
            CommitBatch.Array(NpgsqlDbType.Integer, asked.Select(static row => row.Tenant)),
            CommitBatch.Array(NpgsqlDbType.TimestampTz, asked.Select(static row => row.At)),
            CommitBatch.Array(NpgsqlDbType.Integer, asked.Select(static row => row.Count)),
            CommitBatch.Array(NpgsqlDbType.Integer, asked.Select(static row => row.Most)));
    }
}
