using ReferralGrains.Domain.Payouts;
using ReferralGrains.Integration.Tests.Journal;
using ReferralGrains.Integration.Tests.Postgres;
using ReferralGrains.Storage.Payouts;

namespace ReferralGrains.Integration.Tests.Payouts;

/// <summary>Whom a tenant owes something is read some at a time, and no further than it is asked for.</summary>
public sealed class PayoutCandidatesTests(PostgresServer server) : JournalTest(server)
{
    private static readonly PayoutTerms Terms = PayoutTerms.Default with { Outside = true };
    private static readonly DateTimeOffset Now = new(2026, 11, 30, 0, 0, 0, TimeSpan.Zero);

    private PayoutCandidates Candidates => new(Database.Source, PayoutWaits.Live, page: 3);

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();

        // Of each three but the first of all, one has something, in two currencies; the second tenant's are in between.
        await Database.Run(
            """
            insert into tenant (name) values ('shop'), ('other');
            insert into asset (name) values ('EUR'), ('USD') on conflict do nothing;
            insert into stream (id, tenant, kind, a) select n, 1 + n % 2, 3, 'r' || n from generate_series(1, 40) n;
            insert into referrer (stream, tenant, code, cash_opt_in, created_at) select n, 1 + n % 2, 'c' || n, n <> 24, now() from generate_series(1, 40) n;
            insert into balance (referrer, asset, tenant, earned, payable) select n, a.id, 1 + n % 2, 1000 + n, 1000 + n from generate_series(12, 40, 6) n, asset a where a.name in ('EUR', 'USD')
            """);
    }

    [Fact]
    public async Task All_are_found_in_their_order_whatever_lies_between()
    {
        var found = await Candidates.Find(1, Terms, Now, Stop).ToListAsync(Stop);
        Assert.Equal(
            from referrer in (int[])[12, 18, 24, 30, 36] from asset in (string[])["EUR", "USD"] select ($"r{referrer}", asset, 1_000L + referrer, referrer == 24 ? NotPaid.NotOptedIn : (NotPaid?)null),
            found.Select(static one => (one.Candidate.Id.Value, one.Candidate.Payable.Asset.Name, one.Candidate.Payable.Minor, one.Why)));
        Assert.Empty(await Candidates.Find(2, Terms, Now, Stop).ToListAsync(Stop));
    }

    // Nobody who is read can be one of those behind.
    [Fact]
    public async Task Whoever_has_enough_reads_no_further()
    {
        await Database.Run("insert into fact (stream, version, body) values (36, 1, '{\"forfeits\": \"unreadable\"}')");
        Assert.True(await Candidates.HasAny(1, Terms, Now, Stop));
        Assert.Equal(["r12", "r12", "r18"], (await Candidates.Find(1, Terms, Now, Stop).Take(3).ToListAsync(Stop)).Select(static one => one.Candidate.Id.Value));
        await Assert.ThrowsAsync<Npgsql.PostgresException>(async () => await Candidates.Find(1, Terms, Now, Stop).CountAsync(Stop));
        Assert.False(await Candidates.HasAny(2, Terms, Now, Stop));
    }
}
