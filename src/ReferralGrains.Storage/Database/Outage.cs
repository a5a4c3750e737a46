namespace ReferralGrains.Storage.Database;

/// <summary>
/// An outage as one of those who try again and again meets it: worth a line when it begins and one when it is over, not one for each try.
/// </summary>
public sealed class Outage(TimeProvider time)
{
    // 0 while there is none.
    private long since;

    public bool IsOn => Volatile.Read(ref since) != 0;

    /// <summary>How long it has lasted by now; nothing while there is none.</summary>
    public TimeSpan Lasts => Volatile.Read(ref since) is not 0 and var began ? time.GetElapsedTime(began) : TimeSpan.Zero;

    /// <summary>A try failed.</summary>
    /// <returns>Whether it is the first that did.</returns>
    public bool Begin() => Interlocked.CompareExchange(ref since, Math.Max(1, time.GetTimestamp()), 0) == 0;

    /// <summary>A try went well.</summary>
    /// <returns>How long none had; null where none had failed.</returns>
    public TimeSpan? End() => Interlocked.Exchange(ref since, 0) is not 0 and var began ? time.GetElapsedTime(began) : null;
}
