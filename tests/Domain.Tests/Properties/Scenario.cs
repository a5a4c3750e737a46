using System.Collections.Immutable;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Domain.Tests.World;

namespace ReferralGrains.Domain.Tests.Properties;

/// <summary>A program and a history of three referees, the third of whom is referred late or never.</summary>
public sealed record Scenario(ImmutableArray<RewardRule> Rules, ImmutableArray<Step> Steps)
{
    public static readonly string[] Referees = ["anna", "bert", "cleo"];

    /// <param name="afterStep">Sees the world after every step.</param>
    /// <param name="decidesTwice">Each command is decided a second time from the same input, which must give the same events.</param>
    public ReferralWorld Run(Action<ReferralWorld>? afterStep = null, bool decidesTwice = false)
    {
        var world = ReferralWorld.Empty([.. Rules]);
        world.DecidesTwice = decidesTwice;
        foreach (var referee in Referees) world.Stream(referee);
        world.Refer("anna").Refer("bert");
        world.Now = ReferralWorld.Start.AddDays(40);
        var sent = new List<Draft>();
        foreach (var step in Steps)
        {
            Take(step, world, sent);
            afterStep?.Invoke(world);
        }

        return world;
    }

    public override string ToString() => string.Join('\n', [$"{Rules.Length} rules:", .. Rules, "steps:", .. Steps]);

    private static void Take(Step step, ReferralWorld world, List<Draft> sent)
    {
        switch (step)
        {
            case Step.Send send:
                var draft = send.Draft.By(Referees[send.Referee]);
                sent.Add(draft);
                world.Send(draft);
                break;
            case Step.Repeat when sent.Count == 0:
            case Step.Contradict when sent.Count == 0:
                break;
            case Step.Repeat repeat:
                world.Send(sent[repeat.Action % sent.Count]);
                break;
            case Step.Contradict contradict:
                world.Send(sent[contradict.Action % sent.Count].Buying("other content"));
                break;
            case Step.Refer refer:
                world.Attribute(Referees[refer.Referee], ReferralWorld.Start);
                break;
            case Step.Release release when Held(world, release.Referee, release.Reward) is { } reward:
                world.Release(reward, Referees[release.Referee]);
                break;
            case Step.Cancel cancel when Held(world, cancel.Referee, cancel.Reward) is { } reward:
                world.CancelReward(reward, Referees[cancel.Referee]);
                break;
            case Step.Adjust adjust when world.State(Referees[adjust.Referee]).Enrollments is { Length: > 0 } enrollments:
                var enrollment = enrollments[adjust.Enrollment % enrollments.Length];
                world.Turn(Referees[adjust.Referee], turn => ReferralCommands.Adjust(
                    turn, enrollment.Number, enrollment.AdjustedBy, new(Limits: new(adjust.MaxCount, adjust.MaxAmount)), "why", "ada"));
                break;
            case Step.Pass pass:
                world.Advance(TimeSpan.FromHours(pass.Hours));
                break;
        }
    }

    private static long? Held(ReferralWorld world, int referee, int reward)
    {
        var holds = world.State(Referees[referee]).Holds;
        return holds.Count == 0 ? null : holds[reward % holds.Count].Reward;
    }
}
