using ReferralGrains.Domain.Identity;
using ReferralGrains.Gateway.Access;
using ReferralGrains.Gateway.Json;
using ReferralGrains.Gateway.Problems;
using ReferralGrains.Storage.Facts;

namespace ReferralGrains.Gateway.Programs;

/// <summary>Which program a rule is of: its id is unique in its tenant.</summary>
internal sealed class RulePrograms(IFacts facts)
{
    /// <summary>The rule of a path, and its program; a <c>program_id</c> that says another program finds nothing.</summary>
    public async Task<(CallerId Program, CallerId Rule)> Resolve(HttpContext context, string rule)
    {
        if (!CallerId.IsValid(rule) || await facts.ProgramOfRule(context.Caller().Tenant, new(rule), context.RequestAborted) is not { } program) throw Missing();
        return context.Single("program_id") is { } named && named != program.Value ? throw Missing() : (program, new(rule));
    }

    private static ProblemException Missing() => Problem.NotFound("rule", "rule_id").AsException();
}
