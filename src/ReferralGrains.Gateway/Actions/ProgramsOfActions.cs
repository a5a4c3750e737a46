using System.Diagnostics;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Programs;
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

    private async ValueTask Read(CallerId program, ActionOutcome outcome, CancellationToken stop)
    {
        var terms = await facts.Program(tenant, program, stop);
        if (terms is not null && !Covers(terms, outcome))
        {
            // The cache is older than the decision.
            facts.Forget(terms.Stream);
            terms = await facts.Program(tenant, program, stop);
        }

        if (terms is null || !Covers(terms, outcome)) throw new UnreachableException("A decision names a rule that its program does not have.");
        known[program] = Loaded = terms;
    }

    private static bool Covers(ProgramTerms terms, ActionOutcome outcome)
    {
        foreach (var decision in outcome.Decisions)
            if (decision.Rule > terms.Rules.Length || decision.Version > terms.Rule(decision.Rule).Versions.Length) return false;
        return true;
    }
}
