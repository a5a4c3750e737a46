using System.Collections.Immutable;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Gateway.Enrollments;
using ReferralGrains.Gateway.Rewards;
using ReferralGrains.Storage.Reports;

namespace ReferralGrains.Gateway.Referrals;

/// <summary>The page of a referral (R9, S8).</summary>
internal static class ReferralStories
{
    public static ReferralStoryAnswer Answer(ReferralStory story, ProgramTerms program)
    {
        var state = story.State;
        var isThere = state.Status != ReferralStatus.None;
        return new(
            story.Program,
            story.Referee,
            story.Referrer,
            ReferralFields.Word(state.Status),
            isThere ? state.AttributedAt : null,
            ReferralFields.ApprovedAt(state),
            state.Tags,
            state.Active,
            state.ConversionValueMinor,
            Chain(story),
            [.. state.Enrollments.Select(enrollment => EnrollmentAnswers.Of(story, enrollment, program))],
            [.. RewardsOfReferral.All(story).Select(view => RewardAnswers.Of(view, program))],
            [.. state.Parked.Select(parked => new WaitingAction(parked.Action.Id, parked.Waits.ToWire()))]);
    }

    private static ImmutableArray<ChainStep> Chain(ReferralStory story)
    {
        var steps = ImmutableArray.CreateBuilder<ChainStep>();
        foreach (var recorded in story.Events)
            foreach (var step in StepsOf(recorded.Event))
                if (!steps.Any(earlier => earlier.Step == step)) steps.Add(new(step, recorded.At));
        return steps.ToImmutable();
    }

    private static ImmutableArray<string> StepsOf(ReferralEvent e) => e switch
    {
        ReferralAttributed => ["attributed"],
        ReferralApproved => ["approved"],
        SaleDecided sale when sale.Decisions.Any(decision => decision is { Minor: > 0, Held: false }) => ["first_sale", "first_reward", "first_release"],
        SaleDecided sale when sale.Decisions.Any(decision => decision.Minor > 0) => ["first_sale", "first_reward"],
        SaleDecided => ["first_sale"],
        RewardsReleased => ["first_release"],
        _ => [],
    };
}
