using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Enrollments;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Ledger;
using ReferralGrains.Domain.Money;
using ReferralGrains.Integration.Tests.Journal;
using ReferralGrains.Integration.Tests.Postgres;
using ReferralGrains.Storage.Reports;

namespace ReferralGrains.Integration.Tests.Reports;

public sealed class ReportsTests(PostgresServer server) : IAsyncLifetime
{
    private static readonly CallerId Rita = new("rita");
    private static readonly CallerId Program = new("program");
    private static readonly Asset Gbp = Asset.Cash("GBP");
    private JournalDatabase database = null!;
    private JournalWorld world = null!;
    private PostgresReports reports = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        database = await JournalDatabase.Create(server);
        world = await JournalWorld.Create(database, "acme", Terms.Percent(1_000, Terms.Days(30)), Terms.Percent(500));
        reports = new(database.Source);
    }

    public async ValueTask DisposeAsync()
    {
        await world.DisposeAsync();
        await database.DisposeAsync();
    }

    [Fact]
    public async Task D13_balances_follow_every_movement()
    {
        await world.Refer("anna");
        Assert.Empty((await reports.Balances(world.Tenant, Rita, Stop))!);

        await world.Sell("anna", 10_00, "s1");
        Assert.Equal([new AssetBalance(Gbp, new(1_50, 0, 1_00, 50, 0, 0))], await reports.Balances(world.Tenant, Rita, Stop));

        await world.Refund("anna", "s1", 2_50);
        world.Now += TimeSpan.FromDays(30);
        await world.Settle("anna");
        Assert.Equal([new AssetBalance(Gbp, new(1_50, 38, 0, 1_12, 0, 0))], await reports.Balances(world.Tenant, Rita, Stop));
        Assert.Null(await reports.Balances(world.Tenant, new("nobody"), Stop));
    }

    [Fact]
    public async Task V1_a_referrer_is_found_by_its_id_and_by_its_code()
    {
        await world.AddReferrer("tom", "vip", "press");

        var tom = (await reports.Referrer(world.Tenant, new("tom"), Stop))!;
        Assert.Equal(["vip", "press"], tom.Tags);
        Assert.Equal(("tom", "CODE-tom", "tom@example.org", "Name of tom", true, "cus_1", false, JournalWorld.Start),
            (tom.Id.Value, tom.Code, tom.Email, tom.Name, tom.CashOptIn, tom.StripeCustomerId, tom.Closed, tom.CreatedAt));
        Assert.Equal(new CallerId("tom"), await reports.ReferrerOfCode(world.Tenant, "CODE-tom", Stop));
        Assert.Null(await reports.ReferrerOfCode(world.Tenant, "code-tom", Stop));
        Assert.Null(await reports.Referrer(world.Tenant, new("nobody"), Stop));
    }

    [Fact]
    public async Task R9_a_referral_tells_its_whole_story()
    {
        await world.Refer("anna", "rita", "vip");
        await world.Sell("anna", 10_00);

        var story = (await reports.Referral(world.Tenant, Program, new("anna"), Stop))!;
        Assert.Equal((Program, new CallerId("anna"), Rita), (story.Program, story.Referee, story.Referrer));
        Assert.Equal([typeof(ReferralAttributed), typeof(ReferralApproved), typeof(SaleDecided)], story.Events.Select(recorded => recorded.Event.GetType()));
        Assert.Equal([1, 2, 3], story.Events.Select(recorded => recorded.Seq));
        Assert.Equal(4, story.State.Seq);
        Assert.Equal(1_00, story.State.Enrollments[0].NetMinor);
        Assert.Equal(story.Events, (await reports.Referral(world.Tenant, story.Stream, Stop))!.Events, (a, b) => a.Seq == b.Seq);
        Assert.Null(await reports.Referral(world.Tenant, Program, new("bob"), Stop));
    }

    [Fact]
    public async Task D10_a_referral_that_is_not_known_yet_has_no_referrer()
    {
        await world.Sell("anna", 10_00, "early");

        Assert.Null((await reports.Referral(world.Tenant, Program, new("anna"), Stop))!.Referrer);
        var waiting = (await reports.Action(world.Tenant, new("early"), Stop))!;
        Assert.Equal((ActionStatus.Parked, DecisionCode.ReferralMissing), (waiting.Outcome.Status, waiting.Outcome.Waits));

        await world.Refer("anna");
        var replayed = (await reports.Action(world.Tenant, new("early"), Stop))!;
        Assert.Equal(Rita, replayed.Referrer);
        Assert.Equal(2, replayed.Outcome.Decisions.Length);
    }

    [Fact]
    public async Task D8_an_action_shows_what_became_of_its_rewards()
    {
        await world.Refer("anna");
        await world.Sell("anna", 10_00, "s1");
        await world.Refund("anna", "s1", null, "r1");

        var sale = (await reports.Action(world.Tenant, new("s1"), Stop))!;
        Assert.Equal(ActionStatus.Rewarded, sale.Outcome.Status);
        Assert.All(sale.Outcome.Decisions, decision => Assert.Equal(RewardStatus.Reversed, decision.State));
        var refund = (await reports.Action(world.Tenant, new("r1"), Stop))!;
        Assert.Equal(ActionStatus.Reversed, refund.Outcome.Status);
        Assert.Equal([-1_00, -50], refund.Outcome.Decisions.Select(decision => decision.Minor));
        Assert.Null(await reports.Action(world.Tenant, new("s2"), Stop));
    }

    [Fact]
    public async Task D10_a_refund_and_a_won_chargeback_that_came_too_early_show_their_effect()
    {
        await world.Refer("anna");
        await world.Refund("anna", "late", 5_00, "refund");
        await world.Sell("anna", 10_00, "late");
        var refund = (await reports.Action(world.Tenant, new("refund"), Stop))!;
        Assert.Equal((ActionStatus.Reversed, -50L), (refund.Outcome.Status, refund.Outcome.Decisions[0].Minor));

        await world.Send("anna", ActionKind.ChargebackWon, null, "won", "dispute");
        Assert.Equal(ActionStatus.Parked, (await reports.Action(world.Tenant, new("won"), Stop))!.Outcome.Status);
        await world.Send("anna", ActionKind.Chargeback, null, "dispute", "late");
        var won = (await reports.Action(world.Tenant, new("won"), Stop))!;
        Assert.Equal((ActionStatus.Rewarded, 50L), (won.Outcome.Status, won.Outcome.Decisions[0].Minor));
    }

    [Fact]
    public async Task D11_a_conflict_is_listed_under_its_action()
    {
        await world.Refer("anna");
        await world.Sell("anna", 10_00, "s1");
        await world.Sell("anna", 11_00, "s1");
        await world.Sell("anna", 11_00, "s1");

        var conflict = Assert.Single((await reports.Action(world.Tenant, new("s1"), Stop))!.Conflicts);
        Assert.Equal((new CallerId("s1"), 11_00L, JournalWorld.Start), (conflict.Action.Id, conflict.Action.AmountMinor, conflict.At));
    }

    [Fact]
    public async Task The_trial_balance_of_every_asset_comes_to_zero()
    {
        await world.Refer("anna");
        await world.Sell("anna", 10_00, "s1");
        await world.Refund("anna", "s1", 5_00);

        var lines = await reports.TrialBalance(world.Tenant, Stop);
        Assert.Equal(
            [
                new(AccountKind.Rewards, Gbp, 1_50, 0), new(AccountKind.Clawbacks, Gbp, 0, 75),
                new(AccountKind.Pending, Gbp, 50, 1_00), new(AccountKind.Payable, Gbp, 25, 50),
            ],
            lines);
        Assert.Equal(lines.Sum(line => line.DebitMinor), lines.Sum(line => line.CreditMinor));
    }

    [Fact]
    public async Task Another_tenants_data_are_as_if_they_were_not_there()
    {
        await using var other = await JournalWorld.Create(database, "other");
        await world.Refer("anna");
        await world.Sell("anna", 10_00, "s1");
        var stream = await world.Stream("anna");
        await world.AddReferrer("tom");

        Assert.Null(await reports.Balances(other.Tenant, new("tom"), Stop));
        Assert.Null(await reports.Referrer(other.Tenant, new("tom"), Stop));
        Assert.Null(await reports.ReferrerOfCode(other.Tenant, "CODE-tom", Stop));
        Assert.Null(await reports.Referral(other.Tenant, Program, new("anna"), Stop));
        Assert.Null(await reports.Referral(other.Tenant, stream, Stop));
        Assert.Null(await reports.Action(other.Tenant, new("s1"), Stop));
        Assert.Empty((await reports.Rewards(other.Tenant, null, null, null, 10, Stop)).Items);
        Assert.Empty((await reports.Rewards(other.Tenant, Rita, null, null, 10, Stop)).Items);
        Assert.Empty((await reports.ReferrerActivity(other.Tenant, Rita, null, 10, Stop)).Items);
        Assert.Empty((await reports.ReferralActivity(other.Tenant, stream, null, null, 10, Stop)).Items);
        Assert.Empty(await reports.TrialBalance(other.Tenant, Stop));
        Assert.Empty((await reports.Postings(other.Tenant, null, 10, Stop)).Items);
    }
}
