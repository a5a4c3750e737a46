using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using MudBlazor.Services;
using ReferralGrains.Web.Console;
using ReferralGrains.Web.Portal;
using ReferralGrains.Web.Sessions;

namespace ReferralGrains.Web;

/// <summary>The pages for people. Whatever can be done here, the API can do: pages talk to nothing else.</summary>
public static class WebApp
{
    /// <summary>Needs authentication, authorization and routing beside it, and where data protection keeps its keys.</summary>
    public static IServiceCollection AddWeb(this IServiceCollection services, WebOptions options)
    {
        services.AddDataProtection().SetApplicationName("ReferralGrains");
        services.AddSessionCookie();
        if (options.Provider is { } provider) services.AddProvider(provider);
        services.AddAntiforgery(static forms => (forms.Cookie.Name, forms.Cookie.SecurePolicy) = ("referralgrains-form", CookieSecurePolicy.SameAsRequest));
        services.AddRazorComponents().AddInteractiveServerComponents().AddHubOptions(static hub => hub.ClientTimeoutInterval = TimeSpan.FromMinutes(2)); // As console.js has it.
        services.AddCascadingAuthenticationState();
        services.AddMudServices();
        return services.AddSingleton(options).AddSingleton<ApiClients>().AddSingleton<SessionEnds>();
    }

    /// <summary>Maps the pages and the files that they are made of.</summary>
    /// <param name="door">Told of all that is mapped here; who is let in, each says by itself.</param>
    public static void MapWeb(this WebApplication app, Action<IEndpointConventionBuilder> door)
    {
        app.UseMiddleware<PageHeaders>();
        app.UseAntiforgery();
        door(app.MapStaticAssets().AllowAnonymous());
        door(app.MapGet("/", () => TypedResults.Redirect("/console")).AllowAnonymous());

        app.MapPortal(door);
        if (app.Services.GetRequiredService<WebOptions>().Provider is not null) app.MapProvider(door);
        app.MapTables(door);

        // PageHeaders says who may frame a page.
        var pages = app.MapRazorComponents<Document>().AddInteractiveServerRenderMode(circuits => circuits.ContentSecurityFrameAncestorsPolicy = null);
        pages.Add(static endpoint =>
        {
            if (endpoint is RouteEndpointBuilder route && route.RoutePattern.RawText?.TrimStart('/').StartsWith("_blazor", StringComparison.Ordinal) == true)
                endpoint.Metadata.Add(new AuthorizeAttribute(Session.Policy));
        });
        door(pages);
    }
}

/// <summary>What a browser may do with a page of the console: run and load what this host has, and nothing else, and in no frame.</summary>
internal sealed class PageHeaders(RequestDelegate next)
{
    // MudBlazor writes its theme into a style element and positions into style attributes.
    private const string Policy =
        "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'";

    public Task InvokeAsync(HttpContext context)
    {
        if (!context.Request.Path.StartsWithSegments("/console")) return next(context);
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "same-origin";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers.CacheControl = "no-store";
        return next(context);
    }
}
