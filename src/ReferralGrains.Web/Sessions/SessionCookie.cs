using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace ReferralGrains.Web.Sessions;

/// <summary>A session is a sealed ticket in a cookie that no script can read. Whether its key still opens anything shows at its next call.</summary>
public static class SessionCookie
{
    public const string SignInPath = "/console/sign-in";
    public const string ReturnTo = "to";

    /// <summary>A working day. A page that is loaded in its second half begins another.</summary>
    internal static readonly TimeSpan Term = TimeSpan.FromHours(12);

    /// <summary>The key of the session that a browser shows, or null.</summary>
    public static async Task<string?> KeyOf(HttpContext context) =>
        (await context.AuthenticateAsync(Session.Policy)) is { Succeeded: true, Principal: { } person } ? Session.Of(person)?.Key : null;

    /// <summary>Where a person wanted to go: only to pages of ours.</summary>
    public static string Local(string? path) =>
        path is not null && (path.StartsWith("/console", StringComparison.Ordinal) || path.StartsWith("/ops", StringComparison.Ordinal)) && !path.Contains('\\', StringComparison.Ordinal)
            ? path
            : "/console";

    internal static void AddSessionCookie(this IServiceCollection services)
    {
        new AuthenticationBuilder(services).AddCookie(Session.Policy, session =>
        {
            session.Cookie.Name = "referralgrains-session";
            session.Cookie.HttpOnly = true;
            session.Cookie.IsEssential = true;

            // A link from a message may open a page; nothing else that another site starts is with the session, a form or a socket least of all.
            session.Cookie.SameSite = SameSiteMode.Lax;
            session.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
            session.LoginPath = SignInPath;
            session.AccessDeniedPath = "/console";
            session.ReturnUrlParameter = ReturnTo;
            session.ExpireTimeSpan = Term;

            session.Events.OnValidatePrincipal = static shown =>
            {
                if (Session.Of(shown.Principal!) is { } session && shown.HttpContext.RequestServices.GetRequiredService<SessionEnds>().HasEnded(session.Id)) shown.RejectPrincipal();
                else Session.EndsAt(shown.Principal!, shown.Properties.ExpiresUtc);
                return Task.CompletedTask;
            };
        });
        services.AddAuthorizationBuilder().AddPolicy(Session.Policy, policy => policy.AddAuthenticationSchemes(Session.Policy).RequireAuthenticatedUser());
    }
}
