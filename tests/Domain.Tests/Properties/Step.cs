using ReferralGrains.Domain.Tests.World;

namespace ReferralGrains.Domain.Tests.Properties;

/// <summary>One step of a random history. Numbers that point at something are taken modulo what is there.</summary>
public abstract record Step
{
    private Step()
    {
    }

    /// <summary>An action of a referee; what it is about is of that referee too, sent already or not yet.</summary>
    public sealed record Send(int Referee, Draft Draft) : Step;

    /// <summary>An earlier action of the history, sent again as it was.</summary>
    public sealed record Repeat(int Action) : Step;

    /// <summary>An earlier action's id with other content.</summary>
    public sealed record Contradict(int Action) : Step;

    public sealed record Refer(int Referee) : Step;

    public sealed record Release(int Referee, int Reward) : Step;

    public sealed record Cancel(int Referee, int Reward) : Step;

    public sealed record Adjust(int Referee, int Enrollment, long? MaxAmount, int? MaxCount) : Step;

    public sealed record Pass(int Hours) : Step;
}
