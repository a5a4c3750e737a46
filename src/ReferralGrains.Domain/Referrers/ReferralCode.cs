namespace ReferralGrains.Domain.Referrers;

/// <summary>A referrer's code, as it is kept: people enter it, so case and surrounding blanks do not matter (V1).</summary>
public static class ReferralCode
{
    /// <summary>What codes are made of: nothing that is mixed up in print or on the phone, 0 and O, or 1, I and L (V1).</summary>
    public const string Letters = "ABCDEFGHJKMNPQRSTUVWXYZ23456789";

    /// <summary>Of one that is made: of 31 letters, this is the least that nobody guesses, 54 bits.</summary>
    public const int Made = 11;

    public const int MinChosen = 4;
    public const int MaxChosen = 32;

    /// <summary>Whether somebody may choose it: letters, digits and hyphens that people can say.</summary>
    /// <param name="normal">As it would be kept.</param>
    public static bool MayBeChosen(string normal) =>
        normal.Length is >= MinChosen and <= MaxChosen && normal.All(static c => c is (>= 'A' and <= 'Z') or (>= '0' and <= '9') or '-') && normal[0] != '-' && normal[^1] != '-';

    public static string Normal(string entered) => entered.Trim().ToUpperInvariant();
}
