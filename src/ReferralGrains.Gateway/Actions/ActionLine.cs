using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Identity;

namespace ReferralGrains.Gateway.Actions;

/// <summary>An action that the door let in, and the referral that it is of.</summary>
internal readonly record struct ActionLine(CallerId Program, CallerId Referee, ReferralAction Action);
