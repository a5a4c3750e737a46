using System.Collections.Immutable;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Storage.Reports;

/// <summary>A referral's stream as a report sees it: folded by the domain's own fold.</summary>
internal sealed class FoldedStream(StreamId stream, CallerId program, CallerId referee)
{
    private readonly ImmutableArray<Recorded>.Builder events = ImmutableArray.CreateBuilder<Recorded>();

    public StreamId Stream => stream;

    public CallerId Program => program;

    public CallerId Referee => referee;

    public Referral State { get; private set; } = Referral.None;

    public ImmutableArray<Recorded> Events => events.ToImmutable();

    public bool IsEmpty => events.Count == 0;

    public void Add(StoredRow row)
    {
        var recorded = new Recorded(row.Seq, row.At, row.Decode<ReferralEvent>());
        State = ReferralFold.Evolve(State, row.At, recorded.Event);
        events.Add(recorded);
    }

    /// <summary>Whether rewards wait in groups of the referrer, which may have been released since the referral's last turn (H14).</summary>
    public bool IsGrouped
    {
        get
        {
            foreach (var hold in State.Holds)
                if (hold.Group > 0) return true;
            return false;
        }
    }

    /// <summary>What waits in groups, where <see cref="IsGrouped"/>.</summary>
    public IReadOnlyList<WaitingGroup> Groups { get; private set; } = [];

    /// <summary>Lets go of what waits in groups that were released.</summary>
    public void Settle(IReadOnlyList<WaitingGroup> groups)
    {
        Groups = groups;
        State = State with { Holds = State.Holds.Without(State.Holds.Where(IsReleased).Select(static hold => hold.Reward).ToHashSet()) };
    }

    private bool IsReleased(OpenHold hold)
    {
        if (hold.Group == 0) return false;
        var rule = State.Enrollments[hold.Enrollment - 1].Rule;
        foreach (var waiting in Groups)
            if (waiting.Referrer == hold.Referrer && waiting.Program == program && waiting.Group.Rule == rule && waiting.Group.Asset == hold.Asset)
                return waiting.Group.Number > hold.Group;
        return false;
    }
}
