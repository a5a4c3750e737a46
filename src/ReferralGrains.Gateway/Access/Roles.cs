using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;
using ReferralGrains.Gateway.Json;
using ReferralGrains.Gateway.Problems;
using ReferralGrains.Storage.Tenants;

namespace ReferralGrains.Gateway.Access;

/// <summary>One policy a role, named like it. A route without a policy lets nobody in.</summary>
internal static class Roles
{
    /// <summary>The roles that a key can be made with; the first key's, which has all of them, is no such role, nor is that of a link to the portal.</summary>
    public static readonly Words<KeyRole> Words = new(
        ("ingest", KeyRole.Ingest), ("read", KeyRole.Read), ("admin", KeyRole.Admin), ("finance", KeyRole.Finance),
        ("key_admin", KeyRole.KeyAdmin), ("operator", KeyRole.Operator));

    /// <summary>Every role that a route can need.</summary>
    public static readonly Words<KeyRole> Needed = new([.. Words.All, ("portal", KeyRole.Portal)]);

    /// <summary>Of a route that every key may use, whatever its role; a link to the portal is none.</summary>
    public const string Any = "any";

    public static IServiceCollection AddAccess(this IServiceCollection services)
    {
        // The core alone: AddAuthentication would also make and keep a ring of keys for cookies, which nobody here uses.
        services.AddAuthenticationCore(options => options.DefaultScheme = ApiKeyHandler.SchemeName);
        services.AddWebEncoders();
        new AuthenticationBuilder(services).AddScheme<AuthenticationSchemeOptions, ApiKeyHandler>(ApiKeyHandler.SchemeName, null);
        var policies = services.AddAuthorizationBuilder().SetFallbackPolicy(new AuthorizationPolicyBuilder().RequireAssertion(_ => false).Build());
        policies.AddPolicy(Any, policy => policy.RequireAssertion(context => context.User is Caller { Role: not KeyRole.Portal }));
        foreach (var (word, role) in Needed.All) policies.AddPolicy(word, policy => policy.AddRequirements(new RoleRequirement(role)));
        return services
            .AddSingleton<Callers>()
            .AddSingleton<IAuthorizationMiddlewareResultHandler, Refusals>()
            .AddHostedService<FirstKey>();
    }

    /// <summary>Every route says this once: the role that it needs.</summary>
    public static TBuilder Needs<TBuilder>(this TBuilder route, KeyRole role)
        where TBuilder : IEndpointConventionBuilder => route.RequireAuthorization(Needed.Of(role));

    /// <summary>Who asks about itself needs a key, of any role.</summary>
    public static TBuilder NeedsAnyKey<TBuilder>(this TBuilder route)
        where TBuilder : IEndpointConventionBuilder => route.RequireAuthorization(Any);

    /// <summary>Beside the role that the route needs: who may act on what it shows must be able to see it.</summary>
    public static TBuilder OrFinance<TBuilder>(this TBuilder route)
        where TBuilder : IEndpointConventionBuilder => route.WithMetadata(new AlsoFor(KeyRole.Finance));

    /// <summary>Beside the role that the route needs: who gives keys out must be able to see what is done with them.</summary>
    public static TBuilder OrKeyAdmin<TBuilder>(this TBuilder route)
        where TBuilder : IEndpointConventionBuilder => route.WithMetadata(new AlsoFor(KeyRole.KeyAdmin));

    /// <summary>Health, metrics and the description.</summary>
    public static TBuilder NeedsNoKey<TBuilder>(this TBuilder route)
        where TBuilder : IEndpointConventionBuilder => route.AllowAnonymous();

    /// <summary>
    /// The role that a route needs, as the outside knows it; <c>any</c> where every key will do, <c>none</c> where no key is needed, null
    /// where nobody may.
    /// </summary>
    public static string? RoleOf(IEnumerable<object> metadata)
    {
        string? role = null;
        foreach (var item in metadata)
        {
            if (item is IAuthorizeData { Policy: { } policy }) role = policy;
            if (item is IAllowAnonymous) role = "none";
        }

        return role;
    }

    private sealed class RoleRequirement(KeyRole role) : AuthorizationHandler<RoleRequirement>, IAuthorizationRequirement
    {
        protected override Task HandleRequirementAsync(AuthorizationHandlerContext context, RoleRequirement requirement)
        {
            if (context.User is Caller caller && (caller.Has(role) || (Also(context.Resource) is { } other && caller.Has(other)))) context.Succeed(requirement);
            return Task.CompletedTask;
        }

        private static KeyRole? Also(object? resource) => (resource as HttpContext)?.GetEndpoint()?.Metadata.GetMetadata<AlsoFor>()?.Role;
    }

    /// <summary>Of a route that keys of another role may use as well.</summary>
    internal sealed record AlsoFor(KeyRole Role);

    /// <summary>Says which role is missing. Where there is no route there is nothing to guard: it is not found.</summary>
    private sealed class Refusals : IAuthorizationMiddlewareResultHandler
    {
        private readonly AuthorizationMiddlewareResultHandler ofOtherRooms = new();

        public Task HandleAsync(RequestDelegate next, HttpContext context, AuthorizationPolicy policy, PolicyAuthorizationResult authorizeResult)
        {
            // Who is let in by another way than a key, a page's session, is shown that way.
            if (policy.AuthenticationSchemes.Count > 0) return ofOtherRooms.HandleAsync(next, context, policy, authorizeResult);
            if (authorizeResult.Succeeded || context.GetEndpoint() is not RouteEndpoint route) return next(context);
            return ProblemAnswer.Write(context, authorizeResult.Forbidden ? Problem.Forbidden(RoleOf(route.Metadata) ?? "that nobody has") : Problem.NoKey);
        }
    }
}
