namespace ReferralGrains.Storage.Silos;

/// <summary>
/// A moment by two clocks: one that is never set back, and one that goes on while the machine is suspended. How long it is ago is
/// what the longer of the two says, so neither a sleep nor a clock that is set makes something old look fresh.
/// </summary>
public readonly record struct Moment(long Timestamp, DateTimeOffset Wall)
{
    /// <summary>How old what was seen of other grains may be for an answer that writes nothing. A write is checked by its commit instead.</summary>
    public static readonly TimeSpan Recent = TimeSpan.FromSeconds(1);

    public static Moment Now(TimeProvider time) => new(time.GetTimestamp(), time.GetUtcNow());

    public TimeSpan Age(TimeProvider time)
    {
        var (running, wall) = (time.GetElapsedTime(Timestamp), time.GetUtcNow() - Wall);
        return running > wall ? running : wall;
    }

    /// <summary>Whether it is after another, and not before it by the other clock.</summary>
    public bool IsSince(Moment other) => Timestamp > other.Timestamp && Wall >= other.Wall;

    public bool IsRecent(TimeProvider time) => Age(time) < Recent;
}
