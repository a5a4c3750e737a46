namespace ReferralGrains.Domain.Flags;

/// <summary>Why somebody should look at a referral or at a referrer (X9). The numbers are in the journal and in ids.</summary>
public enum FlagKind
{
    /// <summary>A referral that looks like the referrer's own (D16). While it is flagged its rewards are pending.</summary>
    SelfReferral = 1,

    /// <summary>A referrer whose e-mail address another had first. While it is flagged no new payout item is made for it.</summary>
    SharedEmail = 2,

    /// <summary>A referrer whose payout account, or the customer whose credit it is, another had first. Likewise.</summary>
    SharedPayoutAccount = 3,

    /// <summary>A referrer to whom more referees were attributed in an hour than is usual. Likewise.</summary>
    ManyAttributions = 4,
}

/// <summary>What became of a flag.</summary>
public enum FlagState
{
    /// <summary>There is none.</summary>
    None = 0,

    /// <summary>Nobody has looked yet.</summary>
    Open = 1,

    /// <summary>Somebody has looked, and all is well.</summary>
    Cleared = 2,

    /// <summary>Somebody has looked, and it is what it looks like.</summary>
    Confirmed = 3,
}

/// <summary>What the state of a flag means for what it is about.</summary>
public static class FlagStates
{
    /// <summary>Whether it holds back what it is about.</summary>
    public static bool Stops(this FlagState state) => state is FlagState.Open or FlagState.Confirmed;
}
