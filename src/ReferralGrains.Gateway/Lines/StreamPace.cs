namespace ReferralGrains.Gateway.Lines;

/// <summary>
/// How quickly streams may take lines while somebody waits for the answer to a single action: as quickly as leaves that answer quick.
/// A window does not do it, for streams that have little under way keep the cores as busy as others do. While nobody sends single
/// actions, or each is answered well, streams go as they like; one that begins while somebody does takes what is free step by step. It knows
/// the callers of its own gateway only.
/// </summary>
internal sealed class StreamPace(TimeProvider time)
{
    /// <summary>Whatever others wait, streams go on together with so many lines a second.</summary>
    public const double Least = 2_000;

    /// <summary>An answer is quick enough in this time, or in <see cref="Times"/> the time of the quickest, where commits take longer.</summary>
    public static readonly TimeSpan Quick = TimeSpan.FromMilliseconds(10);

    public const int Times = 3;

    /// <summary>How long answers are looked at before the pace changes.</summary>
    public static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);

    /// <summary>Nobody sends single actions when none was answered for so long, and nobody streams when no line was taken.</summary>
    public static readonly TimeSpan Remembered = TimeSpan.FromSeconds(1);

    // By as much as answers are too slow, within these: whoever calls when streams are under way is not to wait until they have slowed down bit by bit.
    private const double MuchSlower = 0.5;
    private const double Slower = 0.8;

    // For each look's time, however rarely single actions come.
    private const double Faster = 1.05;

    // What was the quickest is so by a little less each time, so that a database that became slower is taken as it is.
    private const double Forgotten = 1.02;

    private readonly Lock gate = new();
    private double perSecond = double.PositiveInfinity;
    private TimeSpan quickest = TimeSpan.MaxValue;
    private TimeSpan slowest;
    private long taken;
    private long began;
    private long answeredAt;
    private long tookAt;

    /// <summary>For <see cref="Answered"/>.</summary>
    public long Now => time.GetTimestamp();

    /// <summary>A single action is answered, which was asked then.</summary>
    public void Answered(long asked)
    {
        var now = Now;
        var after = time.GetElapsedTime(asked, now);
        lock (gate)
        {
            answeredAt = now;
            if (after > slowest) slowest = after;
            if (after < quickest) quickest = after;
            var looked = time.GetElapsedTime(began, now);
            if (looked < Look) return;
            if (looked < Remembered) Change(taken / looked.TotalSeconds, looked / Look);
            (began, taken, slowest) = (now, 0, TimeSpan.Zero);
        }
    }

    /// <summary>Streams took lines.</summary>
    /// <returns>How many a second all of them may take together; infinite when they go as they like.</returns>
    public double Took(int lines)
    {
        lock (gate)
        {
            var now = Now;
            if (time.GetElapsedTime(answeredAt, now) >= Remembered) perSecond = double.PositiveInfinity;
            else if (time.GetElapsedTime(tookAt, now) >= Remembered) perSecond = Least;
            (taken, tookAt) = (taken + lines, now);
            return perSecond;
        }
    }

    private void Change(double actual, double looks)
    {
        quickest = quickest < TimeSpan.MaxValue / 2 ? quickest * Forgotten : quickest;
        var goal = quickest * Times > Quick ? quickest * Times : Quick;
        if (slowest > goal) perSecond = Math.Max(Least, Math.Min(perSecond, actual) * Math.Clamp(goal / slowest, MuchSlower, Slower));
        else perSecond *= Math.Pow(Faster, looks);
    }
}
