using System.Collections.Immutable;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Ledger;
using ReferralGrains.Domain.Money;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Tests.World;
using static ReferralGrains.Domain.Tests.World.Rules;
using static ReferralGrains.Domain.Tests.World.Samples;

namespace ReferralGrains.Domain.Tests.Ledger;

public class MovementsTests
{
    private static readonly StreamId Program = new(1);

    public static TheoryData<ReferralEvent> EachEvent => [.. Samples.Events];

    [Theory]
    [MemberData(nameof(EachEvent))]
    public void An_event_takes_a_row_for_each_posting_and_at_least_one(ReferralEvent e) =>
        Assert.Equal(Math.Max(1, Movements.Of(e, Program).Length), Movements.RowsOf(e));

    [Theory]
    [MemberData(nameof(EachEvent))]
    public void A_posting_moves_more_than_nothing_between_two_accounts(ReferralEvent e) => Assert.All(Movements.Of(e, Program), posting =>
    {
        Assert.True(posting.Amount.Minor > 0);
        Assert.NotEqual(posting.From, posting.To);
    });

    [Fact]
    public void A_reward_goes_from_the_program_to_pending_or_payable() => AssertPostings(
        Sale(Given(1, Gbp, 10_00, held: true), Given(2, Asset.Points, 100, held: false), Given(3, Gbp, 0, held: false)),
        new(Of(Program, AccountKind.Rewards), Of(Referrer, AccountKind.Pending), new(10_00, Gbp)),
        new(Of(Program, AccountKind.Rewards), Of(Referrer, AccountKind.Payable), new(100, Asset.Points)));

    [Fact]
    public void A_sale_without_a_reward_moves_nothing_and_takes_a_row()
    {
        var sale = Sale(Given(1, Gbp, 0, held: false));

        AssertPostings(sale);
        Assert.Equal(1, Movements.RowsOf(sale));
    }

    [Fact]
    public void A_reversal_takes_each_reward_from_where_it_is() => AssertPostings(
        new SaleReversed(
            Action("r", ActionKind.Refund, "s"), 1, 1,
            [Change(1, 0, 1, Gbp, 3_00, pending: true), Change(1, 1, 2, Gbp, 2_00, pending: false)], 0),
        new(Of(Referrer, AccountKind.Pending), Of(Program, AccountKind.Clawbacks), new(3_00, Gbp)),
        new(Of(Referrer, AccountKind.Payable), Of(Program, AccountKind.Clawbacks), new(2_00, Gbp)));

    [Fact]
    public void An_undone_reversal_gives_each_reward_back_to_where_it_belongs() => AssertPostings(
        new ReversalUndone(
            Action("w", ActionKind.ChargebackWon, "c"), 1, new("c"),
            [Change(1, 0, 1, Gbp, 3_00, pending: true), Change(1, 1, 2, Gbp, 2_00, pending: false)], 0),
        new(Of(Program, AccountKind.Clawbacks), Of(Referrer, AccountKind.Pending), new(3_00, Gbp)),
        new(Of(Program, AccountKind.Clawbacks), Of(Referrer, AccountKind.Payable), new(2_00, Gbp)));

    [Fact]
    public void H12_D13_what_was_never_earned_comes_back_as_earned() => AssertPostings(
        new ReversalUndone(
            Action("w", ActionKind.ChargebackWon, "c"), 1, new("c"),
            [Change(1, 0, 1, Gbp, 3_00, pending: true) with { EarnedMinor = 3_00 }, Change(1, 1, 2, Gbp, 2_00, pending: false) with { EarnedMinor = 50 }], 0),
        new(Of(Program, AccountKind.Rewards), Of(Referrer, AccountKind.Pending), new(3_00, Gbp)),
        new(Of(Program, AccountKind.Rewards), Of(Referrer, AccountKind.Payable), new(50, Gbp)),
        new(Of(Program, AccountKind.Clawbacks), Of(Referrer, AccountKind.Payable), new(1_50, Gbp)));

    [Fact]
    public void A_cancelled_reward_goes_back_from_pending() => AssertPostings(
        new RewardCancelled(1, Change(1, 0, 1, Gbp, 3_00, pending: true), null, null),
        new Posting(Of(Referrer, AccountKind.Pending), Of(Program, AccountKind.Clawbacks), new(3_00, Gbp)));

    [Fact]
    public void D2_a_release_is_summed_per_referrer_and_asset_never_across() => AssertPostings(
        new RewardsReleased(
            [
                Change(1, 0, 1, Gbp, 1_00, pending: true), Change(1, 1, 2, Asset.Points, 7, pending: true),
                Change(2, 0, 1, Gbp, 2_00, pending: true), Change(3, 0, 1, Gbp, 4_00, pending: true) with { Referrer = new(3) },
            ],
            null),
        Released(Referrer, new(3_00, Gbp)), Released(Referrer, new(7, Asset.Points)), Released(new(3), new(4_00, Gbp)));

    [Theory]
    [InlineData(1, AccountKind.Rewards)]
    [InlineData(12_345_678_901, AccountKind.Paid)]
    [InlineData(1L << 55, AccountKind.InTransit)]
    public void An_account_has_one_number_and_a_number_one_account(long owner, AccountKind kind)
    {
        var account = Of(new(owner), kind);

        Assert.Equal(account, Account.FromNumber(account.Number));
        Assert.NotEqual(account.Number, Of(new(owner + 1), kind).Number);
    }

    private static Posting Released(StreamId referrer, Amount amount) =>
        new(Of(referrer, AccountKind.Pending), Of(referrer, AccountKind.Payable), amount);

    private static SaleDecided Sale(params ImmutableArray<RuleDecision> decisions) =>
        new(Action("s", ActionKind.Sale), Referrer, decisions, true, 0);

    private static Account Of(StreamId owner, AccountKind kind) => new(owner, kind);

    private static void AssertPostings(ReferralEvent e, params IEnumerable<Posting> postings)
    {
        Assert.Equal(postings, Movements.Of(e, Program));
        Assert.Equal(Math.Max(1, postings.Count()), Movements.RowsOf(e));
    }
}
