using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Gateway.Programs;
using ReferralGrains.Storage.Facts;

namespace ReferralGrains.Gateway.Actions;

/// <summary>The terms that answers name their rules by. Versions never change, so terms that have them stay good for a whole stream.</summary>
internal sealed class ProgramsOfActions(IFacts facts, int tenant)
{
    private readonly Dictionary<CallerId, ProgramTerms> known = [];

    /// <summary>Of the action that was loaded last.</summary>
    public ProgramTerms Loaded { get; private set; } = null!;

    public ValueTask Load(CallerId program, ActionOutcome outcome, CancellationToken stop)
    {
        if (Loaded is not null && Loaded.Id == program && Covers(Loaded, outcome)) return ValueTask.CompletedTask;
        if (!known.TryGetValue(program, out var terms) || !Covers(terms, outcome)) return Read(program, outcome, stop);
        Loaded = terms;
        return ValueTask.CompletedTask;
    }

    private async ValueTask Read(CallerId program, ActionOutcome outcome, CancellationToken stop) =>
        known[program] = Loaded = await facts.ProgramCovering(tenant, program, terms => Covers(terms, outcome), stop);

    private static bool Covers(ProgramTerms terms, ActionOutcome outcome)
    {
        foreach (var decision in outcome.Decisions)
            if (!terms.Has(decision.Rule, decision.Version)) return false;
        return true;
    }
}
