using ReferralGrains.Integration.Tests.Journal;
using ReferralGrains.Integration.Tests.Postgres;
using ReferralGrains.Storage.Reports;

namespace ReferralGrains.Integration.Tests.Reports;

public sealed class BacklogTests(PostgresServer server) : ReportsTest(server, Terms.Percent(1_000, Terms.Days(30)))
{
    [Fact]
    public async Task What_waits_is_counted_and_for_how_long()
    {
        var reports = new BacklogReports(Database.Source);
        var quiet = await reports.Read(Stop);
        Assert.Equal((0, 0, TimeSpan.Zero, 0), (quiet.Parked, quiet.Due, quiet.DueFor, quiet.OpenItems));
        foreach (var referee in (string[])["anna", "bert"])
        {
            await World.Refer(referee);
            await World.Sell(referee, 10_00);
        }

        await World.Sell("orphan", 10_00);
        await Database.Run("update due set at = now() - interval '1 hour' * (1 + stream % 2)");
        await Database.Run("alter table commit disable trigger user; update commit set committed_at = now() - interval '5 minutes'; alter table commit enable trigger user");
        var behind = await reports.Read(Stop);
        Assert.Equal((1, 2), (behind.Parked, behind.Due));
        Assert.InRange(behind.DueFor, TimeSpan.FromHours(1), TimeSpan.FromHours(2.1));
        Assert.InRange(behind.UnsealedFor, TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(6));
    }

    [Fact]
    public async Task Commits_that_no_event_was_taken_from_yet_keep_an_endpoint_waiting()
    {
        var reports = new BacklogReports(Database.Source);
        await World.Refer("anna");
        await Database.Run("alter table commit disable trigger user; update commit set committed_at = now() - interval '5 minutes'; alter table commit enable trigger user");
        Assert.Equal(TimeSpan.Zero, (await reports.Read(Stop)).UntoldFor);
        await Database.Run("insert into webhook_target (tenant, url, events, secret, position, next_at) select id, 'https://shop.test', '{}', 's', 0, now() from tenant");
        Assert.InRange((await reports.Read(Stop)).UntoldFor, TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(6));
        await Database.Run("update webhook_progress p set xid = c.xid, commit_id = c.id from (select xid, id from commit order by xid desc, id desc limit 1) c");
        Assert.Equal(TimeSpan.Zero, (await reports.Read(Stop)).UntoldFor);
    }

    [Fact]
    public async Task A_sandbox_waits_for_nothing()
    {
        await World.Refer("anna");
        await World.Sell("anna", 10_00);
        await World.Sell("orphan", 10_00);
        await Database.Run("update due set at = now() - interval '1 hour'");
        await Database.Run("update tenant set sandbox = true");
        var backlog = await new BacklogReports(Database.Source).Read(Stop);
        Assert.Equal((0, 0), (backlog.Parked, backlog.Due));
    }
}
