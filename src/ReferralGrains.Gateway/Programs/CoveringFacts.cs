using System.Diagnostics;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Storage.Facts;

namespace ReferralGrains.Gateway.Programs;

internal static class CoveringFacts
{
    /// <summary>
    /// A program whose terms have what a recorded decision names. Facts come through a cache that may be older than the decision;
    /// versions never change, so terms that cover it are right whatever came after.
    /// </summary>
    public static async ValueTask<ProgramTerms> ProgramCovering(
        this IFacts facts, int tenant, CallerId id, Func<ProgramTerms, bool> covers, CancellationToken stop)
    {
        var terms = await facts.Program(tenant, id, stop);
        if (terms is not null && !covers(terms))
        {
            facts.Forget(terms.Stream);
            terms = await facts.Program(tenant, id, stop);
        }

        return terms is not null && covers(terms) ? terms : throw new UnreachableException("A decision names a rule that its program does not have.");
    }

    public static bool Has(this ProgramTerms terms, int rule, int version) =>
        rule <= terms.Rules.Length && version <= terms.Rule(rule).Versions.Length;
}
