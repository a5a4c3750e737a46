using System.Collections.Frozen;
using ReferralGrains.Domain.Actions;

namespace ReferralGrains.Domain.Explanations;

/// <summary>What each decision code means, in one English sentence for a person in finance. The only table of such texts.</summary>
public static class DecisionTexts
{
    private static readonly FrozenDictionary<DecisionCode, string> Texts = new Dictionary<DecisionCode, string>
    {
        [DecisionCode.Rewarded] = "The action met every condition and was rewarded.",
        [DecisionCode.ReferralMissing] = "Nobody is known to have referred this referee yet; the action takes effect by itself when the referral comes.",
        [DecisionCode.ReferralPending] = "The referral is not approved yet; the action takes effect by itself when it is.",
        [DecisionCode.ReferralCancelled] = "The referral was cancelled, so nothing accrues any more.",
        [DecisionCode.ReferrerClosed] = "The referrer is closed, so nothing accrues any more.",
        [DecisionCode.EnrollmentDisabled] = "This enrollment was disabled by hand.",
        [DecisionCode.RuleDisabled] = "The rule was disabled when the action was taken in.",
        [DecisionCode.RuleInactive] = "The rule was outside its active dates when the action was taken in.",
        [DecisionCode.CurrencyMismatch] = "The action is in another currency than the program.",
        [DecisionCode.BeforeApproval] = "The action occurred before the referral was approved.",
        [DecisionCode.WindowClosed] = "The action occurred after the enrollment's window had closed.",
        [DecisionCode.OutsideEventRange] = "The action occurred outside the rule's event dates.",
        [DecisionCode.NotFirst] = "Only the referee's first sale above zero can be rewarded, and this is not it.",
        [DecisionCode.ReferrerNotEligible] = "The referrer is not eligible: the rule was not granted.",
        [DecisionCode.ReferrerTag] = "The referrer's tags do not meet the rule's condition.",
        [DecisionCode.RefereeTag] = "The referee's tags do not meet the rule's condition.",
        [DecisionCode.BelowThreshold] = "The value does not exceed the rule's threshold.",
        [DecisionCode.Product] = "None of the action's products is one that the rule rewards.",
        [DecisionCode.Attributes] = "The action's attributes do not meet the rule's condition.",
        [DecisionCode.NoTier] = "The referrer's tally is in no tier.",
        [DecisionCode.TierPaid] = "The tier that holds the referrer's tally was paid before, and each is paid once.",
        [DecisionCode.OtherRuleDecided] = "Another rule of the same group decided.",
        [DecisionCode.AmountMissing] = "The reward is computed from an amount that is missing, so it is zero.",
        [DecisionCode.CountCap] = "The enrollment has had its maximum number of rewards.",
        [DecisionCode.AmountCap] = "The reward does not fit under the enrollment's maximum amount.",
        [DecisionCode.ReferrerBudget] = "The rule's budget for one referrer is used up in the month of the sale.",
        [DecisionCode.ProgramBudget] = "The rule's budget for all referrers is used up in the month of the sale.",
        [DecisionCode.ZeroReward] = "Every condition was met, but the reward comes to zero, and zero is no reward.",
        [DecisionCode.SaleMissing] = "The action that it is about, or the chargeback that it won, has not arrived yet; it takes effect by itself when it does.",
        [DecisionCode.TakenBack] = "A share of the recorded reward was taken back.",
        [DecisionCode.NothingToTakeBack] = "There was nothing left to take back.",
        [DecisionCode.GivenBack] = "What had been taken back was given back.",
        [DecisionCode.NothingToGiveBack] = "There was nothing to give back, or no room for it under the cap.",
        [DecisionCode.Gathered] = "The referral counts towards the next reward for several.",
        [DecisionCode.RoundChanged] = "The reward that several first sales earned together changes by this one's share, with the sale that completed them.",
        [DecisionCode.NotEnrolled] = "The referral is enrolled in no rule: none was in force when it was approved, or its enrollments were ended.",
    }.ToFrozenDictionary();

    public static string Of(DecisionCode code) => Texts[code];
}
