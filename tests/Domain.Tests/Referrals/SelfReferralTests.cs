using ReferralGrains.Domain.Referrals;

namespace ReferralGrains.Domain.Tests.Referrals;

public class SelfReferralTests
{
    [Theory]
    [InlineData("rita", null, "rita", null, SelfReferral.SameId)]
    [InlineData("rita", "rita@example.com", "anna", "rita@example.com", SelfReferral.SameEmail)]
    [InlineData("rita", "Rita@Example.com ", "anna", "rITA@example.COM", SelfReferral.SameEmail)]
    [InlineData("rita", "rita@example.com", "anna", "rita+shop@example.com", SelfReferral.SameEmail)]
    [InlineData("rita", "rita@example.com", "anna", "rita@example.org", SelfReferral.None)]
    [InlineData("rita", "+@example.com", "anna", "+x@example.com", SelfReferral.None)]
    [InlineData("rita", "rita@example.com", "anna", null, SelfReferral.None)]
    [InlineData("rita", null, "anna", "anna@example.com", SelfReferral.None)]
    [InlineData("rita", null, "Rita", null, SelfReferral.None)]
    public void D16_one_id_or_one_mailbox_looks_like_a_self_referral(
        string referrer, string? referrerEmail, string referee, string? refereeEmail, SelfReferral expected) =>
        Assert.Equal(expected, SelfReferrals.Of(new(referrer), referrerEmail, new(referee), refereeEmail));
}
