namespace ReferralGrains.Domain.Referrals;

/// <summary>A reward inside its referral's stream: the event that decided it, and which of that event's decisions.</summary>
public readonly record struct RewardId(int Seq, int Number)
{
    /// <summary>One number for both, ascending in the order in which rewards were given.</summary>
    public long Key => ((long)Seq << 16) | (uint)Number;

    public static RewardId FromKey(long key) => new((int)(key >> 16), (int)(key & 0xFFFF));
}
