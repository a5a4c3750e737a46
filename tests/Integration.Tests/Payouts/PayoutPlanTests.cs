using Microsoft.Extensions.Logging.Abstractions;
using ReferralGrains.Domain.Payouts;
using ReferralGrains.Integration.Tests.Journal;
using ReferralGrains.Integration.Tests.Postgres;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Turns;
using ReferralGrains.Turns.Payouts;

namespace ReferralGrains.Integration.Tests.Payouts;

/// <summary>Payout terms over a real journal: no date of a schedule is lost, and each draws up one batch.</summary>
public sealed class PayoutPlanTests(PostgresServer server) : JournalTest(server), ITenantClock
{
    private static readonly PayoutTerms Monthly = new([], new(PayoutEvery.Month, 1), "UTC");
    private static readonly DateTimeOffset Due = new(2026, 2, 1, 0, 0, 0, TimeSpan.Zero);

    private DateTimeOffset now = Due.AddDays(-7);

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        await Database.Run("insert into tenant (name) values ('shop')");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Terms_that_are_set_after_a_date_has_come_leave_it_to_the_old_ones(bool scheduled)
    {
        await Ask(new SetPayoutTerms(Monthly, "ada"));
        now = Due.AddMinutes(3);

        // The same again is no change, and leaves the date to whoever wakes the plan.
        Assert.False((await Ask(new SetPayoutTerms(Monthly, "ada"))).Changed);
        Assert.Equal(0, await Database.Ask<long>("select count(*) from payout_batch"));
        var others = Monthly with { SecondPerson = true, Schedule = scheduled ? Monthly.Schedule : null };
        var set = await Ask(new SetPayoutTerms(others, "grace"));
        Assert.Equal((others, scheduled ? Due.AddMonths(1) : (DateTimeOffset?)null, 1), (set.Plan.Terms, set.Plan.NextAt, set.Plan.Drawn));
        Assert.False((await Ask(new MeetPayoutDate(now))).Changed);
        Assert.Equal("po_scheduled_1 false", await Database.Ask<string>("select s.a || ' ' || b.second_person from payout_batch b join stream s on s.id = b.stream"));
    }

    // Who wakes it knows the tenant's clock better than a silo that has not heard of it lately.
    [Fact]
    public async Task A_batch_is_of_the_date_that_it_was_woken_for_though_the_clock_here_is_behind()
    {
        await Ask(new SetPayoutTerms(Monthly, "ada"));
        Assert.True((await Ask(new MeetPayoutDate(Due))).Changed);
        Assert.Equal("2026-02-01 00:00:00", await Database.Ask<string>("select (drawn_at at time zone 'UTC')::text from payout_batch"));
    }

    public ValueTask<DateTimeOffset> Now(int tenant) => ValueTask.FromResult(now);

    private async Task<PayoutPlanReply> Ask(ICommand<PayoutPlanReply> command)
    {
        var envelope = new Envelope<PayoutPlanReply>(command);
        var world = new TurnWorld(
            Writer, new StreamLoader(Database.Source), Facts: null!, new StillLease(), Snapshots: null!, this, Profiles: null!, Tallies: null!, Ledger: null!, Discounts: null!, new(),
            Router: null!, TimeProvider.System, NullLogger.Instance);
        await new PayoutPlanTurns(GrainAddress.PayoutPlan(1), world).Turn([envelope]);
        return await envelope.Replied;
    }
}
