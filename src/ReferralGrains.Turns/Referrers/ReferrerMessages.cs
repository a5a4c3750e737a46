using System.Collections.Immutable;
using System.Diagnostics;
using ReferralGrains.Domain.Flags;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Money;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Referrers;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Referrers;
using ReferralGrains.Turns.Referrals;

namespace ReferralGrains.Turns.Referrers;

/// <summary>Makes a referrer and issues its code, or the one that it chose (V1). The same content again is a repeat; other content is a conflict.</summary>
public sealed record CreateReferrer(
    string? Email, string? Name, ImmutableArray<string> Tags, bool CashOptIn, string? StripeCustomerId, string? Code = null) : ICommand<ReferrerReply>;

/// <summary>What is null stays.</summary>
/// <param name="NoEmail">Takes the address away.</param>
/// <param name="NoName">Likewise.</param>
/// <param name="NoStripeCustomer">Likewise.</param>
public sealed record ChangeReferrer(
    string? Email, string? Name, ImmutableArray<string>? Tags, bool? CashOptIn, string? StripeCustomerId, string? Code = null,
    bool NoEmail = false, bool NoName = false, bool NoStripeCustomer = false) : ICommand<ReferrerReply>;

/// <summary>No new accrual (D18).</summary>
/// <param name="Forfeits">What is payable is given up, and from now on what becomes payable: sent again, what has since. Otherwise it waits to be paid.</param>
public sealed record CloseReferrer(string? Reason, string By, bool Forfeits = false) : ICommand<ReferrerReply>;

/// <summary>Somebody looked at a flag on the referrer (X9).</summary>
public sealed record ResolveReferrerFlag(FlagKind Kind, bool Confirmed, string? Reason, string By) : ICommand<ReferrerReply>;

/// <summary>Grants or revokes eligibility for a rule that is granted by hand (H1).</summary>
public sealed record GrantRule(CallerId Program, CallerId Rule, bool Granted, string By) : ICommand<ReferrerReply>;

/// <summary>Lets all that waits in a group of the referrer go, whatever its sum is (H14).</summary>
/// <param name="Asset">Only what waits of this one; null for all.</param>
public sealed record ReleaseGroup(CallerId Program, CallerId Rule, Asset? Asset, string By) : ICommand<ReferrerReply>;

/// <summary>
/// From a referrer, with what it keeps for a program in which all referrers share a budget: turns of its referrals, to be decided with that
/// budget and committed with it in one append while they wait (X5).
/// </summary>
public sealed record DecideReferrals(
    StreamId Stream, Referrer State, ReferrerFacts Facts, ImmutableArray<DecideReferral> Turns) : ICommand<ReferralsDecided>;

/// <param name="Outcome">How the append ended; if it did not hold, there are no replies.</param>
/// <param name="State">The referrer as it is then, of which only what it keeps for this program is there.</param>
public sealed record ReferralsDecided(AppendOutcome Outcome, ImmutableArray<ReferralDecided> Replies, Referrer? State);

/// <summary>Books an entry by hand (X6). The same again is a repeat, for ever; other content, or another referrer, is a conflict.</summary>
public sealed record BookEntry(EntryBooked Entry) : ICommand<BookedReply>;

/// <summary>Redeems something of what is payable. Repeats as <see cref="BookEntry"/>.</summary>
public sealed record SpendAsset(AssetSpent Spent) : ICommand<BookedReply>;

/// <param name="Booked">What is on record under the id; null when it was refused.</param>
public sealed record BookedReply(Refusal? Refusal, bool Duplicate, BookedEvent? Booked)
{
    public static BookedReply Refused(BookRefusal why) => new(
        why switch
        {
            BookRefusal.ReferrerMissing => new(RefusalKind.NotFound, "referrer_not_found", Field.ReferrerId, "There is no such referrer."),
            BookRefusal.ReferrerClosed => new(RefusalKind.Conflict, "referrer_closed", Field.Id, "This referrer is closed."),
            BookRefusal.NotSpendable =>
                new(RefusalKind.Senseless, "asset_not_spendable", Field.Asset, "Cash is paid out and items are handed over; credit, points, services and coupons are spent."),
            BookRefusal.BalanceInsufficient => new(RefusalKind.Senseless, "balance_insufficient", Field.AmountMinor, "Less of the asset is payable."),
            _ => throw new UnreachableException(),
        }, false, null);
}

/// <param name="Changed">False when there was nothing to change: for a creating call, a repeat.</param>
public sealed record ReferrerReply(Refusal? Refusal, bool Changed, StreamId Stream);
