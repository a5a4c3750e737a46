using System.Collections.Immutable;
using ReferralGrains.Domain.Discounts;
using ReferralGrains.Domain.Identity;

namespace ReferralGrains.Domain.Programs;

/// <summary>A referral program: its currency, its time zone and every version of its rules.</summary>
/// <param name="Revision">Moves with every change; a decision made on an older revision is not committed.</param>
/// <param name="TimeZone">IANA name; a bare date in a rule is a day there (R6).</param>
/// <param name="Disabled">Nobody new is taken in; what exists goes on (S1).</param>
/// <param name="NewCustomer">Off a referee's first invoice; each referral keeps what was in force when it was attributed (S4, S7).</param>
/// <param name="Payment">Off the referrers' own payments (G2).</param>
/// <param name="ShareUrl">Where referees sign up, with {code} in the place of the referrer's code (S2).</param>
public sealed record ProgramTerms(
    StreamId Stream,
    CallerId Id,
    string Name,
    string Currency,
    string TimeZone,
    int Revision,
    ImmutableArray<Rule> Rules,
    bool Disabled = false,
    Discount? NewCustomer = null,
    PaymentDiscount? Payment = null,
    string? ShareUrl = null)
{
    /// <summary>
    /// Whether any rule is decided with what all of the referrer's referrals have done: a version of it has tiers, gathers referrals or
    /// groups rewards, or it has a budget. From then on every sale and approval counts towards the referrer's tally (D6).
    /// </summary>
    public bool NeedsReferrer
    {
        get
        {
            // Asked every time: what a record keeps in a field, `with` copies, and a published rule would not show.
            foreach (var rule in Rules)
            {
                if (rule.State.Budget is not null) return true;
                foreach (var version in rule.Versions)
                    if (version.Terms.NeedsReferrer) return true;
            }

            return false;
        }
    }

    /// <summary>Whether any rule, in any version, gathers first sales: then rewards may change by what others say (H9).</summary>
    public bool GathersSales
    {
        get
        {
            foreach (var rule in Rules)
                foreach (var version in rule.Versions)
                    if (version.Terms is { Trigger: Trigger.EveryNReferrals, IsOfFirstSale: true }) return true;
            return false;
        }
    }

    /// <summary>Whether any rule has a budget that all referrers share: then the program decides (X5).</summary>
    public bool NeedsProgram
    {
        get
        {
            foreach (var rule in Rules)
                if (rule.State.Budget is { Per: BudgetPer.Program }) return true;
            return false;
        }
    }

    /// <summary>Whether any rule has a budget that each referrer has for itself (X5).</summary>
    public bool BudgetsReferrers
    {
        get
        {
            foreach (var rule in Rules)
                if (rule.State.Budget is { Per: BudgetPer.Referrer }) return true;
            return false;
        }
    }

    /// <summary>The most rewards that one sale can earn: each rule gives one, or one for each of its tiers (D7), in whatever version.</summary>
    public int MostRewardsOfASale => Rules.Sum(rule => rule.Versions.Max(version => Math.Max(1, version.Terms.Tiers.Length)));

    public Rule Rule(int number) => Rules[number - 1];

    public Rule? Rule(CallerId id) => Rules.FirstOrDefault(rule => rule.Id == id);

    public RewardRule Terms(int rule, int version) => Rules[rule - 1].Versions[version - 1].Terms;
}
