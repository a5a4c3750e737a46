namespace ReferralGrains.Domain.Referrers;

/// <summary>A referrer's code, as it is kept: people enter it, so case and surrounding blanks do not matter (V1).</summary>
public static class ReferralCode
{
    /// <summary>What codes are made of: nothing that is mixed up on the phone.</summary>
    public const string Letters = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

    public static string Normal(string entered) => entered.Trim().ToUpperInvariant();
}
