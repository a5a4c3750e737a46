using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using ReferralGrains.Client;

namespace ReferralGrains.Web.Sessions;

/// <summary>An OpenID Connect provider at which people sign in to the console.</summary>
public sealed record SignInProvider
{
    /// <summary>The issuer; its discovery document says all the rest.</summary>
    public required Uri Authority { get; init; }

    public required string ClientId { get; init; }

    /// <summary>Null for a client that the provider knows as public: the code is bound to the browser either way (PKCE).</summary>
    public string? ClientSecret { get; init; }

    /// <summary>What is asked for, so that the claims of the list are in the ID token.</summary>
    public IReadOnlyList<string> Scopes { get; init; } = ["openid", "email"];

    /// <summary>The file of <see cref="SignInKeys"/>, read at each sign-in, so that somebody is let in or kept out without a restart.</summary>
    public required string KeysFile { get; init; }

    /// <summary>As people call it.</summary>
    public string Name => Authority.Host;
}

/// <summary>
/// Signs people in at the provider: the code flow with PKCE, by ASP.NET Core. What it brings home is a session like any other: the key
/// stands in the operator's file, and neither key nor token is ever in the browser.
/// </summary>
internal static partial class ProviderSignIn
{
    /// <summary>Where the way to the provider begins.</summary>
    public const string StartPath = SessionCookie.SignInPath + "/provider";

    private const string Scheme = "provider";
    private const string ReturnPath = SessionCookie.SignInPath + "/returned";

    /// <summary>What the sign-in page says to whoever comes back without a session.</summary>
    public static string? Explain(string? refused, SignInProvider? provider) => refused switch
    {
        _ when provider is null => null,
        "unknown" => $"You have signed in at {provider.Name}, and no key is meant for you here. Ask whoever runs this server to let you in.",
        "ended" => "The key that is meant for you opens nothing any more. Ask whoever runs this server for another.",
        "away" => "The API cannot be reached at this moment. Try again.",
        "unreachable" => $"{provider.Name} cannot be reached at this moment. Try again, or sign in with a key.",
        "failed" => $"Signing in at {provider.Name} did not come to its end. Try again.",
        _ => null,
    };

    public static void AddProvider(this IServiceCollection services, SignInProvider provider) =>
        services.AddAuthentication().AddOpenIdConnect(Scheme, oidc =>
        {
            (oidc.Authority, oidc.ClientId, oidc.ClientSecret) = (provider.Authority.AbsoluteUri, provider.ClientId, provider.ClientSecret);
            oidc.RequireHttpsMetadata = !provider.Authority.IsLoopback;
            (oidc.ResponseType, oidc.UsePkce) = (OpenIdConnectResponseType.Code, true);

            // Back by a link and not by a form of another site, so that the cookies of the way there may be as strict as the session's.
            oidc.ResponseMode = OpenIdConnectResponseMode.Query;
            foreach (var cookie in (CookieBuilder[])[oidc.CorrelationCookie, oidc.NonceCookie]) (cookie.SameSite, cookie.SecurePolicy) = (SameSiteMode.Lax, CookieSecurePolicy.SameAsRequest);
            (oidc.CallbackPath, oidc.SignInScheme) = (ReturnPath, Session.Policy);
            (oidc.MapInboundClaims, oidc.SaveTokens, oidc.DisableTelemetry) = (false, false, true);
            oidc.Scope.Clear();
            foreach (var scope in provider.Scopes) oidc.Scope.Add(scope);
            oidc.Events = new()
            {
                OnRedirectToIdentityProvider = Leave,
                OnTokenValidated = Enter,
                OnRemoteFailure = static failed => Refuse(failed, "failed"),
            };
        });

    public static void MapProvider(this IEndpointRouteBuilder routes, Action<IEndpointConventionBuilder> door) => door(routes.MapGet(StartPath, Start).AllowAnonymous());

    private static async Task Start(HttpContext context, ILogger<SignInProvider> log)
    {
        try
        {
            await context.ChallengeAsync(Scheme, new() { RedirectUri = SessionCookie.Local(context.Request.Query[SessionCookie.ReturnTo]) });
        }
        catch (InvalidOperationException away) when (away.InnerException is not null)
        {
            // So it says that the discovery document was not to be had.
            LogUnreachable(log, away.GetBaseException().Message);
            context.Response.Redirect(Back("unreachable"));
        }
    }

    // The address that the provider knows is the one that browsers see.
    private static Task Leave(RedirectContext leaving)
    {
        var options = leaving.HttpContext.RequestServices.GetRequiredService<WebOptions>();
        var request = leaving.Request;
        leaving.ProtocolMessage.RedirectUri = (options.PublicUrl?.AbsoluteUri.TrimEnd('/') ?? $"{request.Scheme}://{request.Host.ToUriComponent()}") + ReturnPath;
        return Task.CompletedTask;
    }

    private static async Task Enter(TokenValidatedContext arrived)
    {
        var services = arrived.HttpContext.RequestServices;
        var log = services.GetRequiredService<ILogger<SignInProvider>>();
        var file = services.GetRequiredService<WebOptions>().Provider!.KeysFile;
        try
        {
            var keys = SignInKeys.Parse(await File.ReadAllTextAsync(file, arrived.HttpContext.RequestAborted));
            if (SignInKeys.KeyOf(keys, arrived.Principal!) is not { } key)
            {
                LogUnknown(log, file, string.Join(", ", arrived.Principal!.Claims.Select(static claim => claim.Type).Distinct().Order(StringComparer.Ordinal)));
                await Refuse(arrived, "unknown");
            }
            else if (await services.GetRequiredService<ApiClients>().SignIn(key, arrived.HttpContext.RequestAborted) is not { } session)
            {
                LogEnded(log, file);
                await Refuse(arrived, "ended");
            }
            else
            {
                arrived.Principal = session.ToPrincipal();

                // Whom the provider does not know any more is out after a term, however much they look around.
                arrived.Properties!.AllowRefresh = false;
            }
        }
        catch (Exception unread) when (unread is FormatException or IOException or UnauthorizedAccessException)
        {
            LogUnreadable(log, file, unread.Message);
            await Refuse(arrived, "failed");
        }
        catch (Exception away) when (away is ReferralGrainsException or HttpRequestException)
        {
            await Refuse(arrived, "away");
        }
    }

    private static Task Refuse<TOptions>(HandleRequestContext<TOptions> context, string why)
        where TOptions : AuthenticationSchemeOptions
    {
        context.Response.Redirect(Back(why));
        context.HandleResponse();
        return Task.CompletedTask;
    }

    private static string Back(string why) => $"{SessionCookie.SignInPath}?refused={why}";

    [LoggerMessage(LogLevel.Warning, "The provider at which people sign in cannot be reached: {Failure}")]
    private static partial void LogUnreachable(ILogger log, string failure);

    [LoggerMessage(LogLevel.Warning, "Somebody has signed in at the provider for whom {File} has no line; the ID token has the claims {Claims}.")]
    private static partial void LogUnknown(ILogger log, string file, string claims);

    [LoggerMessage(LogLevel.Warning, "A key in {File} opens nothing any more.")]
    private static partial void LogEnded(ILogger log, string file);

    [LoggerMessage(LogLevel.Error, "{File} cannot be read, so nobody comes in by the provider: {Failure}")]
    private static partial void LogUnreadable(ILogger log, string file, string failure);
}
