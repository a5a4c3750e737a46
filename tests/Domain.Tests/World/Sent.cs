using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Explanations;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Referrals;

namespace ReferralGrains.Domain.Tests.World;

/// <summary>An action that was sent: what the turn answered and what came of it. There is no outcome of a refused one.</summary>
public sealed record Sent(Decision Decision, ActionOutcome? Outcome)
{
    public ActionStatus Status => Outcome!.Status;

    public DecisionCode Code => Outcome!.Reason ?? Assert.Single(Outcome.Decisions).Code;

    public IEnumerable<DecisionCode> Codes => Outcome!.Decisions.Select(decision => decision.Code);

    public DecisionOutcome Only => Assert.Single(Outcome!.Decisions);

    /// <summary>Given, or with a minus taken back.</summary>
    public long Minor => Outcome!.Decisions.Sum(decision => decision.Minor);

    public long Reward => Only.Reward!.Value;

    public Refusal Refusal => Assert.IsType<Decision.Refused>(Decision).Why;

    public IReadOnlyList<string> Lines(ProgramTerms program, int decision = 0) =>
        [.. Because.Lines(Outcome!.Decisions[decision], Outcome, program)];
}
