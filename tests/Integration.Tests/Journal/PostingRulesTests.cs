using Npgsql;
using ReferralGrains.Domain.Ledger;
using ReferralGrains.Integration.Tests.Postgres;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Integration.Tests.Journal;

/// <summary>The journal, rule 7: a posting cannot be unbalanced, and nothing that was written is ever changed.</summary>
public sealed class PostingRulesTests(PostgresServer server) : JournalTest(server)
{
    private const string RaisedByTrigger = "RG004";

    [Theory]
    [InlineData("100, null, 12, 1")]
    [InlineData("100, 11, null, 1")]
    [InlineData("null, 11, 12, 1")]
    [InlineData("100, 11, 12, null")]
    [InlineData("0, 11, 12, 1")]
    [InlineData("-1, 11, 12, 1")]
    public async Task A_posting_has_two_sides_an_asset_and_an_amount_above_zero(string posting)
    {
        var refused = await Assert.ThrowsAsync<PostgresException>(() => As(Database.Source, Insert(posting)));
        Assert.Equal(PostgresErrorCodes.CheckViolation, refused.SqlState);
    }

    [Theory]
    [InlineData("100, 11, 12, 1")]
    [InlineData("null, null, null, null")]
    public async Task A_row_has_one_whole_posting_or_none(string posting) => await As(Database.Source, Insert(posting));

    [Theory]
    [InlineData("update event set amount = 2")]
    [InlineData("delete from event")]
    [InlineData("truncate event")]
    [InlineData("update commit set silo = 2")]
    [InlineData("delete from commit")]
    [InlineData("truncate commit")]
    [InlineData("update seal set hash = ''")]
    [InlineData("delete from seal")]
    [InlineData("truncate seal")]
    [InlineData("update action_conflict set at = now()")]
    [InlineData("delete from action_conflict")]
    [InlineData("truncate action_conflict")]
    public async Task What_was_written_stays_for_the_application_by_its_role_and_for_a_superuser_by_a_trigger(string change)
    {
        var refused = await Assert.ThrowsAsync<PostgresException>(() => As(Database.Source, change));
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refused.SqlState);

        refused = await Assert.ThrowsAsync<PostgresException>(() => As(Database.Superuser, change));
        Assert.Equal(RaisedByTrigger, refused.SqlState);
    }

    [Theory]
    [InlineData("alter table event disable trigger event_append_only")]
    [InlineData("create table mine (id int)")]
    [InlineData("drop table event")]
    [InlineData("alter function append_only() rename to nothing")]
    public async Task The_application_cannot_lift_the_rule(string change)
    {
        var refused = await Assert.ThrowsAsync<PostgresException>(() => As(Database.Source, change));
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refused.SqlState);
    }

    [Fact]
    public async Task D13_balances_are_kept_by_every_commit()
    {
        var (program, referrer) = (new Account(Rows.Program, AccountKind.Clawbacks), Rows.Referrer);
        var released = new Posting(new(referrer, AccountKind.Pending), new(referrer, AccountKind.Payable), new(60, Rows.Gbp));
        var taken = new Posting(new(referrer, AccountKind.Payable), program, new(70, Rows.Gbp));
        await Writer.Append(Rows.Append(1, 1, Rows.Sale("a", 100), Rows.Sale("b", 20)));
        await Together(
            Rows.Append(2, 1, Rows.Sale(null) with { Posting = released }), Rows.Append(3, 1, Rows.Sale(null) with { Posting = taken }),
            Rows.Append(4, 1, Rows.Sale("c", 5, referrer: new(77))));
        await Writer.Append(Rows.Append(5, 1, Rows.Sale(null) with { Posting = new(program, new(referrer, AccountKind.Payable), new(30, Rows.Gbp)) }));

        Assert.Equal("120 40 60 20 0 0", await Balance(referrer.Value));
        Assert.Equal("5 0 5 0 0 0", await Balance(77));
        Assert.Equal(2, await Database.Ask<long>("select count(*) from balance"));
    }

    [Fact]
    public async Task D13_balances_are_moved_in_key_order_so_that_no_two_commits_wait_for_each_other()
    {
        await Writer.Append(Rows.Append(1, 1, Rows.Sale("a", 1, referrer: new(5)), Rows.Sale("b", 1, referrer: new(7))));
        await using var holder = await Database.Superuser.OpenConnectionAsync(Stop);
        await using var holding = await holder.BeginTransactionAsync(Stop);
        await Lock(5);
        var waiting = Writer.Append(Rows.Append(2, 1, Rows.Sale("c", 1, referrer: new(7)), Rows.Sale("d", 1, referrer: new(5))));
        await Eventually.Holds("it waits for a lock", () => Database.Ask<bool>(
            "select exists (select from pg_stat_activity where datname = current_database() and usename = 'grains' and wait_event_type = 'Lock')"));

        // Whoever waits for the first has not taken the second.
        await Lock(7);
        await holding.RollbackAsync(Stop);
        Assert.Equal(AppendOutcome.Committed, await waiting);

        async Task Lock(long referrer)
        {
            await using var take = new NpgsqlCommand($"select from balance where referrer = {referrer} for update nowait", holder);
            await take.ExecuteNonQueryAsync(Stop);
        }
    }

    [Fact]
    public async Task D13_a_balance_whose_net_is_not_where_it_went_cannot_be_kept()
    {
        await Writer.Append(Rows.Append(1, 1, Rows.Sale("a", 100)));

        var refused = await Assert.ThrowsAsync<PostgresException>(() => As(Database.Source, "update balance set payable = payable + 1"));
        Assert.Equal(PostgresErrorCodes.CheckViolation, refused.SqlState);
    }

    [Fact]
    public void Accounts_of_referrers_are_numbered_from_three() =>
        Assert.Equal(
            [AccountKind.Pending, AccountKind.Payable, AccountKind.InTransit, AccountKind.Paid], Enum.GetValues<AccountKind>().Where(kind => (int)kind >= 3));

    private Task<string> Balance(long referrer) => Database.Ask<string>(
        $"select concat_ws(' ', earned, clawed_back, pending, payable, in_transit, paid) from balance where referrer = {referrer}");

    private static string Insert(string posting) =>
        "insert into event (stream, seq, commit_id, recorded_at, tenant, type, version, amount, from_account, to_account, asset) "
        + $"values (1, 1, 1, now(), 1, 1, 1, {posting})";

    private static async Task As(NpgsqlDataSource source, string sql)
    {
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Stop);
    }
}
