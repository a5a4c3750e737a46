using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Ledger;
using ReferralGrains.Integration.Tests.Postgres;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Integration.Tests.Journal;

/// <summary>The journal, rule 1: who spends what others may spend or take back guards the balance.</summary>
public sealed class GuardTests(PostgresServer server) : JournalTest(server)
{
    private static readonly StreamId Rita = new(500);
    private static readonly StreamId Tom = new(501);

    [Fact]
    public async Task Of_two_in_one_batch_the_second_finds_the_balance_short()
    {
        await Earn(Rita, 100);

        Assert.Equal(
            [AppendOutcome.Committed, AppendOutcome.BalanceShort, AppendOutcome.Committed],
            await Together(Spend(1, Rita, 60), Spend(2, Rita, 60), Spend(3, Rita, 40)));
        Assert.Equal((0L, 100L), (await Payable(Rita), await InTransit(Rita)));
        Assert.Equal((1, 0, 1), (await RowsOf(1), await RowsOf(2), await RowsOf(3)));
    }

    [Fact]
    public async Task One_that_comes_later_finds_what_is_left()
    {
        await Earn(Rita, 100);

        Assert.Equal(AppendOutcome.Committed, await Writer.Append(Spend(1, Rita, 60)));
        Assert.Equal(AppendOutcome.BalanceShort, await Writer.Append(Spend(2, Rita, 41)));
        Assert.Equal(AppendOutcome.Committed, await Writer.Append(Spend(3, Rita, 40)));
        Assert.Equal(AppendOutcome.BalanceShort, await Writer.Append(Spend(4, Tom, 1)));
        Assert.Equal(0, await Payable(Rita));
    }

    [Fact]
    public async Task What_comes_before_it_in_the_batch_counts_and_what_comes_after_does_not()
    {
        Assert.Equal(
            [AppendOutcome.Committed, AppendOutcome.Committed, AppendOutcome.BalanceShort, AppendOutcome.Committed],
            await Together(Earned(10, Rita, 50), Spend(1, Rita, 50), Spend(2, Rita, 1), Earned(11, Rita, 5)));
        Assert.Equal(5, await Payable(Rita));
    }

    // A refund after a payout leaves a negative balance, as it must.
    [Fact]
    public async Task What_has_no_guard_may_leave_less_than_nothing()
    {
        await Earn(Rita, 100);
        Assert.Equal(
            [AppendOutcome.Committed, AppendOutcome.Committed, AppendOutcome.BalanceShort],
            await Together(Spend(1, Rita, 100), Append(2, Rita, AccountKind.Payable, AccountKind.Clawbacks, 30), Spend(3, Rita, 1)));
        Assert.Equal(-30, await Payable(Rita));
    }

    [Fact]
    public async Task Two_processes_never_spend_more_than_there_is()
    {
        await using var other = NewWriter(Database.Source);
        await Earn(Rita, 1_000);
        var spends = Enumerable.Range(0, 100).Select(i => (i % 2 == 0 ? Writer : other).Append(Spend(1_000 + i, Rita, 15)));

        var outcomes = await Task.WhenAll(spends);
        Assert.Equal(66, outcomes.Count(outcome => outcome == AppendOutcome.Committed));
        Assert.Equal(34, outcomes.Count(outcome => outcome == AppendOutcome.BalanceShort));
        Assert.Equal((10L, 990L), (await Payable(Rita), await InTransit(Rita)));
    }

    private static Append Spend(long stream, StreamId referrer, long minor)
    {
        var append = Append(stream, referrer, AccountKind.Payable, AccountKind.InTransit, minor);
        return new() { Tenant = 1, Streams = append.Streams, Guards = [new(referrer, Rows.Gbp)] };
    }

    private static Append Earned(long stream, StreamId referrer, long minor) => Append(stream, referrer, AccountKind.Rewards, AccountKind.Payable, minor);

    private static Append Append(long stream, StreamId referrer, AccountKind from, AccountKind to, long minor) =>
        Rows.Append(stream, 1, Rows.Sale(null) with { Posting = new(Of(from, referrer), Of(to, referrer), new(minor, Rows.Gbp)) });

    private static Account Of(AccountKind kind, StreamId referrer) =>
        new(kind is AccountKind.Rewards or AccountKind.Clawbacks ? Rows.Program : referrer, kind);

    private async Task Earn(StreamId referrer, long minor) => Assert.Equal(AppendOutcome.Committed, await Writer.Append(Earned(900 + referrer.Value, referrer, minor)));

    private Task<long> Payable(StreamId referrer) => Database.Ask<long>($"select payable from balance where referrer = {referrer.Value}");

    private Task<long> InTransit(StreamId referrer) => Database.Ask<long>($"select in_transit from balance where referrer = {referrer.Value}");
}
