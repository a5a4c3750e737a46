using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using ReferralGrains.Gateway.Access;
using ReferralGrains.Gateway.Audit;
using ReferralGrains.Gateway.Description;
using ReferralGrains.Gateway.Discounts;
using ReferralGrains.Gateway.Flags;
using ReferralGrains.Gateway.Ledger;
using ReferralGrains.Gateway.Lines;
using ReferralGrains.Gateway.Metrics;
using ReferralGrains.Gateway.Payouts;
using ReferralGrains.Gateway.Portal;
using ReferralGrains.Gateway.Problems;
using ReferralGrains.Gateway.Programs;
using ReferralGrains.Gateway.Referrals;
using ReferralGrains.Gateway.Referrers;
using ReferralGrains.Gateway.Rewards;
using ReferralGrains.Gateway.Sources;
using ReferralGrains.Gateway.Tenants;
using ReferralGrains.Gateway.Webhooks;
using ReferralGrains.Gateway.WhatIf;

namespace ReferralGrains.Gateway;

/// <summary>The HTTP door: authenticate, parse once, ask a grain or a report, answer.</summary>
public static class GatewayApp
{
    // Above every body that is read whole, so that Kestrel drains a body that was refused and its sender sees why.
    private const long MaxDrainedBody = 32 * 1024 * 1024;

    private static readonly string[] encodings = ["gzip", "br", "deflate", "identity"];

    private static readonly Type[] endpoints =
    [
        typeof(TenantEndpoints),
        typeof(AuditEndpoints),
        typeof(ProgramEndpoints),
        typeof(RuleEndpoints),
        typeof(WhatIfEndpoints),
        typeof(ReferrerEndpoints),
        typeof(EntryEndpoints),
        typeof(GroupEndpoints),
        typeof(FlagEndpoints),
        typeof(ShareEndpoints),
        typeof(FigureEndpoints),
        typeof(SearchEndpoints),
        typeof(BudgetEndpoints),
        typeof(AttributionEndpoints),
        typeof(ReferralEndpoints),
        typeof(ActionEndpoints),
        typeof(EnrollmentEndpoints),
        typeof(RewardEndpoints),
        typeof(CheckoutEndpoints),
        typeof(PaymentEndpoints),
        typeof(PayoutBatchEndpoints),
        typeof(PayoutItemEndpoints),
        typeof(ReversalEndpoints),
        typeof(PayoutTermsEndpoints),
        typeof(PayoutAccountEndpoints),
        typeof(CreditAccountEndpoints),
        typeof(LedgerEndpoints),
        typeof(ReconciliationEndpoints),
        typeof(ReviewEndpoint),
        typeof(StripeWebhookEndpoint),
        typeof(SourceEndpoints),
        typeof(SourceEventEndpoints),
        typeof(PortalLinkEndpoints),
        typeof(PortalEndpoints),
        typeof(EventEndpoints),
        typeof(WebhookEndpoints),
        typeof(WebhookTrialEndpoints),
        typeof(ClockEndpoints),
        typeof(SessionEndpoint),
    ];

    /// <summary>
    /// Needs <c>IGrainRouter</c>, <c>IReports</c>, <c>IReferrerLedger</c>, <c>IPortalReports</c>, <c>ISources</c>, <c>IAliasNames</c>, <c>IDiscounts</c>, <c>IWhatIf</c>, <c>IFacts</c>, <c>ITenants</c>, <c>ITenantClock</c>,
    /// <c>ITestClock</c>, <c>ILedgerCheck</c>, <c>IAuditLog</c>, <c>IIdempotentAnswers</c>, all of payouts and <c>AddWebhooks</c> beside it, and <c>AddTelemetry</c>. Ready is what the health checks
    /// say that are registered.
    /// </summary>
    public static IServiceCollection AddGateway(this IServiceCollection services, Action<GatewayOptions>? configure = null)
    {
        services.AddOptions<GatewayOptions>().Configure(options => configure?.Invoke(options));
        services.Configure<KestrelServerOptions>(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MaxDrainedBody;
        });
        services.AddRouting();
        services.AddRequestDecompression();
        services.AddResponseCompression();
        services.AddHealthChecks();
        services.AddCors();

