using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.AspNetCore.Http.Metadata;
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
        services.AddOptions<CorsOptions>().Configure<IOptions<GatewayOptions>>((cors, gateway) => cors.AddDefaultPolicy(policy => policy
            .WithOrigins([.. gateway.Value.CorsOrigins]).WithMethods("GET", "POST", "PATCH", "PUT", "DELETE")
            .WithHeaders("Authorization", "Content-Type", "Idempotency-Key").WithExposedHeaders(ProblemAnswer.RequestId, "Location", "Retry-After", "Link", "Idempotent-Replayed")));
        services.AddAccess();
        services.AddHostedService<IdempotencySweep>();
        services.AddSingleton<IProblemDetailsWriter, ProblemAnswer.Writer>().AddProblemDetails().AddExceptionHandler<Faults>();
        services.AddDescription();
        services.TryAddSingleton(TimeProvider.System);
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
            .AddSingleton<SessionEndpoint>()
            .AddSingleton<TenantEndpoints>()
            .AddSingleton<AuditEndpoints>()
            .AddSingleton<ProgramEndpoints>()
            .AddSingleton<RuleEndpoints>()
            .AddSingleton<WhatIfPages>()
            .AddSingleton<WhatIfEndpoints>()
            .AddSingleton<ReferrerEndpoints>()
            .AddSingleton<EntryEndpoints>()
            .AddSingleton<GroupEndpoints>()
            .AddSingleton<FlagEndpoints>()
            .AddSingleton<ShareEndpoints>()
            .AddSingleton<FigureEndpoints>()
            .AddSingleton<BudgetEndpoints>()
            .AddSingleton<AttributionEndpoints>()
            .AddSingleton<ReferralEndpoints>()
            .AddSingleton<ActionEndpoints>()
            .AddSingleton<EnrollmentEndpoints>()
            .AddSingleton<RewardEndpoints>()
            .AddSingleton<CheckoutEndpoints>()
            .AddSingleton<PaymentEndpoints>()
            .AddSingleton<PayoutBatchEndpoints>()
            .AddSingleton<PayoutItemEndpoints>()
            .AddSingleton<ReversalEndpoints>()
            .AddSingleton<PayoutTermsEndpoints>()
            .AddSingleton<PayoutAccountEndpoints>()
            .AddSingleton<CreditAccountEndpoints>()
            .AddSingleton<LedgerEndpoints>()
            .AddSingleton<ReconciliationEndpoints>()
            .AddSingleton<ReviewEndpoint>()
            .AddSingleton<StripeWebhookEndpoint>()
            .AddSingleton<SourceIntake>()
            .AddSingleton<SourceEndpoints>()
            .AddSingleton<PortalLinkEndpoints>()
            .AddSingleton<PortalEndpoints>()
            .AddSingleton<EventEndpoints>()
            .AddSingleton<WebhookEndpoints>()
            .AddSingleton<WebhookTrialEndpoints>()
            .AddSingleton<ClockEndpoints>();
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
        Of<TenantEndpoints>(app).Map(app);
        Of<AuditEndpoints>(app).Map(app);
        Of<ProgramEndpoints>(app).Map(app);
        Of<RuleEndpoints>(app).Map(app);
        Of<WhatIfEndpoints>(app).Map(app);
        Of<ReferrerEndpoints>(app).Map(app);
        Of<EntryEndpoints>(app).Map(app);
        Of<GroupEndpoints>(app).Map(app);
        Of<FlagEndpoints>(app).Map(app);
        Of<ShareEndpoints>(app).Map(app);
        Of<FigureEndpoints>(app).Map(app);
        Of<BudgetEndpoints>(app).Map(app);
        Of<AttributionEndpoints>(app).Map(app);
        Of<ReferralEndpoints>(app).Map(app);
        Of<ActionEndpoints>(app).Map(app);
        Of<EnrollmentEndpoints>(app).Map(app);
        Of<RewardEndpoints>(app).Map(app);
        Of<CheckoutEndpoints>(app).Map(app);
        Of<PaymentEndpoints>(app).Map(app);
        Of<PayoutBatchEndpoints>(app).Map(app);
        Of<PayoutItemEndpoints>(app).Map(app);
        Of<ReversalEndpoints>(app).Map(app);
        Of<PayoutTermsEndpoints>(app).Map(app);
        Of<PayoutAccountEndpoints>(app).Map(app);
        Of<CreditAccountEndpoints>(app).Map(app);
        Of<LedgerEndpoints>(app).Map(app);
        Of<ReconciliationEndpoints>(app).Map(app);
        Of<ReviewEndpoint>(app).Map(app);
        Of<StripeWebhookEndpoint>(app).Map(app);
        Of<SourceEndpoints>(app).Map(app);
        Of<PortalLinkEndpoints>(app).Map(app);
        Of<PortalEndpoints>(app).Map(app);
        Of<EventEndpoints>(app).Map(app);
        Of<WebhookEndpoints>(app).Map(app);
        Of<WebhookTrialEndpoints>(app).Map(app);
        Of<ClockEndpoints>(app).Map(app);
        Of<SessionEndpoint>(app).Map(app);
    }

    private static void Guard(WebApplication app)
    {
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
        return context.Request.Headers.ContentEncoding is [{ } encoding] && encoding is not ("gzip" or "br" or "deflate" or "identity")
            ? ProblemAnswer.Write(context, Problem.OfStatus(StatusCodes.Status415UnsupportedMediaType))
            : next(context);
    }

    private static T Of<T>(WebApplication app)
        where T : notnull => app.Services.GetRequiredService<T>();
}
