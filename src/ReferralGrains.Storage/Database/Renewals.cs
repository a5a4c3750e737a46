using System.Collections.Concurrent;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Storage.Database;

/// <summary>
/// Reads what is kept again while it may still be used, each by one at a time. Else all who come once it is too old would wait for the database,
/// and with what is kept for a second that is everybody, once a second.
/// </summary>
/// <param name="read">Reads one again, and keeps what it read.</param>
internal sealed class Renewals<TKey>(Func<TKey, Task> read)
    where TKey : notnull
{
    private readonly ConcurrentDictionary<TKey, bool> underWay = new();

    /// <summary>Half of the time that it may be used has passed, or more: from then on it is worth a query.</summary>
    public static bool IsDue(TimeSpan age, TimeSpan term) => age > term / 2;

    public void Begin(TKey key)
    {
        if (underWay.TryAdd(key, true)) _ = Renew(key);
    }

    private async Task Renew(TKey key)
    {
        try
        {
            await read(key);
        }
        catch (JournalUnavailableException)
        {
            // Who comes when it is too old asks and is told.
        }
        finally
        {
            underWay.TryRemove(key, out _);
        }
    }
}
