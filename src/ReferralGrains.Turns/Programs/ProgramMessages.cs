using ReferralGrains.Domain.Discounts;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Referrals;

namespace ReferralGrains.Turns.Programs;

/// <summary>Makes a program. The same content again is a repeat; other content is a conflict.</summary>
public sealed record CreateProgram(
    string Name, string Currency, string TimeZone, Discount? NewCustomer = null, PaymentDiscount? Payment = null, string? ShareUrl = null) : ICommand<ProgramReply>;

/// <summary>What is null stays.</summary>
/// <param name="Enabled">false takes in nobody new; what exists goes on (S1).</param>
/// <param name="NoNewCustomer">Takes that discount away.</param>
/// <param name="NoPayment">Likewise.</param>
public sealed record ChangeProgram(
    string? Name, bool? Enabled, Discount? NewCustomer, bool NoNewCustomer, PaymentDiscount? Payment, bool NoPayment, string By, string? ShareUrl = null) : ICommand<ProgramReply>;

/// <summary>A new rule, or a new version of it when its content differs; the same content again is a repeat (S7).</summary>
public sealed record PublishRule(CallerId Id, RewardRule Terms, SentState State, bool DryRun = false) : ICommand<ProgramReply>;

/// <summary>The state of a rule as it was sent.</summary>
/// <param name="Enabled">Null leaves a rule as it is, and a new one enabled: the turn knows which, for it may have been disabled a moment ago.</param>
/// <param name="Budget">Null leaves it as it is (X5).</param>
public sealed record SentState(bool? Enabled = null, DateTimeOffset? From = null, DateTimeOffset? To = null, RuleBudget? Budget = null)
{
    public RuleState Over(RuleState? current) => new(Enabled ?? current?.Enabled ?? true, From, To, Budget ?? current?.Budget);
}

public sealed record SwitchRule(CallerId Id, bool Enabled, string By) : ICommand<ProgramReply>;

/// <param name="Changed">False when there was nothing to change: for a creating call, a repeat.</param>
/// <param name="Terms">The program after the command; null when it does not exist.</param>
public sealed record ProgramReply(Refusal? Refusal, bool Changed, ProgramTerms? Terms);
