using System.Collections.Concurrent;

namespace ReferralGrains.Web.Sessions;

/// <summary>
/// Tells the pages that a session has open here that somebody has signed out. A page holds the key as long as it is open, and another
/// process knows nothing of it: there it ends with its ticket.
/// </summary>
public sealed class SessionEnds
{
    private readonly ConcurrentDictionary<Action, string> open = [];

    /// <param name="session">Its <see cref="Session.Id"/>.</param>
    /// <param name="end">Closes the page.</param>
    public void Opened(string session, Action end) => open[end] = session;

    public void Closed(Action end) => open.TryRemove(end, out _);

    public void End(string session)
    {
        foreach (var (end, of) in open)
            if (of == session) end();
    }
}
