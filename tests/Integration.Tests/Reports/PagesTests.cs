using ReferralGrains.Domain.Ledger;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Integration.Tests.Journal;
using ReferralGrains.Integration.Tests.Postgres;
using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Ledger;
using ReferralGrains.Storage.Reports;

namespace ReferralGrains.Integration.Tests.Reports;

public sealed class PagesTests(PostgresServer server)
    : ReportsTest(server, Terms.Percent(1_000, Terms.Days(30)), Terms.Percent(500, Terms.Review))
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(200)]
    public async Task Pages_of_rewards_leave_nothing_out_and_repeat_nothing(int limit)
    {
        for (var i = 0; i < 40; i++)
        {
            await World.Refer($"referee{i}");
            if (i % 3 != 0) await World.Sell($"referee{i}", 10_00);
            if (i % 5 == 0) await World.Sell($"referee{i}", 20_00);
        }

        var rewards = await All(after => Reports.Rewards(new(World.Tenant, limit, after), null, Stop), PageCursor.Of);
        Assert.Equal(68, rewards.Count);
        Assert.Equal(rewards.OrderBy(reward => (reward.Referral.Value, reward.Reward.Key)), rewards);
        Assert.Equal(68, rewards.DistinctBy(PageCursor.Of).Count());
        Assert.Equal(rewards, await All(after => Reports.Rewards(new(World.Tenant, limit, after) { Referrer = Rita }, null, Stop), PageCursor.Of));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(100)]
    public async Task D17_the_approved_referrals_of_a_program_are_paged(int limit)
    {
        foreach (var referee in (string[])["anna", "bert", "cleo", "dora", "ella"]) await World.Refer(referee);
        await World.Turn("cleo", turn => ReferralCommands.Cancel(turn, null, "ada", cancelPending: false));

        var found = new List<ApprovedReferral>();
        for (Page<ApprovedReferral>? page = null; page is null or { HasMore: true }; found.AddRange(page.Items))
            page = await Reports.ApprovedReferrals(World.Tenant, World.Program.Stream, page?.Items[^1].Stream, limit, Stop);
        Assert.Equal(["anna", "bert", "dora", "ella"], found.Select(referral => referral.Referee.Value));
        Assert.Equal(await World.Stream("anna"), found[0].Stream);
        Assert.Empty((await Reports.ApprovedReferrals(World.Tenant + 1, World.Program.Stream, null, limit, Stop)).Items);
    }

    [Fact]
    public async Task H13_rewards_are_listed_by_their_state()
    {
        foreach (var referee in (string[])["pending", "released", "reversed", "cancelled", "idle"]) await World.Refer(referee);
        foreach (var referee in (string[])["released", "reversed", "cancelled"]) await World.Sell(referee, 10_00, "sale-" + referee);
        await World.Refund("reversed", "sale-reversed");
        var cancelled = (await World.State("cancelled")).Holds.Select(hold => RewardId.FromKey(hold.Reward)).ToList();
        foreach (var reward in cancelled) await World.Turn("cancelled", turn => RewardCommands.Cancel(turn, reward, null, "rev"));
        World.Now += TimeSpan.FromDays(30);
        await World.Settle("released");
        await World.Sell("pending", 10_00);

        Assert.Equal(["pending 100 1", "pending 50 2", "released 50 2"], await States(RewardStatus.Pending));
        Assert.Equal(["released 100 1"], await States(RewardStatus.Released));
        Assert.Equal(["reversed 0 1", "reversed 0 2"], await States(RewardStatus.Reversed));
        Assert.Equal(["cancelled 0 1", "cancelled 0 2"], await States(RewardStatus.Cancelled));
        Assert.Equal(8, (await Reports.Rewards(new(World.Tenant, 100, null) { Referrer = Rita }, null, Stop)).Items.Length);

        async Task<IEnumerable<string>> States(RewardStatus status) =>
            from reward in (await Reports.Rewards(new(World.Tenant, 100, null), status, Stop)).Items
            orderby reward.Referee, reward.Enrollment
            select $"{reward.Referee} {reward.LeftMinor} {reward.Enrollment}";
    }

    [Fact]
    public async Task D10_what_waits_is_listed_until_it_takes_effect_also_by_what_is_mended_of_an_older_database()
    {
        await World.Sell("anna", 10_00, "early");
        await World.Sell("anna", 20_00, "earlier");
        await World.Refer("bert");
        await World.Refund("bert", "sale", 5_00, "refund");
        await World.Sell("nobody", 10_00, "lost");
        Assert.Equal(["early ReferralMissing", "earlier ReferralMissing", "refund SaleMissing", "lost ReferralMissing"], await Waiting());

        // Pending at first: the same actions wait, and for something else.
        await World.Turn("anna", turn => ReferralCommands.Attribute(turn, World.Facts("rita"), [], null, null));
        Assert.Equal(["early ReferralPending", "earlier ReferralPending"], (await Waiting()).Take(2));
        await World.Turn("anna", turn => ReferralCommands.Approve(turn, World.Now));
        Assert.Equal(["refund SaleMissing", "lost ReferralMissing"], await Waiting());
        await World.Sell("bert", 10_00, "sale");
        Assert.Equal(["lost ReferralMissing"], await Waiting());
        Assert.Empty((await new LedgerCheck(Database.Source, KeptSnapshots.None).Check(World.Tenant, Stop)).Differences);

        // As a database that has the layout before: the rows are found again.
        await Database.Run(
            """
            drop table parked_action;
            drop function action_parked cascade;
            drop function action_decided cascade;
            drop function action_moved_away cascade;
            delete from migration where name like '%waiting_actions%'
            """);
        Assert.Equal(1, await Migrator.Migrate(Database.OwnerConnectionString, Stop));
        Assert.Equal(["lost ReferralMissing"], await Waiting());
        await World.Refer("nobody");
        Assert.Empty(await Waiting());

        async Task<IEnumerable<string>> Waiting() =>
            from action in await All(async after => (await Reports.Actions(new(World.Tenant, 1, after), ActionStatus.Parked, Stop))!, static action => action.Action.Id.Value)
            select $"{action.Action.Id} {action.Waits}";
    }

    [Fact]
    public async Task A_reward_shows_where_it_came_from_and_when_it_is_expected()
    {
        await World.Refer("anna");
        World.Now += TimeSpan.FromHours(1);
        await World.Sell("anna", 10_00, "s1");

        var reward = (await Reports.Rewards(new(World.Tenant, 1, null) { Referrer = Rita }, RewardStatus.Pending, Stop)).Items.Single();
        Assert.Equal(
            new RewardView(
                await World.Stream("anna"), new(3, 0), new("program"), new("anna"), Rita, new("s1"), 1, 1, 1, new("GBP"), 1_00, 1_00,
                RewardStatus.Pending, World.Now, World.Now.AddDays(30), Hold: HoldMode.Days),
            reward);
    }

    [Fact]
    public async Task Nobody_of_that_name_has_no_rewards() =>
        Assert.Equal((0, false), await Reports.Rewards(new(World.Tenant, 10, null) { Referrer = new("nobody") }, null, Stop) is var page ? (page.Items.Length, page.HasMore) : default);

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task S9_the_activity_of_a_referrer_is_newest_first_over_all_referrals(int limit)
    {
        foreach (var referee in (string[])["a", "b", "c"]) await World.Refer(referee);
        await World.Refer("d", "rita");
        for (var i = 0; i < 12; i++)
        {
            if (i % 2 == 0) World.Now += TimeSpan.FromMinutes(1);
            await World.Sell("abcd"[i % 4].ToString(), 10_00, $"s{i}");
        }

        var entries = await All(async after => (await Reports.ReferrerActivity(World.Tenant, Rita, after, limit, Stop))!, PageCursor.Of);
        Assert.Equal(4 * 2 + 12, entries.Count);
        Assert.Equal(entries.OrderByDescending(entry => (entry.Event.At, entry.Referral.Value, entry.Event.Seq)), entries);
        Assert.Equal(20, entries.DistinctBy(PageCursor.Of).Count());
        Assert.Equal("s11", entries[0].Event.Event is SaleDecided sale ? sale.Action.Id.Value : "");
        Assert.Equal("d", entries[0].Referee.Value);
    }

    [Fact]
    public async Task S9_what_was_given_to_another_is_in_the_activity_of_each_while_it_was_his_and_what_became_of_his_rewards()
    {
        await World.AddReferrer("tom");
        await World.Refer("anna");
        await World.Sell("anna", 10_00, "ritas");
        await Give("tom");
        await World.Sell("anna", 10_00, "toms");
        await World.Refund("anna", "ritas", 5_00, "back");
        await Give("rita");
        await World.Sell("anna", 10_00, "ritas-again");
        await World.Refund("anna", "toms", 5_00, "back-as-well");

        Assert.Equal(
            ["SaleReversed back-as-well", "SaleDecided ritas-again", "ReferralReassigned", "SaleReversed back", "ReferralReassigned", "SaleDecided ritas", "ReferralApproved", "ReferralAttributed"],
            await Activity("rita"));
        Assert.Equal(["SaleReversed back-as-well", "ReferralReassigned", "SaleReversed back", "SaleDecided toms", "ReferralReassigned"], await Activity("tom"));

        Task<Decision> Give(string to)
        {
            World.Now += TimeSpan.FromMinutes(1);
            return World.Turn("anna", turn => ReferralCommands.Reassign(turn, World.Facts(to), null, "admin", SelfReferral.None));
        }

        async Task<IEnumerable<string>> Activity(string referrer) =>
            from entry in await All(async after => (await Reports.ReferrerActivity(World.Tenant, new(referrer), after, 2, Stop))!, PageCursor.Of)
            select $"{entry.Event.Event.GetType().Name} {KnownActions.Arrived(entry.Event.Event)?.Id}".TrimEnd();
    }

    [Fact]
    public async Task R10_the_page_of_an_enrollment_shows_its_own_activity_only()
    {
        await World.Refer("anna");
        await World.Sell("anna", 10_00);
        await World.Turn("anna", turn => ReferralCommands.Switch(turn, 2, enabled: false, "fraud", "rev"));
        await World.Turn("anna", turn => ReferralCommands.Delete(turn, 2, "fraud", "rev"));
        await World.Sell("anna", 20_00);
        var stream = await World.Stream("anna");

        Assert.Equal(["SaleDecided", "SaleDecided", "ReferralApproved"], await Types(1));
        Assert.Equal(["EnrollmentDeleted", "EnrollmentSwitched", "SaleDecided", "ReferralApproved"], await Types(2));
        Assert.Equal(6, (await Types(null)).Count());
        Assert.Empty(await Types(3));

        async Task<IEnumerable<string>> Types(int? enrollment) =>
            from entry in await All(after => Reports.ReferralActivity(World.Tenant, stream, enrollment, after, 2, Stop), PageCursor.Of)
            select entry.Event.Event.GetType().Name;
    }

    [Fact]
    public async Task Postings_are_listed_in_journal_order()
    {
        foreach (var referee in (string[])["a", "b"]) await World.Refer(referee);
        await World.Sell("a", 10_00);
        await World.Sell("b", 10_00);
        await World.Sell("a", 20_00, "s");
        await World.Refund("a", "s", 10_00);

        var postings = await All(after => Reports.Postings(new(World.Tenant, 1, after), Stop), PageCursor.Of);
        Assert.Equal([1_00, 50, 2_00, 1_00, 1_00, 50, 1_00, 50], postings.Select(posting => posting.Posting.Amount.Minor));
        Assert.Equal(postings.OrderBy(posting => (posting.Stream.Value, posting.Seq)), postings);
        Assert.Equal((AccountKind.Pending, AccountKind.Clawbacks), (postings[4].Posting.From.Kind, postings[4].Posting.To.Kind));
    }

    [Theory]
    [InlineData("rwd_12_3_0", true, false)]
    [InlineData("12_3_0", true, false)]
    [InlineData("act_12_3", false, true)]
    [InlineData("rwd_12_3_-1", false, false)]
    [InlineData("rwd_12_3_4294967296", false, false)]
    [InlineData("rwd_99999999999999999999_3_0", false, false)]
    [InlineData("", false, false)]
    public void A_cursor_is_the_numbers_of_an_id(string text, bool reward, bool entry) =>
        Assert.Equal((reward, entry), (PageCursor.IsReward(text), PageCursor.IsEntry(text)));

    private static async Task<List<T>> All<T>(Func<string?, Task<Page<T>>> page, Func<T, string> cursor)
    {
        var all = new List<T>();
        for (string? after = null; ;)
        {
            var (items, hasMore) = await page(after);
            all.AddRange(items);
            if (!hasMore) return all;
            after = cursor(items[^1]);
        }
    }
}
