using ReferralGrains.Client;

namespace ReferralGrains.Web.Sessions;

/// <summary>Clients of the API, one for each session; the connections are shared.</summary>
public sealed class ApiClients : IDisposable
{
    // A person waits: two repeats, then they are told.
    private static readonly ReferralGrainsClientOptions patience = new() { Retries = 2 };

    private readonly SocketsHttpHandler connections = new() { UseCookies = false, AllowAutoRedirect = false };
    private readonly HttpClient http, longer;

    /// <param name="options">Where the API is.</param>
    /// <param name="longest">For how long an answer is waited for, where it is waited for no longer than that; HttpClient's own time by default.</param>
    public ApiClients(WebOptions options, TimeSpan? longest = null)
    {
        (http, longer) = (new(connections, false) { BaseAddress = options.ApiAddress }, new(connections, false) { BaseAddress = options.ApiAddress, Timeout = Timeout.InfiniteTimeSpan });
        if (longest is { } time) http.Timeout = time;
    }

    public ReferralGrainsClient For(string key) => new(http, key, patience);

    /// <summary>
    /// For a question that takes as long as there is history, as a check of the books does; whoever asks ends it.
    /// </summary>
    public ReferralGrainsClient ForPage(string key) => new(longer, key, patience);

    /// <summary>Null when the key opens nothing.</summary>
    public async Task<Session?> SignIn(string key, CancellationToken stop)
    {
        try
        {
            return Session.Of(key, await For(key).GetSessionAsync(stop));
        }
        catch (ReferralGrainsException refused) when (refused.Problem.Status is 401 or 403)
        {
            return null;
        }
        catch (FormatException)
        {
            return null; // Not even a header can hold it.
        }
    }

    public void Dispose()
    {
        http.Dispose();
        longer.Dispose();
        connections.Dispose();
    }
}
