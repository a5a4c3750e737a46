using System.Collections.Immutable;
using ReferralGrains.Domain.Identity;

namespace ReferralGrains.Turns.Payouts;

/// <summary>What became of a request that says that it is Stripe's.</summary>
public enum StripeTold
{
    /// <summary>It is no request of Stripe's for this tenant: nothing of it is believed. Why is for nobody outside.</summary>
    NotBelieved = 0,

    /// <summary>It is written down, now or before, and is looked at soon.</summary>
    Taken = 1,
}

/// <summary>Where Stripe tells what happened. Who answers HTTP knows no secret and no library of Stripe's.</summary>
public interface IStripeDoor
{
    /// <param name="tenant">As the address names it: it may be anything.</param>
    /// <param name="payload">The body as it came, byte for byte.</param>
    /// <param name="signature">The header <c>Stripe-Signature</c>.</param>
    /// <exception cref="Storage.Journal.JournalUnavailableException">It could not be written down: Stripe will tell again.</exception>
    Task<StripeTold> Take(CallerId tenant, ReadOnlyMemory<byte> payload, string? signature, CancellationToken stop);

    /// <summary>Whether Stripe signed a body with one of some secrets, within the last five minutes.</summary>
    bool IsSigned(ReadOnlyMemory<byte> payload, string? signature, ImmutableArray<string> secrets);
}
