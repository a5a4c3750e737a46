using ReferralGrains.Integration.Tests.Journal;
using ReferralGrains.Integration.Tests.Postgres;
using ReferralGrains.Storage.Due;

namespace ReferralGrains.Integration.Tests.Due;

/// <summary>What is due is only read: the row moves with the grain's own append.</summary>
public sealed class DueReaderTests(PostgresServer server) : JournalTest(server), IAsyncLifetime
{
    private const int Grains = 7;
    private DueReader due = null!;

    async ValueTask IAsyncLifetime.InitializeAsync()
    {
        await InitializeAsync();
        due = new(Database.Source);

        // Pairs of the same date, so that a page may end between two of them; the last is due a day later.
        await Database.Run(
            $"""
            insert into tenant (name) values ('one'), ('two');
            insert into stream (tenant, kind, a, b) select 1, 2, 'program', 'referee' || i from generate_series(1, {Grains}) i;
            insert into stream (tenant, kind, a, b) values (2, 2, 'program', 'referee1');
            insert into due (stream, tenant, at) select id, tenant, '2026-01-01Z'::timestamptz + (id / 2) * interval '1 hour' from stream where id < {Grains};
            insert into due (stream, tenant, at) select id, tenant, '2026-01-02Z' from stream where id = {Grains};
            insert into due (stream, tenant, at) select id, tenant, '2026-01-01Z' from stream where tenant = 2;
            """);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(100)]
    public async Task Pages_of_what_is_due_leave_nothing_out_and_take_nothing_away(int limit)
    {
        for (var sweep = 1; sweep <= 2; sweep++)
        {
            var all = new List<DueGrain>();
            for (var shard = 0; shard < DueShards.Count; shard++)
            {
                var seen = new List<DueGrain>();
                while (await due.Read(shard, 1, Rows.At.AddHours(23), seen.Count == 0 ? null : seen[^1], limit, Stop) is { Count: > 0 } page)
                {
                    Assert.InRange(page.Count, 1, limit);
                    Assert.InRange(seen.Count, 0, Grains);
                    seen.AddRange(page);
                }

                Assert.Equal(seen.OrderBy(grain => grain.At).ThenBy(grain => grain.Stream.Value), seen);
                Assert.Equal(seen.Count > 0, (await due.Tenants(shard, Rows.At.AddHours(23), Stop)).Contains(1));
                all.AddRange(seen);
            }

            Assert.Equal(Enumerable.Range(1, Grains - 1).Select(i => $"referee{i}"), all.Select(grain => grain.Second).Order());
        }

        Assert.Equal(Grains + 1, await Database.Ask<long>("select count(*) from due"));
    }
}
