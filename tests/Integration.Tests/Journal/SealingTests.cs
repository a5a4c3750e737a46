using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using ReferralGrains.Integration.Tests.Postgres;
using ReferralGrains.Integration.Tests.Tenants;
using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Sealing;

namespace ReferralGrains.Integration.Tests.Journal;

/// <summary>The journal, rule 9: positions.</summary>
public sealed class SealingTests(PostgresServer server) : IAsyncLifetime
{
    private const string OneRow = "row(1,1,'2026-01-01Z',11,12,100,1,1,1,1,1,1,'00000000-0000-0000-0000-000000000001','a','{}')::event";

    private JournalDatabase database = null!;
    private JournalWriter writer = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        database = await JournalDatabase.Create(server);
        writer = new(database.Source, new Assets(database.Source), new StillLease(), TimeProvider.System, NullLogger<JournalWriter>.Instance);
    }

    public async ValueTask DisposeAsync()
    {
        await writer.DisposeAsync();
        await database.DisposeAsync();
    }

    [Fact]
    public async Task Positions_are_dense_and_leave_tombstones_out()
    {
        for (var i = 1; i <= 250; i++)
        {
            await writer.Append(Rows.Append(i, 1, Rows.Sale($"a{i}")));
            if (i % 50 == 0) await database.Run($"insert into commit (id, silo, tombstone) values ({i}, 0, true)");
        }

        await database.SealAll();
        Assert.Equal((250L, 1L, 250L), await Range());
        Assert.Equal(0, await database.Ask<long>("select count(*) from seal s join commit c on c.id = s.commit_id where c.tombstone"));

        await writer.Append(Rows.Append(251, 1, Rows.Sale("a251")));
        await database.SealAll();
        Assert.Equal((251L, 1L, 251L), await Range());
    }

    [Fact]
    public async Task A_commit_is_sealed_after_those_that_began_before_it_even_if_they_end_later()
    {
        await using var slow = await database.Source.OpenConnectionAsync(Stop);
        await using var transaction = await slow.BeginTransactionAsync(Stop);
        await using (var begin = new NpgsqlCommand("insert into commit (id, silo) values (77, 0)", slow)) await begin.ExecuteNonQueryAsync(Stop);
        await writer.Append(Rows.Append(1, 1, Rows.Sale("fast")));

        await Sealer.SealAll(database.Source, Stop);
        Assert.Null(await Sealer.Head(database.Source, Stop));

        await transaction.CommitAsync(Stop);
        await database.SealAll();
        Assert.Equal(77, await database.Ask<long>("select commit_id from seal where position = 1"));
        Assert.Equal((2L, 1L, 2L), await Range());
    }

    [Fact]
    public async Task Several_processes_that_seal_at_once_seal_each_commit_once()
    {
        for (var i = 1; i <= 120; i++) await writer.Append(Rows.Append(i, 1, Rows.Sale($"a{i}")));

        await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(() => Sealer.SealAll(database.Source, Stop))));
        await database.SealAll();
        Assert.Equal((120L, 1L, 120L), await Range());
        Assert.Equal(0, await database.Ask<long>(
            "select count(*) from seal s left join seal p on p.position = s.position - 1 where (s.xid, s.commit_id) <= (p.xid, p.commit_id)"));
    }

    [Fact]
    public async Task In_the_background_it_lets_commits_go_first_but_not_for_ever()
    {
        var (busy, time) = (true, new FixedTime(Rows.At));
        await writer.Append(Rows.Append(1, 1, Rows.Sale("a")));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var watch = new Sealer(database.Source, () => busy, time, NullLogger<Sealer>.Instance).Watch(stop.Token);
        for (var i = 0; i < 19; i++) await time.Tick(TimeSpan.FromMilliseconds(250));
        Assert.Null(await Sealer.Head(database.Source, Stop));
        await UntilSealed(1, TimeSpan.FromSeconds(5));

        busy = false;
        await writer.Append(Rows.Append(2, 1, Rows.Sale("b")));
        await UntilSealed(2, TimeSpan.FromMilliseconds(250));
        await stop.CancelAsync();
        await watch;

        // Transactions of other tests hold up sealing for as long as they are open.
        Task UntilSealed(long position, TimeSpan step) => Eventually.Holds("the commits are sealed", async () =>
        {
            await time.Tick(step);
            return await Sealer.Head(database.Source, Stop) is { } head && head.Position == position;
        });
    }

    [Fact]
    public async Task Under_a_load_that_lasts_it_stays_a_minute_behind_and_no_more()
    {
        await database.Run("insert into commit (id, silo, committed_at) select n, 0, now() - interval '90 s' from generate_series(1, 60) n");
        await database.Run("insert into commit (id, silo) select n, 0 from generate_series(61, 120) n");
        var time = new FixedTime(Rows.At);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var watch = new Sealer(database.Source, () => true, time, NullLogger<Sealer>.Instance).Watch(stop.Token);
        await Eventually.Holds("what is old is sealed", async () =>
        {
            await time.Tick(TimeSpan.FromMilliseconds(250));
            var position = (await Sealer.Head(database.Source, Stop))?.Position ?? 0;
            Assert.True(position is 0 or >= 25 and < 120, $"{position} commits are sealed.");
            return position >= 60;
        });
        await stop.CancelAsync();
        await watch;
    }

    // Commits that come as fast as they are sealed, for a while.
    [Fact]
    public async Task To_seal_all_ends_with_what_was_there_when_it_began()
    {
        await database.Run(
            """
            create function one_more() returns trigger language plpgsql as $$
            begin
              insert into commit (id, silo) select new.commit_id + 1000, 0 where new.commit_id < 20000;
              return null;
            end $$;
            create trigger one_more after insert on seal for each row execute function one_more();
            insert into commit (id, silo) select n, 0 from generate_series(1, 60) n;
            """);
        await Eventually.Holds("all that was there is sealed", async () =>
        {
            var there = await database.Ask<long>("select count(*) from commit");
            await Sealer.SealAll(database.Source, Stop);
            var position = (await Sealer.Head(database.Source, Stop))?.Position ?? 0;
            Assert.True(position < there + 25, $"{position} commits are sealed, of {there} that were there.");
            return position >= 60;
        });
    }

    [Fact]
    public async Task A_row_hash_tells_null_from_empty_and_one_field_from_the_next()
    {
        string[] rows =
        [
            "1,1,'2026-01-01Z',null,null,null,1,1,null,null,1,1,null,null,null",
            "1,1,'2026-01-01Z',null,null,null,1,1,null,0,1,1,null,null,null",
            "1,1,'2026-01-01Z',null,null,null,1,1,0,null,1,1,null,null,null",
            "1,1,'2026-01-01 00:00:00.000001Z',null,null,null,1,1,null,null,1,1,null,null,null",
            "1,1,'2026-01-01Z',null,null,null,11,1,null,null,1,1,null,null,null",
            "1,1,'2026-01-01Z',null,null,null,1,11,null,null,1,1,null,null,null",
            "1,1,'2026-01-01Z',null,null,null,1,1,null,null,1,1,null,'',null",
            "1,1,'2026-01-01Z',null,null,null,1,1,null,null,1,1,null,'a|=1',null",
            "1,1,'2026-01-01Z',null,null,null,1,1,null,null,1,1,null,'a','1'",
            "1,1,'2026-01-01Z',null,null,null,1,1,null,null,1,1,null,null,'null'",
            "1,1,'2026-01-01Z',null,null,null,1,1,null,null,1,1,null,null,'1'",
            "1,1,'2026-01-01Z',null,null,null,1,1,null,null,1,1,null,null,' 1'",
            "1,1,'2026-01-01Z',1,null,null,1,1,null,null,1,1,null,null,null",
            "1,1,'2026-01-01Z',null,1,null,1,1,null,null,1,1,null,null,null",
            "1,1,'2026-01-01Z',null,null,1,1,1,null,null,1,1,null,null,null",
        ];
        var hashes = new HashSet<string>();
        foreach (var row in rows)
        {
            var hash = await database.Ask<byte[]>($"select row_hash(row({row})::event)");
            Assert.Equal(hash, await database.Ask<byte[]>($"set timezone = 'Asia/Tokyo'; set datestyle = 'SQL, DMY'; select row_hash(row({row})::event)"));
            hashes.Add(Convert.ToHexString(hash));
        }

        Assert.Equal(rows.Length, hashes.Count);
    }

    [Fact]
    public async Task A_row_hash_is_the_same_in_every_version_and_is_inlined_where_it_is_asked_for()
    {
        Assert.Equal("62cc2258707b268c912aaf35e6aa33a628a15b239951c509b5358f79efb69e7b", Convert.ToHexStringLower(await database.Ask<byte[]>($"select row_hash({OneRow})")));
        var plan = await database.Ask<string>("explain (verbose, format json) select row_hash(e) from event e");
        Assert.Contains("sha256(", plan, StringComparison.Ordinal);
        Assert.DoesNotContain("row_hash", plan, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_column_of_a_row_is_in_its_hash()
    {
        var columns = await database.Ask<string[]>(
            "select array_agg(attname::text || ' ' || atttypid::regtype) from pg_attribute where attrelid = 'event'::regclass and attnum > 0 and not attisdropped");
        var hashes = new HashSet<string> { await Hash(OneRow) };
        foreach (var (name, type) in columns.Select(column => column.Split(' ', 2)).Select(parts => (parts[0], parts[1])))
        {
            var other = type switch
            {
                "bigint" or "integer" or "smallint" => "77",
                "uuid" => "'00000000-0000-0000-0000-000000000002'::text",
                "text" => "'b'::text",
                "json" => "'{\"m\":1}'::json",
                _ => "'2026-01-02Z'::text",
            };
            Assert.True(hashes.Add(await Hash($"json_populate_record({OneRow}, json_build_object('{name}', {other}))")), name);
        }

        async Task<string> Hash(string row) => Convert.ToHexString(await database.Ask<byte[]>($"select row_hash({row})"));
    }

    [Fact]
    public async Task A_database_that_came_from_a_dump_is_not_sealed_on()
    {
        await writer.Append(Rows.Append(1, 1, Rows.Sale("a")));
        await database.SealAll();
        await database.Run("alter table seal disable trigger user; update seal set xid = '1000000000'; alter table seal enable trigger user");

        var refused = await Assert.ThrowsAsync<PostgresException>(() => Sealer.SealAll(database.Source, Stop));
        Assert.Equal("RG005", refused.SqlState);
    }

    private async Task<(long Count, long First, long Last)> Range() => (
        await database.Ask<long>("select count(*) from seal"), await database.Ask<long>("select min(position) from seal"),
        await database.Ask<long>("select max(position) from seal"));
}