        // A proxy that ends TLS says so, wherever it is. Whoever says so without one only locks himself out.
        services.Configure<ForwardedHeadersOptions>(static forwarded =>
        {
            forwarded.ForwardedHeaders = ForwardedHeaders.XForwardedProto;
            forwarded.KnownIPNetworks.Clear();
            forwarded.KnownProxies.Clear();
        });
        services.AddOptions<CorsOptions>().Configure<IOptions<GatewayOptions>>((cors, gateway) => cors.AddDefaultPolicy(policy => policy
            .WithOrigins([.. gateway.Value.CorsOrigins]).WithMethods("GET", "POST", "PATCH", "PUT", "DELETE")
            .WithHeaders("Authorization", "Content-Type", "Idempotency-Key").WithExposedHeaders(ProblemAnswer.RequestId, "Location", "Retry-After", "Link", "Idempotent-Replayed")));
        services.AddAccess();
        services.AddHostedService<IdempotencySweep>();
        services.AddSingleton<IProblemDetailsWriter, ProblemAnswer.Writer>().AddProblemDetails().AddExceptionHandler<Faults>();
        services.AddDescription();
        services.TryAddSingleton(TimeProvider.System);
        foreach (var group in endpoints) services.AddSingleton(group);
        return services
            .AddSingleton<FairShares>()
            .AddSingleton<StreamPace>()
            .AddSingleton<LineStreams>()
            .AddSingleton<KnownPrograms>()
            .AddSingleton<RulePrograms>()
            .AddSingleton<RuleJoins>()
            .AddSingleton<ReferrersByCode>()
            .AddSingleton<RewardAnswers>()
            .AddSingleton<MetricsEndpoints>()
            .AddSingleton<HealthEndpoints>()
            .AddSingleton<WhatIfPages>()
            .AddSingleton<SourceIntake>();
    }

    /// <summary>For a process that only holds grains: whether it is well, and its figures.</summary>
    public static void MapHealthOnly(this WebApplication app)
    {
        Guard(app);
        Of<HealthEndpoints>(app).Map(app);
        Of<MetricsEndpoints>(app).Map(app);
    }

    /// <summary>Every route, behind authentication and authorization.</summary>
    public static void MapGateway(this WebApplication app)
    {
        Guard(app);
        app.MapDescription();
        ErrorPage.Map(app);
        Of<HealthEndpoints>(app).Map(app);
        Of<MetricsEndpoints>(app).Map(app);
        foreach (var group in endpoints) ((IEndpoints)app.Services.GetRequiredService(group)).Map(app);
    }

    private static void Guard(WebApplication app)
    {
        app.UseForwardedHeaders();
        app.Use(Begin);
        app.UseExceptionHandler();
        app.UseStatusCodePages();
        app.UseRouting();
        app.UseCors();
        app.UseAuthentication();
        app.UseAuthorization();
        app.Use(Unpack);
        app.UseRequestDecompression();
        app.UseWhen(context => HttpMethods.IsGet(context.Request.Method), get => get.UseResponseCompression());
        app.UseMiddleware<PathIds>();
        app.UseMiddleware<KnownParameters>();
        app.UseMiddleware<Idempotency>();
        app.UseMiddleware<Auditing>();
    }

    // HEAD is GET without its body, which Kestrel leaves out by itself: it remembers what was asked for.
    private static Task Begin(HttpContext context, RequestDelegate next)
    {
        context.Response.Headers[ProblemAnswer.RequestId] = context.TraceIdentifier;
        if (HttpMethods.IsHead(context.Request.Method)) context.Request.Method = HttpMethods.Get;
        return next(context);
    }

    // Lines have no end, whether they are packed or not; and what nobody can unpack is no JSON that is wrong.
    private static Task Unpack(HttpContext context, RequestDelegate next)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<IAcceptsMetadata>()?.ContentTypes.Contains(RouteDescription.Lines) == true) LineStreams.Unbounded(context);
        return context.Request.Headers.ContentEncoding is [{ } encoding] && !encodings.Contains(encoding, StringComparer.OrdinalIgnoreCase)
            ? ProblemAnswer.Write(context, Problem.OfStatus(StatusCodes.Status415UnsupportedMediaType))
            : next(context);
    }

    private static T Of<T>(WebApplication app)
        where T : notnull => app.Services.GetRequiredService<T>();
}
