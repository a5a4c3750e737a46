using FsCheck;
using FsCheck.Fluent;
using ReferralGrains.Domain.Discounts;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Referrers;

namespace ReferralGrains.Domain.Tests.Discounts;

/// <summary>In any order and with repeats: no referral is used twice, and none is lost.</summary>
public class PaymentProperties
{
    private const int Referrals = 5;

    private static readonly Config Check = Config.QuickThrowOnFailure.WithMaxTest(500);

    private static readonly PaymentDiscount[] Terms =
    [
        new(new(AmountMinor: 60)), new(new(BasisPoints: 33_33)), new(new(AmountMinor: 60), ByHand: true), new(new(BasisPoints: 100_00)), new(new(AmountMinor: 30), EveryPayment: true),
    ];

    private static Gen<Step> AnyStep =>
        from what in Gen.Elements(What.Quote, What.Quote, What.Confirm, What.Release, What.Choose, What.Toggle)
        from payment in Gen.Choose(1, 4)
        from minor in Gen.Elements(1, 40, 100, 250)
        from referral in Gen.Choose(1, Referrals)
        from terms in Gen.Choose(0, 4)
        from declines in Gen.Elements(false, false, true)
        select new Step(what, payment, minor, referral, terms, declines);

    [Fact]
    public void D19_no_referral_is_used_twice_or_lost() => Prop.ForAll(AnyStep.ListOf().ToArbitrary(), steps =>
    {
        var world = new World();
        foreach (var step in steps)
        {
            world.Do(step);
            world.Holds();
        }

        world.GiveBack();
    }).Check(Check);

    private enum What
    {
        Quote = 1,
        Confirm = 2,
        Release = 3,
        Choose = 4,
        Toggle = 5,
    }

    private sealed record Step(What What, int Payment, long Minor, int Referral, int Terms, bool Declines);

    // A referrer as its grain keeps it: payments by id, what became of each referral, and which referees are active.
    private sealed class World
    {
        private static readonly StreamId Referrer = new(1);
        private static readonly StreamId Program = new(2);

        private readonly KnownPayments payments = new();
        private readonly Dictionary<StreamId, ReferralUse> uses = [];
        private readonly HashSet<StreamId> inactive = [];
        private readonly HashSet<StreamId> declined = [];

        public void Do(Step step)
        {
            var (payment, referral) = (new CallerId($"p{step.Payment}"), new StreamId(10 + step.Referral));
            switch (step.What)
            {
                case What.Quote:
                    Quote(payment, step.Minor, Terms[step.Terms]);
                    break;
                case What.Confirm when PaymentDiscounts.Confirm(Referrer, payments.Find(payment)) is null:
                    Apply(new PaymentConfirmed(payment));
                    break;
                case What.Release when PaymentDiscounts.Release(Referrer, payments.Find(payment)) is null:
                    Apply(new PaymentReleased(payment, "ada"));
                    break;
                case What.Choose when uses.GetValueOrDefault(referral).Payment is null && !declined.Contains(referral):
                    Apply(new ReferralChosen(referral, step.Declines ? ReferralChoice.Declined : ReferralChoice.Applies, null, "ada"));
                    if (step.Declines) declined.Add(referral);
                    break;
                case What.Toggle when !inactive.Remove(referral):
                    inactive.Add(referral);
                    break;
            }
        }

        public void Holds()
        {
            var standing = payments.Changed.Select(changed => changed.Payment).Where(payment => payment.State != DiscountState.Released).ToList();
            var used = standing.Where(payment => payment.Uses).SelectMany(payment => payment.Applied.Select(one => (one.Referral, payment.Payment))).ToList();
            Assert.Equal(used.Count, used.DistinctBy(one => one.Referral).Count());
            Assert.Equal(
                used.OrderBy(one => one.Referral.Value),
                uses.Values.Where(use => use.Payment is not null).Select(use => (use.Referral, use.Payment!.Value)).OrderBy(one => one.Referral.Value));
            Assert.All(standing, payment =>
            {
                Assert.Equal(payment.DiscountMinor, payment.Applied.Sum(one => one.Minor));
                Assert.InRange(payment.DiscountMinor, 0, payment.AmountMinor);
                Assert.All(payment.Applied, one => Assert.True(one.Minor > 0));
            });
        }

        // Whatever was not charged is given back: then all wait but those that were charged or declined.
        public void GiveBack()
        {
            foreach (var payment in payments.Changed.Select(changed => changed.Payment).Where(payment => payment.State == DiscountState.Quoted).ToList())
                Apply(new PaymentReleased(payment.Payment, "ada"));
            inactive.Clear();
            var charged = payments.Changed.Where(changed => changed.Payment is { State: DiscountState.Confirmed, Uses: true }).SelectMany(changed => changed.Payment.Applied.Select(one => one.Referral));
            Assert.Equal(All.Except(charged).Except(declined), Waiting(byHand: false));
        }

        private static IEnumerable<StreamId> All => Enumerable.Range(1, Referrals).Select(i => new StreamId(10 + i));

        private void Quote(CallerId payment, long minor, PaymentDiscount terms)
        {
            var known = payments.Find(payment);
            var (e, outcome) = PaymentDiscounts.Quote(Referrer, closed: false, Program, terms, known, payment, minor, Waiting(terms.ByHand));
            if (e is not null) Apply(e);
            else if (outcome!.Refusal is null) Assert.Equal(known, outcome.Payment);
            else Assert.NotEqual(known!.AmountMinor, minor);
        }

        private List<StreamId> Waiting(bool byHand) =>
            [.. All.Where(referral => !inactive.Contains(referral) && uses.GetValueOrDefault(referral) is { Payment: null } use
                && (byHand ? use.Choice == ReferralChoice.Applies : use.Choice != ReferralChoice.Declined))];

        private void Apply(ReferrerEvent e)
        {
            var after = PaymentDiscounts.After(e, Referrer, payments.Find);
            if (after is not null) payments.Take(after, isQuoted: e is PaymentQuoted);
            foreach (var use in PaymentDiscounts.Uses(e, after)) uses[use.Referral] = use with { Choice = use.Choice ?? uses.GetValueOrDefault(use.Referral).Choice };
        }
    }
}
