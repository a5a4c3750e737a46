using ReferralGrains.Domain.Identity;
using ReferralGrains.Integration.Tests.Journal;
using ReferralGrains.Integration.Tests.Postgres;
using ReferralGrains.Storage.Sources;
using ReferralGrains.Storage.Webhooks;

namespace ReferralGrains.Integration.Tests.Sources;

/// <summary>Events of sources that wait for a sale, as people see them.</summary>
public sealed class WaitingEventsTests(PostgresServer server) : JournalTest(server)
{
    private PostgresSources sources = null!;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        sources = new(Database.Source, new StillLease());
        await Database.Run(
            """
            insert into source (id, tenant, kind, program, secret_ref, mapping) select id, tenant, 'stripe', 'shop', 'secret', '{}'
            from (values ('src_a', 1), ('src_b', 1), ('src_other', 2)) as s(id, tenant)
            """);
    }

    [Fact]
    public async Task They_are_listed_page_by_page_the_oldest_first_each_once_with_all_that_it_names()
    {
        await Database.Run(
            """
            insert into source_waiting (source, event, object, body, received_at)
            select s, 'evt_' || i, o || i, json_build_object('action_id', 're_' || i, 'type', 'refund'), timestamptz '2026-01-01' + i / 3 * interval '1 minute'
            from unnest(array['src_a', 'src_b', 'src_other']) s, generate_series(10, 29) i, unnest(array['pi_', 'ch_']) o
            """);

        // It came again, and its source's mapping named another object by then.
        await Database.Run("insert into source_waiting values ('src_a', 'evt_10', 'in_10', '{\"action_id\":\"re_10\",\"type\":\"refund\"}', timestamptz '2026-02-01')");
        var both = await Listed(null);
        var expected = Enumerable.Range(10, 20).SelectMany(static i => (string[])["src_a", "src_b"], static (i, source) => (i, source))
            .OrderBy(static one => one.i / 3).ThenBy(static one => one.source, StringComparer.Ordinal).ThenBy(static one => one.i).Select(static one => $"{one.source} evt_{one.i}");
        Assert.Equal(expected, both.Select(static one => $"{one.Source} {one.Event}"));
        Assert.Equal(["ch_10", "in_10", "pi_10"], both[0].Objects);
        Assert.Equal(("re_11", "refund", new DateTimeOffset(2026, 1, 1, 0, 3, 0, TimeSpan.Zero)), (both[1].About, both[1].Type, both[1].At));
        Assert.Equal(Enumerable.Range(10, 20).Select(static i => $"evt_{i}"), (await Listed(new CallerId("src_b"))).Select(static one => one.Event));
        Assert.Empty(await Listed(new CallerId("src_other")));
        Assert.Equal(["ch_12", "pi_12"], (await sources.FindWaiting(1, "src_b", "evt_12", Stop))!.Objects);
        Assert.Null(await sources.FindWaiting(1, "src_other", "evt_12", Stop));
    }

    // What cannot be read stands for all that is not to be read: most of what waits may wait for ever.
    [Fact]
    public async Task A_page_reads_no_more_than_it_shows()
    {
        await Database.Run(
            """
            insert into source_waiting (source, event, object, body, received_at)
            select 'src_a', 'evt_' || i, 'pi_' || i, case when i <= 103 then '{}' else '{"action_id":"\u0000"}' end::json, timestamptz '2026-01-01' + i * interval '1 second'
            from generate_series(100, 1000) i
            """);
        var page = await sources.ListWaiting(1, null, null, 3, Stop);
        Assert.True(page.HasMore);
        Assert.Equal(["evt_100", "evt_101", "evt_102"], page.Items.Select(static one => one.Event));
    }

    // Its sale may come after a year, and what is refused then is looked for among what was refused.
    [Fact]
    public async Task What_waits_is_not_forgotten_nor_what_it_was_refused_for_since()
    {
        var inbox = new WebhookInbox(Database.Source, new StillLease());
        await Database.Run(
            """
            insert into webhook_inbox (tenant, source, account, event, type, received_at, outcome)
            select 1, 'src_a', '', e, 'refund', now() - interval '90 days', 1 from unnest(array['evt_waits', 'evt_shown', 'evt_over']) e;
            insert into source_waiting (source, event, object, body, received_at)
            select 'src_a', e, 'pi_1', '{}', now() - interval '90 days' from unnest(array['evt_waits', 'evt_shown']) e
            """);
        Assert.True(await sources.Dismiss(1, "src_a", "evt_shown", "nobody's", Stop));
        await Forget(days: 60);
        Assert.Equal(["evt_shown", "evt_waits"], await Known());
        await inbox.Show(1, "src_a", "evt_waits", "action_conflict", Stop);
        await sources.Ended(new("src_a"), "evt_waits", Stop);
        await Forget(days: 60);
        Assert.Equal(["evt_shown", "evt_waits"], await Known());
        await Forget(days: -1);
        Assert.Empty(await Known());

        Task Forget(int days) => inbox.Forget(TimeProvider.System.GetUtcNow().AddDays(-days), Stop);
        Task<string[]> Known() => Database.Ask<string[]>("select coalesce(array_agg(event order by event), '{}') from webhook_inbox");
    }

    private async Task<List<OpenEvent>> Listed(CallerId? source)
    {
        var all = new List<OpenEvent>();
        while (true)
        {
            var page = await sources.ListWaiting(1, source, all.Count == 0 ? null : (all[^1].Source.Value, all[^1].Event), 7, Stop);
            all.AddRange(page.Items);
            if (!page.HasMore) return all;
        }
    }
}
