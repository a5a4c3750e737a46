using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Gateway.Ids;
using ReferralGrains.Gateway.Programs;
using ReferralGrains.Storage.Reports;

namespace ReferralGrains.Gateway.Enrollments;

internal static class EnrollmentAnswers
{
    public static EnrollmentAnswer Of(ReferralStory story, Enrollment enrollment, ProgramTerms program)
    {
        var terms = TermsOf(enrollment, program);
        return new(
            new EnrollmentName(story.Stream, enrollment.Number).ToString(),
            story.Program,
            story.Referee,
            story.Referrer!.Value,
            program.Rule(enrollment.Rule).Id,
            enrollment.Version,
            enrollment.Deleted ? "deleted" : enrollment.Disabled ? "disabled" : "active",
            enrollment.NetMinor,
            enrollment.Count,
            enrollment.Adjustment is not null and not { Limits: null, Conditions: null, Reward: null, Hold: null },
            RuleWriter.Limits(terms.Limits),
            RuleWriter.Conditions(terms.Conditions),
            new(RuleWriter.Reward(terms.Reward), RuleWriter.Hold(terms.Hold)),
            story.State.ApprovedAt);
    }

    /// <summary>The pinned version, and over it what was adjusted.</summary>
    public static RewardRule TermsOf(Enrollment enrollment, ProgramTerms program)
    {
        var pinned = program.Terms(enrollment.Rule, enrollment.Version);
        return enrollment.Adjustment?.Over(pinned) ?? pinned;
    }
}
