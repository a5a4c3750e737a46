using System.Collections.Immutable;
using ReferralGrains.Domain.Identity;

namespace ReferralGrains.Domain.Discounts;

/// <summary>Whose payment a discount is on. The numbers are in the database and never change.</summary>
public enum DiscountSide
{
    /// <summary>The referee's first invoice (S4).</summary>
    Referee = 1,

    /// <summary>The referrer's own payment (G1).</summary>
    Referrer = 2,
}

/// <summary>What became of a discount on a payment. The numbers are in the database and never change.</summary>
public enum DiscountState
{
    /// <summary>Nothing was taken off, and nothing is kept.</summary>
    None = 0,

    /// <summary>Told before the charge: what it uses is used by nothing else.</summary>
    Quoted = 1,

    /// <summary>The charge went through.</summary>
    Confirmed = 2,

    /// <summary>The charge failed, or nobody told: what it used is free again.</summary>
    Released = 3,
}

/// <summary>Why nothing is taken off. The order is that of the ladder.</summary>
public enum NoDiscount
{
    None = 0,
    ReferralMissing = 1,
    ReferralCancelled = 2,

    /// <summary>The program gave none when the referral was attributed.</summary>
    NotOffered = 3,

    /// <summary>Another payment has it.</summary>
    AlreadyUsed = 4,

    /// <summary>The referee has bought before.</summary>
    NotFirst = 5,
    ReferrerClosed = 6,

    /// <summary>No referral is left whose referee is active.</summary>
    NoReferralLeft = 7,
}

/// <summary>What a person said of a referral. The numbers are in the database.</summary>
public enum ReferralChoice
{
    None = 0,

    /// <summary>It counts where discounts are given by hand.</summary>
    Applies = 1,

    /// <summary>It is used up without a discount: declined, or rewarded by another thing.</summary>
    Declined = 2,
}

/// <summary>What became of a referral by an event.</summary>
/// <param name="Choice">Null leaves what a person said.</param>
/// <param name="Payment">The payment that uses it; null when it waits.</param>
public readonly record struct ReferralUse(StreamId Referral, ReferralChoice? Choice, CallerId? Payment);

/// <summary>What one referral takes off one payment.</summary>
public readonly record struct AppliedReferral(StreamId Referral, long Minor);

/// <summary>A payment that a discount was asked for, as it stands.</summary>
/// <param name="Payment">Unique in the tenant, for each side.</param>
/// <param name="Owner">The referee's referral, or the referrer: only its grain decides on it.</param>
/// <param name="Applied">Of a referrer's own payment, what each referral takes off, in the order in which they were used (G4).</param>
/// <param name="Uses">Whether these referrals are used up by it (G1).</param>
/// <param name="Why">Where nothing is taken off.</param>
public sealed record DiscountedPayment(
    CallerId Payment,
    StreamId Owner,
    StreamId Program,
    long AmountMinor,
    long DiscountMinor,
    DiscountState State,
    ImmutableArray<AppliedReferral> Applied,
    bool Uses = false,
    NoDiscount Why = NoDiscount.None);

/// <summary>
/// The discounted payments that a turn knows: found by id before it decides, then its own. One that is not here has never been asked for.
/// </summary>
public sealed class KnownPayments
{
    // Hardly any turn is about one.
    private Dictionary<CallerId, Known>? byId;

    /// <summary>What the turn has left changed.</summary>
    public IEnumerable<(DiscountedPayment Payment, bool IsNew)> Changed =>
        byId is null ? [] : byId.Values.Where(static known => known.IsChanged).Select(static known => (known.Payment, known.IsNew));

    public DiscountedPayment? Find(CallerId payment) => byId is not null && byId.TryGetValue(payment, out var known) ? known.Payment : null;

    public void Found(DiscountedPayment payment) => (byId ??= []).TryAdd(payment.Payment, new(payment, IsNew: false, IsChanged: false));

    /// <summary>An event has left it like this.</summary>
    /// <param name="isQuoted">By a quote: then it is new unless it was found.</param>
    public void Take(DiscountedPayment payment, bool isQuoted) =>
        (byId ??= [])[payment.Payment] = new(payment, byId.TryGetValue(payment.Payment, out var known) ? known.IsNew : isQuoted, IsChanged: true);

    private readonly record struct Known(DiscountedPayment Payment, bool IsNew, bool IsChanged);
}
