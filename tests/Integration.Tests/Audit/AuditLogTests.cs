using Npgsql;
using ReferralGrains.Integration.Tests.Journal;
using ReferralGrains.Integration.Tests.Postgres;
using ReferralGrains.Storage.Audit;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Ledger;
using ReferralGrains.Storage.Silos;
using ReferralGrains.Storage.Tenants;

namespace ReferralGrains.Integration.Tests.Audit;

/// <summary>The audit log in PostgreSQL: nothing is taken out of it unseen.</summary>
public sealed class AuditLogTests(PostgresServer server) : IAsyncLifetime
{
    private static readonly DateTimeOffset start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private JournalDatabase database = null!;
    private AuditLog log = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        database = await JournalDatabase.Create(server);
        log = new(database.Source, new StillLease());
    }

    public async ValueTask DisposeAsync()
    {
        await log.DisposeAsync();
        await database.DisposeAsync();
    }

    [Fact]
    public async Task Many_at_once_are_all_there_newest_first_and_found_by_what_is_asked()
    {
        var entries = Enumerable.Range(0, 300).Select(i => Entry(
            i, tenant: i % 3 == 0 ? 2 : 1, by: $"key_{i % 2}", operation: i % 5 == 0 ? "closeReferrer" : "getReferrer", subject: i % 4 == 0 ? null : $"ref_{i % 10}")).ToList();
        await Task.WhenAll(entries.Select(log.Begin));
        await Task.WhenAll(entries.Where(static one => one.Subject is null).Select(one => log.End(new(one.Id, one.Tenant, 201, "made", "why"))));

        var mine = entries.Where(static one => one.Tenant == 1).Reverse().ToList();
        Assert.Equal(mine, await Ids(new(1, 60, null)));
        Assert.Equal(mine.Where(static one => one.By == "key_1"), await Ids(new(1, 60, null) { By = "key_1" }));
        Assert.Equal(mine.Where(static one => one.Operation == "closeReferrer"), await Ids(new(1, 60, null) { Operation = "closeReferrer" }));
        Assert.Equal(
            mine.Where(static one => one.Operation == "closeReferrer"), await Ids(new(1, 60, null) { Operation = "endReferrer", FormerOperation = "closeReferrer" }));
        Assert.Equal(mine.Where(static one => one.Subject == "ref_7"), await Ids(new(1, 7, null) { Subject = "ref_7" }));
        Assert.Equal(mine.Where(static one => one.Subject is null && one.By == "key_0"), await Ids(new(1, 7, null) { Subject = "made", By = "key_0" }));
        Assert.Equal(
            mine.Where(static one => one.At >= start.AddSeconds(100) && one.At < start.AddSeconds(200)),
            await Ids(new(1, 60, null) { From = start.AddSeconds(100), To = start.AddSeconds(200) }));
        Assert.Empty(await Ids(new(3, 60, null)));
        var one = (await log.List(new(1, 1, null) { Subject = "made" }, Stop)).Items[0].Outcome!;
        Assert.Equal((201, "made", "why"), (one.Status, one.Subject, one.Reason));

        async Task<List<AuditEntry>> Ids(AuditFilter filter)
        {
            var all = new List<AuditEntry>();
            while (true)
            {
                var page = await log.List(filter, Stop);
                all.AddRange(page.Items.Select(static item => item.Entry));
                if (!page.HasMore) return all;
                filter = filter with { Before = page.Items[^1].Entry.Id };
            }
        }
    }

    [Fact]
    public async Task Nobody_changes_it_not_even_its_owner_by_a_slip()
    {
        await log.Begin(Entry(1));
        foreach (var change in (string[])["update audit_entry set by = 'other'", "delete from audit_entry", "truncate audit_entry", "delete from audit_outcome", "truncate audit_outcome"])
            Assert.Equal("RG004", (await Assert.ThrowsAsync<PostgresException>(() => database.Run(change))).SqlState);
        await using var application = database.Source.CreateCommand("delete from audit_entry");
        Assert.Equal("42501", (await Assert.ThrowsAsync<PostgresException>(() => application.ExecuteNonQueryAsync(Stop))).SqlState);
    }

    [Theory]
    [InlineData("delete from audit_entry where by = 'key_2'", "2 requests were logged, and the 1 that are there are not these")]
    [InlineData("update audit_entry set by = 'key_9' where by = 'key_2'", "2 requests were logged, and the 2 that are there are not these")]
    [InlineData("update audit_entry set tenant = 2 where by = 'key_2'", "Tenant 2: 0 requests were logged, and the 1 that are there")]
    [InlineData("insert into audit_entry select gen_random_uuid(), 1, now(), 'key_1', 3, 'x', 'x', null, 'x'; delete from audit_count where kind = 1", "0 requests were logged, and the 3 that are there")]
    [InlineData("delete from audit_outcome", "1 outcomes were logged, and the 0 that are there are not these")]
    [InlineData("update audit_outcome set status = 200", "1 outcomes were logged, and the 1 that are there are not these")]
    public async Task The_ledger_check_tells_what_was_done_to_it(string change, string detail)
    {
        await log.Begin(Entry(1, by: "key_1"));
        await log.Begin(Entry(2, by: "key_2"));
        await log.End(new(Entry(2).Id, 1, 403, null, null));
        var check = new LedgerCheck(database.Source, KeptSnapshots.None);
        Assert.True((await check.CheckAll(Stop)).Ok);
        await database.Run("alter table audit_entry disable trigger audit_entry_append_only; alter table audit_outcome disable trigger audit_outcome_append_only");
        await database.Run(change);
        Assert.Contains((await check.CheckAll(Stop)).Differences, one => one.What == "audit" && one.Detail.Contains(detail, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_silo_that_was_ended_logs_nothing_and_so_does_nothing()
    {
        await database.Run("update silo set ended_at = clock_timestamp()");
        await Assert.ThrowsAsync<LeaseLostException>(() => log.Begin(Entry(1)));
        Assert.Equal(0L, await database.Ask<long>("select count(*) from audit_entry"));
    }

    private static AuditEntry Entry(int second, int tenant = 1, string by = "key_1", string operation = "getReferrer", string? subject = null)
    {
        var time = new At(start.AddSeconds(second));
        Span<byte> id = stackalloc byte[16];
        AuditEntry.NewId(time).TryWriteBytes(id, bigEndian: true, out _);
        id[6..].Fill(0x77); // The same each time, so that a test can name it again.
        return new(new(id, bigEndian: true), tenant, by, KeyRole.Admin, operation, "GET /v1/referrers/x", subject, $"request-{second}");
    }

    private sealed class At(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
