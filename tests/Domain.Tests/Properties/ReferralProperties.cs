using System.Collections.Immutable;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Explanations;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Ledger;
using ReferralGrains.Domain.Money;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Tests.World;

namespace ReferralGrains.Domain.Tests.Properties;

/// <summary>
/// What must hold whatever happens. A failure prints the shrunk scenario and its seed, <c>(seed,gamma)</c>: give it to
/// <see cref="Check"/> by <c>WithReplay</c> to see it again.
/// </summary>
public class ReferralProperties
{
    private static readonly Config Check = Config.QuickThrowOnFailure.WithMaxTest(300);

    [Fact]
    public void Replaying_the_events_gives_the_state() => ForAll(Scenarios.Any, scenario =>
    {
        var world = scenario.Run();
        foreach (var referee in Scenario.Referees)
        {
            var state = Referral.None;
            foreach (var recorded in world.Journal.Of(world.Stream(referee)))
            {
                Assert.Equal(state.Seq + 1, recorded.Seq);
                state = ReferralFold.Evolve(state, recorded.At, recorded.Event);
            }

            Assert.Equal(Json(world.State(referee)), Json(state));
        }
    });

    [Fact]
    public void Deciding_twice_on_the_same_input_gives_the_same_events() =>
        ForAll(Scenarios.Any, scenario => scenario.Run(decidesTwice: true));

    [Fact]
    public void R4_R5_no_cap_is_broken() => ForAll(Scenarios.Any, scenario =>
    {
        // An adjustment may lower a cap below what has been earned: the widest that was ever in force holds.
        var caps = new Dictionary<(string Referee, int Enrollment), (long Amount, int Count)>();
        scenario.Run(world =>
        {
            foreach (var (referee, enrollment) in Enrollments(world))
            {
                var terms = world.Program.Terms(enrollment.Rule, enrollment.Version);
                var limits = (enrollment.Adjustment?.Over(terms) ?? terms).Limits;
                var before = caps.GetValueOrDefault((referee, enrollment.Number));
                var cap = (
                    Amount: Math.Max(before.Amount, limits.MaxAmountMinor ?? long.MaxValue),
                    Count: Math.Max(before.Count, limits.MaxCount ?? int.MaxValue));
                caps[(referee, enrollment.Number)] = cap;
                Assert.InRange(enrollment.NetMinor, 0, cap.Amount);
                Assert.InRange(enrollment.Count, 0, cap.Count);
            }
        });
    });

    [Fact]
    public void D8_never_more_is_taken_than_was_given() => ForAll(Scenarios.Any, scenario =>
    {
        foreach (var record in Sales(scenario.Run()))
        {
            Assert.All(record.Rewards, reward => Assert.InRange(reward.LeftMinor, 0, reward.Given.Minor));
            Assert.InRange(record.Undone.Minor, 0, record.Sale.AmountMinor ?? 0);
        }
    });

    [Fact]
    public void D8_refunding_everything_nets_to_exactly_zero() => ForAll(Scenarios.Any, scenario =>
    {
        var world = scenario.Run();
        world.Refer("cleo", ReferralWorld.Start);
        foreach (var referee in Scenario.Referees)
        {
            var sales = world.Journal.Of(world.Stream(referee)).Select(recorded => recorded.Event).OfType<SaleDecided>().ToList();
            foreach (var sale in sales) world.Send(Draft.Refund(sale.Action.Id.Value).By(referee));
        }

        Assert.All(Enrollments(world), pair => Assert.Equal(0, pair.Enrollment.NetMinor));
        foreach (var asset in Assets(world))
            Assert.Equal((0, 0), (world.Balance(AccountKind.Pending, asset), world.Balance(AccountKind.Payable, asset)));
    });

    [Fact]
    public void D8_what_is_taken_is_the_rounded_share_while_nothing_was_cancelled_or_given_back() => ForAll(Scenarios.Any, scenario =>
    {
        var world = (scenario with { Steps = scenario.Steps.RemoveAll(IsGivingBack) }).Run();
        foreach (var record in Sales(world).Where(record => record.Sale.AmountMinor > 0))
            Assert.All(record.Rewards, reward => Assert.Equal(
                Rounding.HalfAwayFromZero((Int128)reward.Given.Minor * record.Undone.Minor, record.Sale.AmountMinor!.Value), reward.TakenMinor));
    });

    [Fact]
    public void D13_net_is_the_sum_of_postings_is_pending_and_payable() => ForAll(Scenarios.Any, scenario => scenario.Run(world =>
    {
        foreach (var asset in Assets(world))
        {
            var net = Enrollments(world).Where(pair => AssetOf(world, pair.Enrollment) == asset).Sum(pair => pair.Enrollment.NetMinor);
            var pending = world.Balance(AccountKind.Pending, asset);
            Assert.Equal(net, -world.Balance(AccountKind.Rewards, asset) - world.Balance(AccountKind.Clawbacks, asset));
            Assert.Equal(net, pending + world.Balance(AccountKind.Payable, asset));
            Assert.Equal(pending, Scenario.Referees.SelectMany(referee => world.State(referee).Holds)
                .Where(hold => hold.Asset == asset).Sum(hold => hold.RemainingMinor));
        }
    }));

