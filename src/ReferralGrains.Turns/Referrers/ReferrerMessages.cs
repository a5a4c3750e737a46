using System.Collections.Immutable;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Referrals;

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
