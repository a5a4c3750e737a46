using ReferralGrains.Domain.Programs;

namespace ReferralGrains.Gateway.Programs;

internal static class ProgramAnswers
{
    public static ProgramAnswer Of(ProgramTerms program, bool duplicate = false) => new(
        program.Id,
        program.Name,
        program.Currency,
        program.TimeZone,
        [.. program.Rules.Select(rule => RuleWriter.Answer(program, rule))],
        duplicate ? true : null);
}
