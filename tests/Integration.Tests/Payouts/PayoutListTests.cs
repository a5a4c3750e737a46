using ReferralGrains.Domain.Identity;
using ReferralGrains.Integration.Tests.Journal;
using ReferralGrains.Integration.Tests.Postgres;
using ReferralGrains.Storage.Payouts;
using ReferralGrains.Storage.Portal;

namespace ReferralGrains.Integration.Tests.Payouts;

/// <summary>What is newest first also where several silos number what is new, each from numbers of its own.</summary>
public sealed class PayoutListTests(PostgresServer server)
{
    private static readonly StreamId referrer = new(7);

    [Fact]
    public async Task Batches_payouts_and_referrals_come_newest_first_whoever_numbered_them()
    {
        await using var database = await JournalDatabase.Create(server);
        await Three(database);
        var reports = new PayoutReports(database.Source);
        var first = await reports.Batches(1, null, 2, false, CancellationToken.None);
        var rest = await reports.Batches(1, first.Items[^1].Stream, 2, false, CancellationToken.None);
        Assert.Equal(["third", "second"], first.Items.Select(static one => one.Id.Value));
        Assert.Equal((true, "first", false), (first.HasMore, Assert.Single(rest.Items).Id.Value, rest.HasMore));
        Assert.Equal("third", (await reports.LastBatch(1, outside: false, CancellationToken.None))!.Id.Value);

        // What waits for a person is found behind all that was drawn up since: a batch in review, and one with an item that is.
        await database.Run("update payout_batch set status = case stream when 12 then 5 when 11 then 7 else 8 end; update payout_item set status = 13 where batch = 1011");
        Assert.Equal(["second", "first"], (await reports.Batches(1, null, 2, true, CancellationToken.None)).Items.Select(static one => one.Id.Value));
        Assert.Equal(["first"], (await reports.Batches(1, first.Items[^1].Stream, 2, true, CancellationToken.None)).Items.Select(static one => one.Id.Value));

        var portal = new PortalReports(database.Source, null!, null!);
        var paid = (await portal.Payouts(referrer, null, 2, CancellationToken.None))!;
        Assert.Equal([3L, 2L], paid.Items.Select(static one => one.Amount.Minor));
        Assert.Equal(1, Assert.Single((await portal.Payouts(referrer, paid.Items[^1].Stream, 2, CancellationToken.None))!.Items).Amount.Minor);
        var referred = (await portal.Referrals(referrer, null, 2, CancellationToken.None))!;
        Assert.Equal(["third", "second"], referred.Items.Select(static one => one.Referee.Value));
        Assert.Equal("first", Assert.Single((await portal.Referrals(referrer, referred.Items[^1].Stream, 2, CancellationToken.None))!.Items).Referee.Value);
    }

    // The silo of the second has taken a thousand numbers after that of the others.
    private static async Task Three(JournalDatabase database)
    {
        await using var fill = database.Source.CreateCommand(
            """
            insert into tenant (name) values ('shop');
            insert into stream (id, tenant, kind, a, b) select n, 1, 1, name, '' from (values (11, 'first'), (1011, 'second'), (12, 'third')) v(n, name);
            insert into payout_batch (stream, tenant, status, orders, drawn_by, created_at)
              select n, 1, 6, 1, 'ada', timestamptz '2026-01-01Z' + day * interval '1 day' from (values (11, 1), (1011, 2), (12, 3)) v(n, day);
            insert into payout_item (stream, tenant, batch, referrer, asset, minor, destination, status, in_transit, generation, step)
              select 5000 - batch, 1, batch, 7, 'USD', minor, 'acct_1', 8, false, 1, 0 from (values (11, 1), (1011, 2), (12, 3)) v(batch, minor);
            insert into stream (id, tenant, kind, a, b) select n, 1, 4, 'shop', name from (values (21, 'first'), (1021, 'second'), (22, 'third')) v(n, name);
            insert into referral (stream, tenant, program, referrer, status, attributed_at)
              select n, 1, 5, 7, 2, timestamptz '2026-01-01Z' + day * interval '1 day' from (values (21, 1), (1021, 2), (22, 3)) v(n, day)
            """);
        await fill.ExecuteNonQueryAsync();
    }
}
