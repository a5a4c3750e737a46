using ReferralGrains.Domain.Identity;

namespace ReferralGrains.Domain.Referrals;

/// <summary>Why a referral looks like one of the referrer's own self (D16): flagged for review, never dropped silently.</summary>
public enum SelfReferral
{
    /// <summary>Nothing says so.</summary>
    None = 0,

    /// <summary>Referrer and referee have one id.</summary>
    SameId = 1,

    /// <summary>Referrer and referee have one e-mail address.</summary>
    SameEmail = 2,

    /// <summary>The referee is a referrer as well, and both are paid at one account.</summary>
    SameAccount = 3,
}

/// <summary>Finds out whether a referral looks like one of the referrer's own self (D16).</summary>
public static class SelfReferrals
{
    /// <param name="refereeEmail">As it was sent with the attribution, if it was.</param>
    public static SelfReferral Of(CallerId referrer, string? referrerEmail, CallerId referee, string? refereeEmail) =>
        referrer == referee ? SelfReferral.SameId
        : referrerEmail is not null && refereeEmail is not null && Mailbox(referrerEmail) == Mailbox(refereeEmail) ? SelfReferral.SameEmail
        : SelfReferral.None;

    /// <summary>As people are told of it.</summary>
    public static string ToWire(this SelfReferral reason) => reason switch
    {
        SelfReferral.SameId => "same_id",
        SelfReferral.SameEmail => "same_email",
        SelfReferral.SameAccount => "same_account",
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, "That is no reason."),
    };

    /// <summary>
    /// The mailbox of an address: case does not matter anywhere that people have theirs, and what follows a plus is the owner's own label.
    /// </summary>
    public static string Mailbox(string email)
    {
        var text = email.Trim().ToLowerInvariant();
        var at = text.LastIndexOf('@');
        var plus = text.IndexOf('+', StringComparison.Ordinal);
        return plus > 0 && plus < at ? text[..plus] + text[at..] : text;
    }
}
