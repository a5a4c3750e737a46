using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Gateway.Json;
using ReferralGrains.Gateway.Problems;
using ReferralGrains.Gateway.Programs;
using ReferralGrains.Gateway.Referrers;
using ReferralGrains.Turns.Referrals;

namespace ReferralGrains.Gateway.Referrals;

internal static class ReferralFields
{
    private const int MaxCode = 64;

    /// <summary>Checks what the types of the fields do not say.</summary>
    public static void Check(NewReferral body)
    {
        if (body.ReferrerId is null == string.IsNullOrEmpty(body.Code))
        {
            throw (body.ReferrerId is null
                ? Problem.MissingField("referrer_id")
                : Problem.InvalidField("code", "Either referrer_id or code is expected, not both.")).AsException();
        }

        Text.Of(body.Code, "code", MaxCode);
        ReferrerFields.Email(body.RefereeEmail, "referee_email");
        Text.Of(body.StripeCustomerId, "stripe_customer_id", 200);
        RewardParser.Range(body.ConversionValueMinor, 0, AmountLimits.MaxMinor, "conversion_value_minor");
        if (!IsApproved(body) && body.ApprovedAt is not null)
            throw Problem.InvalidField("approved_at", "A pending referral has not been approved.").AsException();
    }

    /// <summary>The command that attributes it to a referrer.</summary>
    public static AttributeReferral Attribute(NewReferral body, CallerId referrer) =>
        new(referrer, Tags.Of(body.Tags, "tags"), body.ConversionValueMinor, IsApproved(body), body.ApprovedAt);

    public static ReferralAnswer Answer(CallerId program, CallerId referee, CallerId referrer, Referral state, bool duplicate = false) => new(
        program,
        referee,
        referrer,
        Word(state.Status),
        state.AttributedAt,
        ApprovedAt(state),
        state.Tags,
        state.Active,
        state.ConversionValueMinor,
        duplicate ? true : null);

    /// <summary>Null until it is approved; a referral that was cancelled before has never been.</summary>
    public static DateTimeOffset? ApprovedAt(Referral state) => state.ApprovedAt == default ? null : state.ApprovedAt;

    public static string Word(ReferralStatus status) => status switch
    {
        ReferralStatus.None => "missing",
        ReferralStatus.Pending => "pending",
        ReferralStatus.Approved => "approved",
        ReferralStatus.Cancelled => "cancelled",
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static bool IsApproved(NewReferral body) => body.Status switch
    {
        null or "" or "approved" => true,
        "pending" => false,
        _ => throw Problem.InvalidField("status", "Expected is one of approved, pending.").AsException(),
    };
}
