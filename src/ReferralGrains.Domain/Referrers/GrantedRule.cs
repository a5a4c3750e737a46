using ReferralGrains.Domain.Identity;

namespace ReferralGrains.Domain.Referrers;

/// <summary>A rule for which a referrer was made eligible by hand (H1).</summary>
public readonly record struct GrantedRule(StreamId Program, int Rule);
