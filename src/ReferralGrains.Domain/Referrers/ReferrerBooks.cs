using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Ledger;
using ReferralGrains.Domain.Money;

namespace ReferralGrains.Domain.Referrers;

/// <summary>What has an id of its own in a tenant, each once and for ever. The numbers are in the database.</summary>
public enum EntryKind
{
    /// <summary>Booked by hand (X6).</summary>
    Manual = 1,

    /// <summary>Redeemed by the referrer.</summary>
    Spend = 2,
}

/// <summary>Why nothing is booked.</summary>
public enum BookRefusal
{
    ReferrerMissing = 1,
    ReferrerClosed = 2,

    /// <summary>Cash is paid out, and items are handed over: neither is spent.</summary>
    NotSpendable = 3,

    /// <summary>Less is payable than would be spent.</summary>
    BalanceInsufficient = 4,
}

/// <summary>
/// What is booked for a referrer beside its rewards: manual entries (X6), and what it spends of credit, points, services and coupons.
/// No cap, tally, step, budget or refund sees any of it.
/// </summary>
public static class ReferrerBooks
{
    /// <summary>Why an entry is not booked; null when it is. A closed referrer earns nothing more; what corrects or settles its balance still goes.</summary>
    public static BookRefusal? Refuses(Referrer state, EntryBooked entry) =>
        state.Status == ReferrerStatus.None ? BookRefusal.ReferrerMissing
        : state.Status == ReferrerStatus.Closed && entry is { Minor: > 0, AlreadyPaid: false } ? BookRefusal.ReferrerClosed
        : null;

    /// <summary>Why nothing is spent; null when it is.</summary>
    /// <param name="payableMinor">What the referrer has of the asset, as far as is known; the commit has the last word.</param>
    public static BookRefusal? Refuses(Referrer state, AssetSpent spent, long payableMinor) =>
        state.Status == ReferrerStatus.None ? BookRefusal.ReferrerMissing
        : state.Status == ReferrerStatus.Closed ? BookRefusal.ReferrerClosed
        : !IsSpendable(spent.Asset) ? BookRefusal.NotSpendable
        : payableMinor < spent.Minor ? BookRefusal.BalanceInsufficient
        : null;

    /// <summary>
    /// The posting of an event; null for one that moves nothing. What is booked by hand is earned and taken back on accounts of the
    /// referrer's own, for no program pays it.
    /// </summary>
    public static Posting? Movement(ReferrerEvent e, StreamId referrer) => e switch
    {
        EntryBooked { AlreadyPaid: true } paid => Posted(referrer, AccountKind.Payable, AccountKind.Paid, paid.Minor, paid.Asset),
        EntryBooked { Minor: > 0 } more => Posted(referrer, AccountKind.Rewards, AccountKind.Payable, more.Minor, more.Asset),
        EntryBooked less => Posted(referrer, AccountKind.Payable, AccountKind.Clawbacks, -less.Minor, less.Asset),
        GroupReleased { Minor: > 0 } released => Posted(referrer, AccountKind.Pending, AccountKind.Payable, released.Minor, released.Asset),
        BalanceForfeited given => Posted(referrer, AccountKind.Payable, AccountKind.Clawbacks, given.Minor, given.Asset),
        AssetSpent spent => Posted(referrer, AccountKind.Payable, AccountKind.Paid, spent.Minor, spent.Asset),
        _ => null,
    };

    private static bool IsSpendable(Asset asset) =>
        asset == Asset.Points || asset.Name.StartsWith("credit:", StringComparison.Ordinal) || asset.Name.StartsWith("service:", StringComparison.Ordinal)
        || asset.Name.StartsWith("coupon:", StringComparison.Ordinal);

    private static Posting Posted(StreamId referrer, AccountKind from, AccountKind to, long minor, Asset asset) =>
        new(new(referrer, from), new(referrer, to), new(minor, asset));
}
