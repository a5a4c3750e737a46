using System.Text.Json;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Ledger;
using ReferralGrains.Domain.Money;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Integration.Tests.Journal;
using ReferralGrains.Integration.Tests.Postgres;
using ReferralGrains.Storage.Reports;

namespace ReferralGrains.Integration.Tests.Reports;

public sealed class ReportsTests(PostgresServer server)
    : ReportsTest(server, Terms.Percent(1_000, Terms.Days(30)), Terms.Percent(500))
{
    private static readonly CallerId Program = new("program");
    private static readonly Asset Gbp = Asset.Cash("GBP");

    [Fact]
    public async Task D13_balances_follow_every_movement()
    {
        await World.Refer("anna");
        Assert.Empty((await Reports.Balances(World.Tenant, Rita, Stop))!);

        await World.Sell("anna", 10_00, "s1");
        Assert.Equal([new AssetBalance(Gbp, new(1_50, 0, 1_00, 50, 0, 0))], await Reports.Balances(World.Tenant, Rita, Stop));

        await World.Refund("anna", "s1", 2_50);
        World.Now += TimeSpan.FromDays(30);
        await World.Settle("anna");
        Assert.Equal([new AssetBalance(Gbp, new(1_50, 38, 0, 1_12, 0, 0))], await Reports.Balances(World.Tenant, Rita, Stop));
        Assert.Null(await Reports.Balances(World.Tenant, new("nobody"), Stop));
    }

    [Fact]
    public async Task D13_a_statement_opens_with_what_was_before_and_closes_with_the_balance()
    {
        await World.Refer("anna");
        await World.Sell("anna", 10_00, "before");
        World.Now += TimeSpan.FromDays(10);
        var from = World.Now;
        await World.Sell("anna", 20_00, "inside");
        await World.Refund("anna", "before", 5_00);
        World.Now += TimeSpan.FromDays(25);
        await World.Settle("anna");
        await World.Book("bonus", 7_00);
        var known = await Database.Ask<DateTime>("select now()");
        var to = World.Now + TimeSpan.FromDays(1);
        World.Now = to;
        await World.Sell("anna", 40_00, "after");

        var balance = (await Reports.Balances(World.Tenant, Rita, Stop))!.Single(line => line.Asset == Gbp).Balance;
        var inside = Assert.Single((await Reports.Statement(World.Tenant, Rita, new(from, to, null), Stop))!);
        Assert.Equal((1_50, 50), (inside.Opening.Earned, inside.Opening.Payable));
        Assert.Equal((3_00 + 7_00, 75), (inside.Moved.Earned, inside.Moved.ClawedBack));
        Assert.True(inside.Opening.Balances && inside.Moved.Balances && inside.Closing.Balances);
        var rest = Assert.Single((await Reports.Statement(World.Tenant, Rita, new(to, DateTimeOffset.MaxValue, null), Stop))!);
        Assert.Equal((inside.Closing, balance), (rest.Opening, rest.Closing));

        // As it was known then, and it stays that.
        var then = new Period(DateTimeOffset.UnixEpoch, DateTimeOffset.MaxValue, known);
        var whole = Assert.Single((await Reports.Statement(World.Tenant, Rita, then, Stop))!);
        Assert.Equal((default, inside.Closing), (whole.Opening, whole.Closing));
        await World.Book("late", 1_00);
        Assert.Equal(whole, Assert.Single((await Reports.Statement(World.Tenant, Rita, then, Stop))!));
        Assert.Null(await Reports.Statement(World.Tenant, new("nobody"), then, Stop));
    }

    [Fact]
    public async Task V1_a_referrer_is_found_by_its_id_and_by_its_code()
    {
        await World.AddReferrer("tom", "vip", "press");

        var tom = (await Reports.Referrer(World.Tenant, new("tom"), Stop))!;
        Assert.Equal(["vip", "press"], tom.Tags);
        Assert.Equal(("tom", "CODE-tom", "tom@example.org", "Name of tom", true, "cus_1", false, JournalWorld.Start),
            (tom.Id.Value, tom.Code, tom.Email, tom.Name, tom.CashOptIn, tom.StripeCustomerId, tom.Closed, tom.CreatedAt));
        Assert.Equal(new CallerId("tom"), await Reports.ReferrerOfCode(World.Tenant, "CODE-tom", Stop));
        Assert.Null(await Reports.ReferrerOfCode(World.Tenant, "code-tom", Stop));
        Assert.Null(await Reports.Referrer(World.Tenant, new("nobody"), Stop));
    }

    [Fact]
    public async Task R9_a_referral_tells_its_whole_story()
    {
        await World.Refer("anna", "rita", "vip");
        await World.Sell("anna", 10_00);

        var story = (await Reports.Referral(World.Tenant, Program, new("anna"), Stop))!;
        Assert.Equal((Program, new CallerId("anna"), Rita), (story.Program, story.Referee, story.Referrer));
        Assert.Equal(
            [new(ChainStepKind.Attributed, 1, JournalWorld.Start), new(ChainStepKind.Approved, 2, JournalWorld.Start), .. new[] { ChainStepKind.FirstSale, ChainStepKind.FirstReward, ChainStepKind.FirstRelease, ChainStepKind.FirstCash }.Select(kind => new ChainStep(kind, 3, JournalWorld.Start))],
            story.State.Chain!.Value);
        Assert.Equal(4, story.State.Seq);
        Assert.Equal((1_00, 50), (story.State.Enrollments[0].NetMinor, story.State.Enrollments[1].NetMinor));
        Assert.Equal(
            ["SaleDecided", "ReferralApproved", "ReferralAttributed"],
            (await Reports.ReferralActivity(World.Tenant, story.Stream, null, null, 10, Stop)).Items.Select(entry => entry.Event.Event.GetType().Name));
        Assert.Equal(
            [(1, 1_00L, RewardStatus.Pending), (2, 50, RewardStatus.Released)],
            (await Reports.Rewards(new(World.Tenant, 10) { Program = Program, Referee = new("anna") }, null, Stop)).Items.Select(reward => (reward.Enrollment, reward.Minor, reward.Status)));
        Assert.Equal(4, (await Reports.Referral(World.Tenant, story.Stream, Stop))!.State.Seq);
        Assert.Null(await Reports.Referral(World.Tenant, Program, new("bob"), Stop));
    }

    [Fact]
    public async Task D10_a_referral_that_is_not_known_yet_has_no_referrer()
    {
        await World.Sell("anna", 10_00, "early");

        Assert.Null((await Reports.Referral(World.Tenant, Program, new("anna"), Stop))!.Referrer);
        var waiting = (await Reports.Action(World.Tenant, new("early"), Stop))!;
        Assert.Equal((ActionStatus.Parked, DecisionCode.ReferralMissing), (waiting.Outcome.Status, waiting.Outcome.Reason));

        await World.Refer("anna");
        var replayed = (await Reports.Action(World.Tenant, new("early"), Stop))!;
        Assert.Equal(Rita, replayed.Referrer);
        Assert.Equal(2, replayed.Outcome.Decisions.Length);
    }

    [Fact]
    public async Task D8_an_action_shows_what_became_of_its_rewards()
    {
        await World.Refer("anna");
        await World.Sell("anna", 10_00, "s1");
        await World.Refund("anna", "s1", null, "r1");

        var sale = (await Reports.Action(World.Tenant, new("s1"), Stop))!;
        Assert.Equal(ActionStatus.Rewarded, sale.Outcome.Status);
        Assert.All(sale.Outcome.Decisions, decision => Assert.Equal(RewardStatus.Reversed, decision.State));
        var refund = (await Reports.Action(World.Tenant, new("r1"), Stop))!;
        Assert.Equal(ActionStatus.Reversed, refund.Outcome.Status);
        Assert.Equal([-1_00, -50], refund.Outcome.Decisions.Select(decision => decision.Minor));
        Assert.Null(await Reports.Action(World.Tenant, new("s2"), Stop));
    }

    [Fact]
    public async Task D10_a_refund_and_a_won_chargeback_that_came_too_early_show_their_effect()
    {
        await World.Refer("anna");
        await World.Refund("anna", "late", 5_00, "refund");
        await World.Sell("anna", 10_00, "late");
        var refund = (await Reports.Action(World.Tenant, new("refund"), Stop))!;
        Assert.Equal((ActionStatus.Reversed, -50L), (refund.Outcome.Status, refund.Outcome.Decisions[0].Minor));

        await World.Send("anna", ActionKind.ChargebackWon, null, "won", "dispute");
        Assert.Equal(ActionStatus.Parked, (await Reports.Action(World.Tenant, new("won"), Stop))!.Outcome.Status);
        await World.Send("anna", ActionKind.Chargeback, null, "dispute", "late");
        var won = (await Reports.Action(World.Tenant, new("won"), Stop))!;
        Assert.Equal((ActionStatus.Rewarded, 50L), (won.Outcome.Status, won.Outcome.Decisions[0].Minor));
    }

    [Fact]
    public async Task An_action_is_explained_from_its_own_rows_as_the_whole_stream_would_explain_it()
    {
        await World.Refer("anna");
        await World.Send("anna", ActionKind.RefundFailed, null, "failed-early", "r-early");
        await World.Turn("anna", turn => ReferralCommands.Adjust(turn, 1, 0, new(Limits: new(MaxAmountMinor: 4_00)), "why", "ada"));
        foreach (var id in (string[])["kept", "refunded", "by-hand", "cancelled", "disputed", "won", "half"]) await World.Sell("anna", 5_00, id);
        var rewards = (await World.State("anna")).Holds.ToDictionary(hold => hold.Sale, hold => RewardId.FromKey(hold.Reward));
        foreach (var (id, command) in new (string, Func<ReferralTurn, RewardId, Decision>)[]
        {
            ("by-hand", static (turn, reward) => RewardCommands.Release(turn, reward, "rev")),
            ("cancelled", static (turn, reward) => RewardCommands.Cancel(turn, reward, null, "rev")),
        })
        {
            var sale = (await Reports.Action(World.Tenant, new(id), Stop))!.Outcome;
            await World.Turn("anna", turn => command(turn, rewards[sale.Seq]));
        }

        await World.Refund("anna", "refunded", null, "r-all");
        await World.Refund("anna", "half", 2_50, "r-early");
        foreach (var of in (string[])["disputed", "won"]) await World.Send("anna", ActionKind.Chargeback, null, "c-" + of, of);
        await World.Send("anna", ActionKind.ChargebackWon, 1_00, "w", "c-won");
        await AssertSame();

        // Half of the holds end, a sale with a later one comes, and the rest ends.
        World.Now += TimeSpan.FromDays(30);
        await AssertSame();
        await World.Settle("anna");
        await World.Sell("anna", 3_00, "later");
        await AssertSame();
        World.Now += TimeSpan.FromDays(60);
        await World.Settle("anna");
        await AssertSame();

        async Task AssertSame()
        {
            var story = (await Reports.Referral(World.Tenant, Program, new("anna"), Stop))!;
            var known = new KnownActions(story.Stream, Referral.None);
            foreach (var recorded in await World.Recorded("anna")) known.Remember(recorded);
            foreach (var history in known.All)
            {
                var told = (await Reports.Action(World.Tenant, history.Id, Stop))!;
                Assert.Equal(JsonSerializer.Serialize(ActionOutcome.Of(history, known, await World.State("anna"))), JsonSerializer.Serialize(told.Outcome));
                Assert.Equal((Program, new CallerId("anna"), Rita), (told.Program, told.Referee, told.Referrer));
            }
        }
    }

    [Fact]
    public async Task An_action_is_explained_without_looking_at_the_rest_of_its_stream()
    {
        await World.Refer("anna");
        await World.Sell("anna", 10_00, "s1");
        await World.Refund("anna", "s1", 5_00, "r1");
        await World.Sell("anna", 20_00, "s2");
        var stream = await World.Stream("anna");
        await Database.Run($"alter table event disable trigger user; update event set data = '{{}}' where stream = {stream.Value} and (seq < 3 or action_id = 's2')");

        Assert.Equal(-50, (await Reports.Action(World.Tenant, new("r1"), Stop))!.Outcome.Decisions[0].Minor);
        Assert.Equal(RewardStatus.Pending, (await Reports.Action(World.Tenant, new("s1"), Stop))!.Outcome.Decisions[0].State);
    }

    [Fact]
    public async Task A_referral_is_shown_and_an_action_explained_without_reading_a_long_stream()
    {
        await World.Sell("anna", 9_00, "early");
        await World.Send("anna", ActionKind.Refund, 1_00, "orphan", "unknown");
        await World.Refer("anna");
        await World.SellMany("anna", 1_000, 10_00);
        await World.SellMany("anna", 1_500, 20_00);

        // Later rows change what the earlier ones left pending.
        await World.Refund("anna", "anna-1", 5_00, "r1");
        await World.Send("anna", ActionKind.RefundFailed, 2_00, "f1", "r1");
        await World.Sell("anna", 3_00, "last");
        World.Now += TimeSpan.FromDays(40);
        await World.Settle("anna");
        await World.Turn("anna", turn => ReferralCommands.Change(turn, ["late"], active: false));
        var (stream, state) = (await World.Stream("anna"), await World.State("anna"));
        Assert.True(state.Seq > 5_000);

        var story = (await Reports.Referral(World.Tenant, Program, new("anna"), Stop))!;
        var rewards = await Reports.Rewards(new(World.Tenant, 20) { Program = Program, Referee = new("anna"), LastRow = story.State.LastGiving }, null, Stop);
        Assert.Null(await Reports.FirstPayout(story, Stop));
        Assert.Equal(Shown(state), Shown(story.State));
        Assert.Equal((20, true), (rewards.Items.Length, rewards.HasMore));
        Assert.Contains(story.State.Chain!.Value, step => step.Kind == ChainStepKind.FirstCash);

        // What lies before the last row that was kept is not looked at.
        var kept = await Database.Ask<int>($"select seq from referral_page where stream = {stream.Value}");
        await Database.Run($"alter table event disable trigger user; update event set data = '{{}}' where stream = {stream.Value} and seq < {kept - 1} and type <> 0");
        Assert.Equal(Shown(state), Shown((await Reports.Referral(World.Tenant, stream, Stop))!.State));

        // One of another fold is not read.
        await Database.Run("update referral_page set fold = fold - 1");
        await Assert.ThrowsAnyAsync<Exception>(() => Reports.Referral(World.Tenant, stream, Stop));

        static string Shown(Referral referral) => JsonSerializer.Serialize(referral.AsShown());
    }

    [Fact]
    public async Task D11_a_conflict_is_listed_under_its_action()
    {
        await World.Refer("anna");
        await World.Sell("anna", 10_00, "s1");
        await World.Sell("anna", 11_00, "s1");
        await World.Sell("anna", 11_00, "s1");

        var conflict = Assert.Single((await Reports.Action(World.Tenant, new("s1"), Stop))!.Conflicts);
        Assert.Equal((new CallerId("s1"), 11_00L, JournalWorld.Start), (conflict.Action.Id, conflict.Action.AmountMinor, conflict.At));

        // Another tenant's action of the same id has none of them.
        await using var other = await JournalWorld.Create(Database, "other", Terms.Percent(500));
        await other.Refer("anna");
        await other.Sell("anna", 10_00, "s1");
        Assert.Empty((await Reports.Action(other.Tenant, new("s1"), Stop))!.Conflicts);
    }

    [Fact]
    public async Task The_trial_balance_of_every_asset_comes_to_zero()
    {
        await World.Refer("anna");
        await World.Sell("anna", 10_00, "s1");
        await World.Refund("anna", "s1", 5_00);

        var lines = await Reports.TrialBalance(World.Tenant, Stop);
        Assert.Equal(
            [
                new(AccountKind.Rewards, Gbp, 1_50, 0), new(AccountKind.Clawbacks, Gbp, 0, 75),
                new(AccountKind.Pending, Gbp, 50, 1_00), new(AccountKind.Payable, Gbp, 25, 50),
            ],
            lines);
        Assert.Equal(lines.Sum(line => line.DebitMinor), lines.Sum(line => line.CreditMinor));

        // However much of it is summed already.
        await Database.SealAll();
        while (await Database.Ask<int>("select sum_figures(1)") > 0) Assert.Equal(lines, await Reports.TrialBalance(World.Tenant, Stop));
    }

    // A journal is long, and anybody with a key may ask.
    [Fact]
    public async Task The_trial_balance_reads_no_row_that_is_summed()
    {
        await World.Refer("anna");
        await World.Sell("anna", 10_00, "s1");
        var lines = await Reports.TrialBalance(World.Tenant, Stop);
        await Database.SealAll();
        while (await Database.Ask<int>("select sum_figures(100)") > 0) { }
        await Database.Run("alter table event disable trigger user; update event set amount = amount + 1 where amount is not null");
        Assert.Equal(lines, await Reports.TrialBalance(World.Tenant, Stop));
    }

    [Fact]
    public async Task Another_tenants_data_are_as_if_they_were_not_there()
    {
        await using var other = await JournalWorld.Create(Database, "other");
        await World.Refer("anna");
        await World.Sell("anna", 10_00, "s1");
        var stream = await World.Stream("anna");
        await World.AddReferrer("tom");

        Assert.Null(await Reports.Balances(other.Tenant, new("tom"), Stop));
        Assert.Null(await Reports.Referrer(other.Tenant, new("tom"), Stop));
        Assert.Null(await Reports.ReferrerOfCode(other.Tenant, "CODE-tom", Stop));
        Assert.Null(await Reports.Referral(other.Tenant, Program, new("anna"), Stop));
        Assert.Null(await Reports.Referral(other.Tenant, stream, Stop));
        Assert.Null(await Reports.Action(other.Tenant, new("s1"), Stop));
        Assert.Empty((await Reports.Rewards(new(other.Tenant, 10, null), null, Stop)).Items);
        Assert.Empty((await Reports.Rewards(new(other.Tenant, 10, null) { Referrer = Rita }, null, Stop)).Items);
        Assert.Empty((await Reports.ReferrerActivity(other.Tenant, Rita, null, 10, Stop))!.Items);
        Assert.Empty((await Reports.ReferralActivity(other.Tenant, stream, null, null, 10, Stop)).Items);
        Assert.Empty(await Reports.TrialBalance(other.Tenant, Stop));
        Assert.Empty((await Reports.Postings(new(other.Tenant, 10, null), Stop)).Items);
    }
}