    [Fact]
    public void D3_the_order_across_referees_changes_nothing_without_tiers() => ForAll(Scenarios.OfSeparateReferees, scenario =>
    {
        var mixed = scenario.Run();
        var oneByOne = (scenario with { Steps = [.. scenario.Steps.OrderByDescending(RefereeOf)] }).Run();

        foreach (var referee in Scenario.Referees) Assert.Equal(Json(mixed.State(referee)), Json(oneByOne.State(referee)));
    });

    [Fact]
    public void D11_everything_sent_again_changes_nothing() => ForAll(Scenarios.Any, scenario =>
    {
        var world = scenario.Run();
        var before = (Json(Scenario.Referees.Select(world.State)), world.Postings().Count(), world.Tally.ValueMinor, world.Tally.Count);
        foreach (var (referee, id, hash) in Known(world))
            Assert.IsType<Decision.Duplicate>(world.Turn(
                referee, turn => turn.Record(Draft.Sale(1).ToAction(id.Value, world.Now) with { Hash = hash }), id));

        Assert.Equal(before, (Json(Scenario.Referees.Select(world.State)), world.Postings().Count(), world.Tally.ValueMinor, world.Tally.Count));
    });

    [Fact]
    public void D20_every_action_has_an_outcome_that_is_explained() => ForAll(Scenarios.Any, scenario =>
    {
        var world = scenario.Run();
        foreach (var (referee, id, _) in Known(world))
        {
            var outcome = world.Outcome(id, referee);
            Assert.Equal(outcome.Decisions.IsEmpty, outcome.Reason is not null);
            if (outcome.Status == ActionStatus.Parked) Assert.NotEqual(DecisionCode.NotEnrolled, outcome.Reason);
            foreach (var decision in outcome.Decisions)
            {
                var lines = Because.Lines(decision, outcome, world.Program);
                Assert.InRange(lines.Length, 2, 5);
                Assert.All(lines, line => Assert.EndsWith(".", line, StringComparison.Ordinal));
            }
        }
    });

    [Fact]
    public void States_and_events_survive_the_journal() => ForAll(Scenarios.Any, scenario =>
    {
        var world = scenario.Run();
        foreach (var referee in Scenario.Referees)
        {
            var state = Json(world.State(referee));
            Assert.Equal(state, Json(JsonSerializer.Deserialize<Referral>(state)!));
            var folded = Referral.None;
            foreach (var recorded in world.Journal.Of(world.Stream(referee)))
            {
                var read = JsonSerializer.Deserialize<ReferralEvent>(JsonSerializer.Serialize(recorded.Event))!;
                Assert.Equal(recorded.Event.GetType(), read.GetType());
                folded = ReferralFold.Evolve(folded, recorded.At, read);
            }

            Assert.Equal(state, Json(folded));
        }
    });

    private static void ForAll(Arbitrary<Scenario> scenarios, Action<Scenario> holds) => Prop.ForAll(scenarios, holds).Check(Check);

    private static IEnumerable<(string Referee, Enrollment Enrollment)> Enrollments(ReferralWorld world) =>
        Scenario.Referees.SelectMany(referee => world.State(referee).Enrollments.Select(enrollment => (referee, enrollment)));

    private static IEnumerable<(string Referee, CallerId Id, ContentHash Hash)> Known(ReferralWorld world) =>
        from referee in Scenario.Referees
        from recorded in world.Journal.Of(world.Stream(referee))
        let action = KnownActions.Carried(recorded.Event)
        where action is not null
        select (referee, action.Id, action.Hash);

    private static IEnumerable<SaleRecord> Sales(ReferralWorld world) =>
        from known in Known(world)
        let history = world.Journal.Load(world.Stream(known.Referee), Referral.None, [known.Id]).Find(known.Id)!
        let record = SaleRecord.Of(history)
        where record is not null
        select record;

    private static ImmutableArray<Asset> Assets(ReferralWorld world) => [.. world.Program.Rules.Select(rule => rule.Latest.Terms.Reward.Asset).Distinct()];

    private static Asset AssetOf(ReferralWorld world, Enrollment enrollment) => world.Program.Terms(enrollment.Rule, enrollment.Version).Reward.Asset;

    private static bool IsGivingBack(Step step) => step is Step.Cancel or Step.Send { Draft.Kind: ActionKind.ChargebackWon or ActionKind.RefundFailed };

    private static int RefereeOf(Step step) => step switch
    {
        Step.Send send => send.Referee,
        Step.Refer refer => refer.Referee,
        Step.Release release => release.Referee,
        Step.Cancel cancel => cancel.Referee,
        Step.Adjust adjust => adjust.Referee,
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static string Json<T>(T value) => JsonSerializer.Serialize(value);
}
