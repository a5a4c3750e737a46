using System.Text.Json;
using Npgsql;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Integration.Tests.Postgres;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Ledger;

namespace ReferralGrains.Integration.Tests.Journal;

/// <summary>The journal, rule 7: what a superuser did to the books behind our back is named.</summary>
public sealed class LedgerCheckTests(PostgresServer server, SealedBooks books) : IClassFixture<SealedBooks>, IAsyncLifetime
{
    private JournalDatabase database = null!;
    private JournalWorld world = null!;
    private LedgerCheck check = null!;
    private long anna;
    private long bob;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        database = await books.Database.Copy(server);
        world = books.World.In(database);
        check = new(database.Source, KeptSnapshots.None);
        (anna, bob) = (books.Anna, books.Bob);
    }

    public async ValueTask DisposeAsync()
    {
        await world.DisposeAsync();
        await database.DisposeAsync();
    }

    [Fact]
    public async Task Books_that_nobody_touched_agree()
    {
        var report = await check.Check(world.Tenant, Stop);

        Assert.Empty(report.Differences);
        Assert.Equal(await database.Ask<long>("select count(*) from event"), report.Rows);
        Assert.Equal(await database.Ask<long>("select count(amount) from event"), report.Postings);
        Assert.Equal((1L, 4L), (report.Balances, report.Streams));
        Assert.Equal(await database.Ask<long>("select count(*) from commit"), report.Seals);
        Assert.Equal(report.Seals, report.Head!.Position);
        Assert.True((await check.CheckAll(Stop)).Ok);
    }

    [Fact]
    public async Task A_changed_amount_is_named_by_its_row()
    {
        await database.Run($"update event set amount = amount + 1 where stream = {bob} and seq = 3");

        var report = await check.Check(world.Tenant, Stop);
        Assert.StartsWith($"Row ({bob}, 3) was changed", report.Differences[0].Detail, StringComparison.Ordinal);
        Assert.Contains(report.Differences, one => one.What == "row" && one.Detail.Contains("posts 101", StringComparison.Ordinal));
        Assert.Contains(report.Differences, one => one.What == "balance");
    }

    [Theory]
    [InlineData("action_id = 'other' where seq = 3")]
    [InlineData("recorded_at = recorded_at + interval '1 microsecond' where seq = 3")]
    [InlineData("data = replace(data::text, '1000', '1001')::json where seq = 3")]
    [InlineData("about = 1 where seq = 1")]
    [InlineData("action_hash = gen_random_uuid() where seq = 3")]
    public async Task Any_changed_column_is_named_by_its_row(string change)
    {
        var changed = await Changed($"update event set {change} and stream = {anna}");

        var rows = (await check.Check(world.Tenant, Stop)).Differences.Where(one => one.Detail.Contains("was changed", StringComparison.Ordinal));
        Assert.Equal(changed, rows.Count());
        Assert.All(rows, one => Assert.StartsWith($"Row ({anna}, ", one.Detail, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_deleted_row_is_named_even_at_the_end_of_its_stream()
    {
        var last = await database.Ask<int>($"select max(seq) from event where stream = {bob}");
        await database.Run($"delete from event where stream = {bob} and seq = {last}");

        var report = await check.Check(world.Tenant, Stop);
        Assert.StartsWith($"Row ({bob}, {last}) was deleted", report.Differences[0].Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_deleted_row_in_the_middle_leaves_a_gap_that_is_named()
    {
        await database.Run($"delete from event where stream = {anna} and seq in (3, 4)");

        var report = await check.Check(world.Tenant, Stop);
        Assert.Contains(report.Differences, one => one.Detail == $"Row ({anna}, 3) is missing.");
        Assert.Contains(report.Differences, one => one.Detail.Contains("rows of seal", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_added_row_is_named()
    {
        var last = await database.Ask<int>($"select max(seq) from event where stream = {anna}");
        await database.Run(
            $"""
            insert into event (stream, commit_id, recorded_at, from_account, to_account, amount, seq, tenant, asset, type, version)
            select stream, commit_id, recorded_at, from_account, to_account, 100, {last} + 1, tenant, asset, 0, version from event where stream = {anna} and seq = 3
            """);

        var report = await check.Check(world.Tenant, Stop);
        Assert.StartsWith($"Row ({anna}, {last + 1}) was added", report.Differences[0].Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_seal_made_to_fit_a_changed_row_breaks_the_chain_behind_it()
    {
        await database.Run(
            $"""
            update event set data = replace(data::text, '1000', '1001')::json where stream = {anna} and seq = 3;
            update seal s set row_hashes = r.row_hashes, hash = seal_hash(p.hash, s.position, s.commit_id, r.whole_hashes)
            from seal p, event e, commit_rows(array(select commit_id from event where stream = {anna} and seq = 3)) r
            where p.position = s.position - 1 and s.commit_id = e.commit_id and e.stream = {anna} and e.seq = 3
            """);
        var position = await database.Ask<long>($"select s.position from seal s join event e on e.commit_id = s.commit_id where e.stream = {anna} and e.seq = 3");

        var report = await check.Check(world.Tenant, Stop);
        Assert.Equal(new LedgerDifference("seal", $"Seal {position + 1} does not follow from the one before: one of the two was rewritten."), report.Differences[0]);
    }

    [Theory]
    [InlineData("delete from seal where position = 3", "seal", "Seal 3 is missing.")]
    [InlineData("update seal set seq_sum = seq_sum + 1 where position = 3", "seal", "Seal 3 was changed.")]
    [InlineData("update seal set row_hashes = '' where position = 3", "seal", "Seal 3 was changed.")]
    [InlineData("delete from commit where id = (select commit_id from seal where position = 3)", "seal", "was deleted or changed.")]
    [InlineData("update commit set tombstone = true where id = (select commit_id from seal where position = 3)", "seal", "was deleted or changed.")]
    [InlineData("update commit set xid = '3' where id = (select commit_id from seal where position = 3)", "seal", "was deleted or changed.")]
    [InlineData("insert into commit (id, silo, xid) values (4711, 0, '3')", "seal", "Commit 4711 was added after its time: later ones are sealed.")]
    [InlineData("insert into event (stream, seq, commit_id, recorded_at, tenant, type, version, data) values (4711, 1, 4712, now(), 1, 1, 1, '{}')", "row", "belongs to commit 4712, which never was.")]
    [InlineData("update balance set earned = earned + 1", "balance", "but the postings sum to")]
    [InlineData("update balance set clawed_back = clawed_back + 1", "balance", "but the postings sum to")]
    [InlineData("update balance set pending = pending + 1", "balance", "but the postings sum to")]
    [InlineData("update balance set payable = payable + 1", "balance", "but the postings sum to")]
    [InlineData("update balance set in_transit = in_transit + 1", "balance", "but the postings sum to")]
    [InlineData("update balance set paid = paid + 1", "balance", "but the postings sum to")]
    [InlineData("update balance set payable = payable + 1, earned = earned + 1", "balance", "but the postings sum to")]
    [InlineData("update balance set payable = payable + 1", "balance", "net is not")]
    [InlineData("update balance set payable = payable + pending + 1, pending = -1", "balance", "less than nothing")]
    [InlineData("delete from balance", "balance", "kept nothing")]
    [InlineData("update due set at = at + interval '1 day'", "due", "but its due row says")]
    [InlineData("delete from due", "due", "but its due row says never")]
    [InlineData("update referral set status = 3", "referral", "is not what its events say")]
    [InlineData("delete from referral", "referral", "is not what its events say")]
    [InlineData("update fact set version = version + 1", "fact", "is not what its events say")]
    [InlineData("update fact set body = replace(body::text, '500', '5000')::json", "fact", "are not what its events say")]
    [InlineData("insert into due values (4711, 1, now())", "due", "Stream 4711 has a due row and no events.")]
    [InlineData("update parked set count = count - 1", "parked", "1 more actions wait than are counted")]
    [InlineData("update parked set count = count + 2", "parked", "2 fewer actions wait than are counted")]
    [InlineData("delete from parked", "parked", "2 more actions wait than are counted")]
    [InlineData("update figure set pending = pending + 1", "figure", "for the week of 2026-")]
    [InlineData("update figure set week = week + interval '7 days'", "figure", "for the week of 2026-")]
    [InlineData("delete from figure", "figure", "for the week of 2026-")]
    [InlineData("update figure_position set position = 1", "figure", "are not what its postings come to")]
    [InlineData("update held set minor = minor + 1", "figure", "is not what the rewards come to")]
    [InlineData("update held set minor = minor + 1", "figure", "of GBP is held by day, and")]
    [InlineData("update held set day = day + 1", "figure", "What is held in GBP until 2026-")]
    [InlineData("delete from held", "figure", "What is held in GBP until 2026-")]
    [InlineData("update referrer_net set net = net + 1", "figure", "in GBP is not what its postings come to")]
    [InlineData("delete from referrer_net", "figure", "in GBP is not what its postings come to")]
    [InlineData("update posted set minor = minor + 1 where from_kind = 1", "figure", "What moved in GBP from Rewards to ")]
    [InlineData("delete from posted", "figure", "What moved in GBP from Rewards to ")]
    [InlineData("delete from first_sale", "figure", "its first sale is not what its events say")]
    [InlineData("update first_sale set occurred = occurred + 1", "figure", "its first sale is not what its events say")]
    [InlineData("insert into first_sale values (4711, 1, 1, 1)", "figure", "Stream 4711: its first sale")]
    [InlineData("delete from parked_action", "parked", "1 actions wait, and their rows are not these")]
    [InlineData("update parked_action set seq = seq + 1", "parked", "1 actions wait, and their rows are not these")]
    [InlineData("update parked_action set program = program + 1", "parked", "1 actions wait, and their rows are not these")]
    [InlineData("insert into parked_action select stream, seq - 1, tenant, program from parked_action", "parked", "1 actions wait, and their rows are not these")]
    [InlineData("insert into parked_action values (4711, 1, 1, 1)", "parked", "Stream 4711 has a parked row and no events.")]
    [InlineData("update rule set program = 4711", "rule", "says program 4711, and its events do not")]
    [InlineData("update rule set id = 'mine' where id = 'rule1'", "rule", "Rule rule1 of tenant 1 has no row")]
    [InlineData("delete from rule", "rule", "has no row")]
    [InlineData("insert into rule values (1, 'more', 1)", "rule", "Rule more of tenant 1")]
    [InlineData("update action_conflict set action_id = 'nobody'", "conflict", "never recorded")]
    [InlineData("update action_conflict set hash = e.action_hash from event e where e.action_id = 'first-anna'", "conflict", "has the content that was recorded")]
    [InlineData("update action_conflict set hash = gen_random_uuid()", "conflict", "is not the action that its row says")]
    [InlineData("update action_conflict set at = at - interval '1 year'", "conflict", "came before the action that it is with")]
    [InlineData("update action_conflict set action = '[]'", "conflict", "cannot be read")]
    [InlineData("delete from action_conflict", "conflict", "1 conflicts were recorded, and the 0 that are there")]
    [InlineData("update action_conflict set at = at + interval '1 s'", "conflict", "1 conflicts were recorded, and the 1 that are there are not these")]
    [InlineData("delete from conflict_count", "conflict", "0 conflicts were recorded, and the 1 that are there")]
    public async Task What_is_kept_beside_the_rows_must_follow_from_them(string change, string what, string detail)
    {
        await database.Run("alter table balance drop constraint if exists balance_check");
        Assert.NotEqual(0, await Changed(change));

        var report = await check.Check(world.Tenant, Stop);
        Assert.Contains(report.Differences, one => one.What == what && one.Detail.Contains(detail, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("update referral_alias set referral = referral + 1", "alias", "its row says another referral")]
    [InlineData("delete from referral_alias", "alias", "has no row that says so")]
    [InlineData("insert into referral_alias values (4711, 1, 1)", "alias", "its row says another referral")]
    [InlineData("update action_moved set seq = seq + 1", "moved", "is not what the events say")]
    [InlineData("update action_moved set hash = gen_random_uuid()", "moved", "is not what the events say")]
    [InlineData("delete from action_moved", "moved", "no row says where it is now")]
    public async Task Which_ids_name_a_referral_and_where_their_actions_are_follows_from_the_events(string change, string what, string detail)
    {
        // What waits is moved by the triggers that the damage of other tests has to do without.
        await database.Run("alter table event enable trigger user");
        await world.Refund("annie", "never", id: "early");
        var found = new FoundAlias(new("annie"), new("anna"), await world.Stream("annie"), await world.State("annie"));
        await world.Turn("anna", turn => Aliases.Add(turn, found, "ada"));
        Assert.Empty((await check.Check(world.Tenant, Stop)).Differences);
        await database.Run(change);
        Assert.Contains((await check.Check(world.Tenant, Stop)).Differences, one => one.What == what && one.Detail.Contains(detail, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("delete from entry", "entry", "Entry bonus of tenant 1")]
    [InlineData("update entry set id = 'other'", "entry", "Entry bonus of tenant 1")]
    [InlineData("update entry set kind = 2", "entry", "Entry bonus of tenant 1")]
    [InlineData("insert into entry values (1, 1, 'more', 4711, 1)", "entry", "Entry more of tenant 1")]
    [InlineData("update event set amount = amount + 1 where type = 38", "row", "posts 501 GBP from Rewards")]
    [InlineData("update event set from_account = null, to_account = null, amount = null, asset = null where type = 38", "row", "posts nothing where its event makes 500 GBP")]
    public async Task What_was_booked_by_hand_is_on_record_under_its_id(string change, string what, string detail)
    {
        await world.Book("bonus", 500);
        Assert.Empty((await check.Check(world.Tenant, Stop)).Differences);
        await database.Run(change);
        Assert.Contains((await check.Check(world.Tenant, Stop)).Differences, one => one.What == what && one.Detail.Contains(detail, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(6, "the same", null)]
    [InlineData(6, "without holds", "is not what its events say")]
    [InlineData(6, "cannot be read", "cannot be read")]
    [InlineData(6, "of nothing", "is not what its events say")]
    [InlineData(6, "of another fold", null)]
    [InlineData(6, "of another stream", null)]
    [InlineData(99, "the same", "of row 99 is of a row at which no event ends")]
    public async Task A_snapshot_must_be_what_the_events_before_it_say(int seq, string kept, string? fault)
    {
        var rows = (await world.RowsOf("anna")).Where(row => row.Seq <= seq).ToList();
        var state = rows.Aggregate(Referral.None, (state, row) => ReferralFold.Evolve(state, row.At, row.Decode<ReferralEvent>()));
        Assert.NotEmpty(state.Holds);
        if (kept == "without holds") state = state with { Holds = [] };
        var snapshot = new Snapshot(
            new(kept == "of another stream" ? bob : anna), seq == 99 ? seq : state.Seq, (short)(ReferralFold.Version + (kept == "of another fold" ? 1 : 0)),
            kept == "of nothing" ? JsonElement.Parse("[]") : JsonSerializer.SerializeToElement(state, JournalJson.Default.Referral));
        var payload = kept == "cannot be read" ? "{" : JsonSerializer.Serialize(snapshot, JournalJson.Default.Snapshot);
        await database.Run($"create table kept as select kind, tenant, a, b, convert_to('{payload}', 'UTF8') as payload from stream where id = {anna}; grant select on kept to public");

        var report = await new LedgerCheck(database.Source, new("select * from kept")).Check(world.Tenant, Stop);
        if (fault is null) Assert.Empty(report.Differences);
        else
        {
            var difference = Assert.Single(report.Differences);
            Assert.Equal("snapshot", difference.What);
            Assert.Contains($"Stream {anna}: its snapshot ", difference.Detail, StringComparison.Ordinal);
            Assert.Contains(fault, difference.Detail, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_row_of_another_tenant_is_not_named()
    {
        await using var other = await JournalWorld.Create(database, "other");
        await database.Run($"update event set amount = amount + 1 where stream = {bob} and seq = 3");

        var report = await check.Check(other.Tenant, Stop);
        Assert.StartsWith("A row of another tenant was changed, seal ", Assert.Single(report.Differences).Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task At_most_a_hundred_differences_are_told()
    {
        for (var i = 0; i < 120; i++) await world.Refer($"referee{i}");
        await database.Run("update event set recorded_at = recorded_at + interval '1 second'");

        Assert.Equal(100, (await check.Check(world.Tenant, Stop)).Differences.Length);
    }

    [Fact]
    public async Task A_check_in_the_middle_of_commits_sees_one_moment()
    {
        using var ended = new CancellationTokenSource();
        var selling = Task.Run(async () =>
        {
            for (var i = 0; !ended.IsCancellationRequested; i++) await world.Sell(i % 2 == 0 ? "anna" : "bob", 10_00);
        });
        for (var i = 0; i < 10; i++) Assert.Empty((await check.Check(world.Tenant, Stop)).Differences);
        await ended.CancelAsync();
        await selling;
    }

    [Fact]
    public async Task A_check_sees_nothing_that_came_after_it_began()
    {
        await using var holder = await database.Superuser.OpenConnectionAsync(Stop);
        await using var holding = await holder.BeginTransactionAsync(Stop);
        await Run("lock table balance in access exclusive mode");
        var checking = check.Check(world.Tenant, Stop);
        await Eventually.Holds(
            "the check waits", () => database.Ask<bool>("select exists (select from pg_locks where relation = 'balance'::regclass and not granted)"));
        await Run($"insert into balance (referrer, asset, tenant) values (4711, 1, {world.Tenant})");
        await holding.CommitAsync(Stop);

        var report = await checking;
        Assert.Empty(report.Differences);
        Assert.Equal(1, report.Balances);

        async Task Run(string sql)
        {
            await using var command = new NpgsqlCommand(sql, holder);
            await command.ExecuteNonQueryAsync(Stop);
        }
    }

    private async Task<int> Changed(string change)
    {
        await using var command = database.Superuser.CreateCommand(change);
        return await command.ExecuteNonQueryAsync(Stop);
    }

    [Fact]
    public async Task What_a_page_begins_from_must_be_what_the_events_before_it_say()
    {
        await world.SellMany("anna", 100, 10_00);
        Assert.Empty((await check.Check(world.Tenant, Stop)).Differences);

        await database.Run("""update referral_page set state = replace(state::text, '"netMinor":', '"netMinor":1')::json""");
        var difference = Assert.Single((await check.Check(world.Tenant, Stop)).Differences);
        Assert.Equal("page", difference.What);
        Assert.Contains($"Stream {anna}: its page of row ", difference.Detail, StringComparison.Ordinal);
    }
}

/// <summary>
/// Two referees' sales, refunds and disputes, one that was sent again with other content, all sealed, and nothing that keeps a superuser
/// from doing damage. Each test has a copy.
/// </summary>
public sealed class SealedBooks(PostgresServer server) : IAsyncLifetime
{
    public JournalDatabase Database { get; private set; } = null!;

    public JournalWorld World { get; private set; } = null!;

    public long Anna { get; private set; }

    public long Bob { get; private set; }

    public async ValueTask InitializeAsync()
    {
        Database = await JournalDatabase.Create(server);
        World = await JournalWorld.Create(Database, "acme", Terms.Percent(1_000, Terms.Days(30)), Terms.Percent(500));
        foreach (var referee in (string[])["anna", "bob"])
        {
            await World.Refer(referee);
            await World.Sell(referee, 10_00, "first-" + referee);
            await World.Refund(referee, "first-" + referee, 3_00);
            await World.Send(referee, ActionKind.Chargeback, 2_00, "dispute-" + referee, "first-" + referee);
            await World.Send(referee, ActionKind.ChargebackWon, null, null, "dispute-" + referee);
            World.Now += TimeSpan.FromDays(20);
            await World.Sell(referee, 20_00);
            World.Now += TimeSpan.FromDays(20);
            await World.Settle(referee);
            await World.Refund(referee, "unknown");
        }

        await World.Sell("anna", 11_00, "first-anna");
        (Anna, Bob) = ((await World.Stream("anna")).Value, (await World.Stream("bob")).Value);
        await Database.SealAll();
        Assert.True(await Database.Ask<int>("select sum_figures(1000)") > 0);
        await Database.Run("alter table event disable trigger user; alter table seal disable trigger user; alter table commit disable trigger user; alter table action_conflict disable trigger user");
        await World.DisposeAsync();
    }

    public ValueTask DisposeAsync() => Database.DisposeAsync();
}
