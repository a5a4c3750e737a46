using System.Collections.Immutable;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Turns.Referrals;

namespace ReferralGrains.Turns.Referrers;

/// <summary>Makes a referrer and issues its code (V1). The same content again is a repeat; other content is a conflict.</summary>
public sealed record CreateReferrer(
    string? Email, string? Name, ImmutableArray<string> Tags, bool CashOptIn, string? StripeCustomerId) : ICommand<ReferrerReply>;

/// <summary>What is null stays.</summary>
public sealed record ChangeReferrer(
    string? Email, string? Name, ImmutableArray<string>? Tags, bool? CashOptIn, string? StripeCustomerId) : ICommand<ReferrerReply>;

/// <summary>No new accrual (D18).</summary>
public sealed record CloseReferrer(string? Reason, string By) : ICommand<ReferrerReply>;

/// <summary>Grants or revokes eligibility for a rule that is granted by hand (H1).</summary>
public sealed record GrantRule(CallerId Program, CallerId Rule, bool Granted, string By) : ICommand<ReferrerReply>;

/// <param name="Changed">False when there was nothing to change: for a creating call, a repeat.</param>
public sealed record ReferrerReply(Refusal? Refusal, bool Changed, StreamId Stream);

/// <summary>
/// From an enrollment grain of a tiered program: its turn, with its bounded state, to be decided with the referrer's tally and
/// committed with it in one append while the enrollment waits. Anything else can count a sale that never commits, or pay two jumps.
/// </summary>
public sealed record DecideReferral(
    StreamId Stream,
    CallerId Program,
    Referral State,
    DateTimeOffset Now,
    ImmutableArray<ActionHistory> Known,
    ImmutableArray<PreparedCommand> Commands) : ICommand<ReferralDecided>;

/// <param name="Outcome">How the append ended; if it did not hold, the enrollment refolds and asks again.</param>
/// <param name="State">The referral as it is then.</param>
public sealed record ReferralDecided(AppendOutcome Outcome, ImmutableArray<IReferralReply> Replies, Referral? State);
