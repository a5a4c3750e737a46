using System.Collections.Concurrent;

namespace ReferralGrains.Web.Sessions;

/// <summary>
/// Tells the pages that a session has open here that somebody has signed out, and lets its ticket open none again: a page that goes at once asks
/// before its browser has heard that the ticket is gone. Another process knows nothing of it: there it ends with its ticket.
/// </summary>
public sealed class SessionEnds(TimeProvider time)
{
    private readonly ConcurrentDictionary<Action, string> open = [];
    private readonly ConcurrentDictionary<string, DateTimeOffset> ended = [];

    /// <param name="session">Its <see cref="Session.Id"/>.</param>
    /// <param name="end">Closes the page.</param>
    public void Opened(string session, Action end) => open[end] = session;

    public void Closed(Action end) => open.TryRemove(end, out _);

    /// <summary>Whether somebody has signed out of it here.</summary>
    public bool HasEnded(string session) => ended.ContainsKey(session);

    public void End(string session)
    {
        // By then every ticket of it has ended by itself.
        var now = time.GetUtcNow();
        foreach (var (other, until) in ended)
            if (until < now) ended.TryRemove(other, out _);
        ended[session] = now + SessionCookie.Term;
        foreach (var (end, of) in open)
            if (of == session) end();
    }
}
