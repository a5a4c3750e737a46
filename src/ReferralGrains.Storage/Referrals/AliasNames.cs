using System.Collections.Concurrent;
using Npgsql;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Silos;

namespace ReferralGrains.Storage.Referrals;

/// <summary>
/// Which ids of referees name a referral that is kept under another (X8): for who puts what came in order before anybody decides it. Who
/// decides needs none of it.
/// </summary>
/// <remarks>Every member throws <see cref="JournalUnavailableException"/> while the database cannot be reached.</remarks>
public interface IAliasNames
{
    /// <summary>Whether an id of the tenant may be an alias. Costs nothing but once a second where none is.</summary>
    ValueTask<bool> Any(int tenant, CancellationToken stop);

    /// <summary>Before an alias is made. Before a tenant's first it takes until whoever saw that there is none looks again.</summary>
    Task Expect(int tenant, CancellationToken stop);

    /// <returns>The id by which the referral is known, for each of some referees that is an alias.</returns>
    Task<IReadOnlyDictionary<(CallerId Program, CallerId Referee), CallerId>> Of(
        int tenant, IReadOnlyList<(CallerId Program, CallerId Referee)> referees, CancellationToken stop);
}

/// <inheritdoc cref="IAliasNames"/>
public sealed class AliasNames : IAliasNames
{
    // Longer than "none" is believed anywhere, by clocks that need not agree to the millisecond.
    private static readonly TimeSpan Untold = Moment.Recent * 1.25;

    private readonly ConcurrentDictionary<int, (bool Any, Moment At)> seen = new();
    private readonly Renewals<int> renewals;
    private readonly NpgsqlDataSource database;
    private readonly ISiloLease lease;
    private readonly TimeProvider time;

    public AliasNames(NpgsqlDataSource database, ISiloLease lease, TimeProvider time)
    {
        (this.database, this.lease, this.time) = (database, lease, time);
        renewals = new(tenant => Look(tenant, CancellationToken.None));
    }

    public ValueTask<bool> Any(int tenant, CancellationToken stop)
    {
        if (!seen.TryGetValue(tenant, out var kept)) return new(Look(tenant, stop));
        if (kept.Any) return new(true);
        var age = kept.At.Age(time);
        if (age >= Moment.Recent) return new(Look(tenant, stop));
        if (Renewals<int>.IsDue(age, Moment.Recent)) renewals.Begin(tenant);
        return new(false);
    }

    public async Task Expect(int tenant, CancellationToken stop)
    {
        // Null where another writes it at this moment.
        var old = await database.Row(
            """
            with told as (insert into alias_tenant (tenant) select $1 where is_alive($2) on conflict do nothing)
            select clock_timestamp() - since > $3 from alias_tenant where tenant = $1
            """,
            static row => (bool?)row.GetBoolean(0), stop, Questions.Int(tenant), Questions.Long(lease.Silo), new() { Value = 2 * Untold });
        if (old is not true) await Task.Delay(Untold, time, stop);
    }

    public async Task<IReadOnlyDictionary<(CallerId Program, CallerId Referee), CallerId>> Of(
        int tenant, IReadOnlyList<(CallerId Program, CallerId Referee)> referees, CancellationToken stop)
    {
        var names = new Dictionary<(CallerId, CallerId), CallerId>();
        await database.Each(
            $"""
            select s.a, s.b, r.b from unnest($2, $3) as one(program, referee)
            join stream s on s.tenant = $1 and s.kind = {Reports.Directory.Enrollment} and s.a = one.program and s.b = one.referee
            join referral_alias n on n.stream = s.id join stream r on r.id = n.referral
            """,
            row => names[(new(row.GetString(0)), new(row.GetString(1)))] = new(row.GetString(2)), stop, Questions.Int(tenant),
            CommitBatch.Array(NpgsqlTypes.NpgsqlDbType.Text, referees.Select(static one => one.Program.Value)),
            CommitBatch.Array(NpgsqlTypes.NpgsqlDbType.Text, referees.Select(static one => one.Referee.Value)));
        return names;
    }

    private async Task<bool> Look(int tenant, CancellationToken stop)
    {
        var at = Moment.Now(time);
        var any = await database.Row("select true from alias_tenant where tenant = $1", static row => (bool?)row.GetBoolean(0), stop, Questions.Int(tenant));
        return (seen[tenant] = (any is true, at)).Any;
    }
}
