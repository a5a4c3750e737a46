using Npgsql;
using NpgsqlTypes;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Storage.Referrals;

/// <summary>By how many more actions of a tenant wait, or fewer: its quota is counted by it.</summary>
public readonly record struct ParkedChange(int More) : ISideRow<ParkedChange>
{
    public static string Table => "parked";

    /// <summary>Nothing when as many wait as before.</summary>
    public static SideRows By(int more) => SideRows.Of<ParkedChange>(more == 0 ? [] : [new(more)]);

    // In order of the tenants, for many commits touch the same rows.
    public static void Write(NpgsqlBatch batch, IReadOnlyList<(int Tenant, ParkedChange Row)> rows)
    {
        var tenants = rows.GroupBy(static row => row.Tenant, static row => (long)row.Row.More).OrderBy(static tenant => tenant.Key).ToList();
        CommitBatch.Command(
            batch,
            """
            insert into parked as p (tenant, count) select * from unnest($1, $2)
            on conflict (tenant) do update set count = p.count + excluded.count
            """,
            CommitBatch.Array(NpgsqlDbType.Integer, tenants.Select(static tenant => tenant.Key)),
            CommitBatch.Array(NpgsqlDbType.Bigint, tenants.Select(static tenant => tenant.Sum())));
    }
}
