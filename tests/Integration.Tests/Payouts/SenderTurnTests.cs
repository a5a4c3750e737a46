using ReferralGrains.Integration.Tests.Journal;
using ReferralGrains.Integration.Tests.Postgres;
using ReferralGrains.Storage.Payouts;

namespace ReferralGrains.Integration.Tests.Payouts;

/// <summary>One silo sends at a time.</summary>
public sealed class SenderTurnTests(PostgresServer server) : JournalTest(server)
{
    [Fact]
    public async Task One_has_the_turn_until_it_gives_it_up()
    {
        var first = new SenderTurn(Database.Source);
        await using var second = new SenderTurn(Database.Source);
        Assert.True(await first.IsMine(Stop));
        Assert.True(await first.IsMine(Stop));
        Assert.False(await second.IsMine(Stop));
        await first.DisposeAsync();
        Assert.True(await second.IsMine(Stop));
    }

    // As happens to a silo that was stopped and is declared dead.
    [Fact]
    public async Task Whose_connection_is_ended_has_lost_it()
    {
        await using var first = new SenderTurn(Database.Source);
        await using var second = new SenderTurn(Database.Source);
        Assert.True(await first.IsMine(Stop));
        await Database.Run("select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and classid = 7237010 and objid = 4");
        await Eventually.Holds("another has it", async () => await second.IsMine(Stop));
        Assert.False(await first.IsMine(Stop));
    }

    // As where PostgreSQL is short of memory, or was too slow: the connection lives, and would keep the lock in its pool.
    [Fact]
    public async Task Whose_question_fails_on_a_connection_that_lives_leaves_it_to_another()
    {
        await using var line = new CuttingProxy(Database.ConnectionString);
        await using var first = new SenderTurn(line.Source);
        await using var second = new SenderTurn(Database.Source);
        Assert.True(await first.IsMine(Stop));
        line.Garble("select true", "select 1/0 ");
        Assert.False(await first.IsMine(Stop));
        await Eventually.Holds("another has it", async () => await second.IsMine(Stop));
        Assert.Null(first.Term);
    }

    [Fact]
    public async Task An_installation_has_one_name_for_ever()
    {
        await using var turn = new SenderTurn(Database.Source);
        var name = await turn.Installation(Stop);
        Assert.Matches("^[0-9a-f]{32}$", name);
        Assert.Equal(name, await new SenderTurn(Database.Source).Installation(Stop));
    }
}
