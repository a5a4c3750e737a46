using ReferralGrains.Client;

namespace ReferralGrains.Web.Sessions;

/// <summary>Clients of the API, one for each session; the connections are shared.</summary>
public sealed class ApiClients(WebOptions options) : IDisposable
{
    // A person waits: two repeats, then they are told.
    private static readonly ReferralGrainsClientOptions patience = new() { Retries = 2 };

    private readonly HttpClient http = new(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false }) { BaseAddress = options.ApiAddress };

    public ReferralGrainsClient For(string key) => new(http, key, patience);

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

    public void Dispose() => http.Dispose();
}
