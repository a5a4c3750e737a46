using ReferralGrains.Gateway.Access;
using ReferralGrains.Gateway.Description;
using ReferralGrains.Gateway.Json;
using ReferralGrains.Gateway.Problems;
using ReferralGrains.Storage.Tenants;

namespace ReferralGrains.Gateway.Metrics;

/// <summary>Metrics for whoever scrapes them, without a key.</summary>
internal sealed class MetricsEndpoints(Callers callers)
{
    private static readonly QueryParameter Collect = new("collect", "string", "full collects garbage first, to see what is really held; needs an operator's or an admin's key.", new OneOfAttribute("full"));

    public void Map(WebApplication app)
    {
        var scrape = ((IApplicationBuilder)app).New().UseOpenTelemetryPrometheusScrapingEndpoint(static _ => true).Build();
        app.Get("/metrics", (HttpContext context) => Show(context, scrape)).NeedsNoKey()
            .WithSummary("Metrics in the text format of Prometheus").AnswersText().Query(Collect);
    }

    private async Task Show(HttpContext context, RequestDelegate scrape)
    {
        switch (context.Single("collect"))
        {
            case null: break;
            case "full": await CollectAll(context); break;
            default: throw Problem.InvalidField("collect", "Expected is full.").AsException();
        }

        await scrape(context);
    }

    // It stops the world for a moment, so not everybody may.
    private async Task CollectAll(HttpContext context)
    {
        var caller = await callers.Find(context) ?? throw Problem.NoKey.AsException();
        if (!caller.Has(KeyRole.Operator) && !caller.Has(KeyRole.Admin)) throw Problem.Forbidden(Roles.Words.Of(KeyRole.Operator)).AsException();
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true, compacting: true);
        GC.WaitForPendingFinalizers();
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true, compacting: true);
    }
}
