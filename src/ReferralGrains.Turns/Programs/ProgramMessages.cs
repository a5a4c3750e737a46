using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Referrals;

namespace ReferralGrains.Turns.Programs;

/// <summary>Makes a program. The same content again is a repeat; other content is a conflict.</summary>
public sealed record CreateProgram(string Name, string Currency, string TimeZone) : ICommand<ProgramReply>;

/// <summary>A new rule, or a new version of it when its content differs; the same content again is a repeat (S7).</summary>
public sealed record PublishRule(CallerId Id, RewardRule Terms, RuleState State, bool DryRun = false) : ICommand<ProgramReply>;

public sealed record SwitchRule(CallerId Id, bool Enabled, string By) : ICommand<ProgramReply>;

/// <param name="Changed">False when there was nothing to change: for a creating call, a repeat.</param>
/// <param name="Terms">The program after the command; null when it does not exist.</param>
public sealed record ProgramReply(Refusal? Refusal, bool Changed, ProgramTerms? Terms);
