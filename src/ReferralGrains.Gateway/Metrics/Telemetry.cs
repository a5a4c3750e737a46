using System.Collections.Frozen;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace ReferralGrains.Gateway.Metrics;

/// <summary>
/// Metrics for Prometheus at <c>/metrics</c>; metrics and traces by OTLP where the standard variables
/// (<c>OTEL_EXPORTER_OTLP_ENDPOINT</c> and its kin) say where to. Without them nothing is traced.
/// </summary>
public static class Telemetry
{
    private static readonly string[] Meters =
    [
        GatewayMetrics.Meter.Name, "Microsoft.Orleans", "Npgsql", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime",
    ];

    private static readonly string[] Sources = ["Microsoft.AspNetCore", "Microsoft.Orleans.*", "Npgsql"];

    // Few: every bucket is a series for every set of tags. Around the promise of 50 ms; from single rows to the largest commit.
    private static readonly double[] Seconds = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 30];
    private static readonly double[] Milliseconds = [1, 5, 10, 25, 50, 100, 250, 1_000, 5_000, 30_000];
    private static readonly double[] Counts = [1, 5, 20, 100, 500, 1_000, 5_000];

    // Places for them are there from the start, 150 bytes each, for each of 250 instruments: most have a handful, requests one for each route and status.
    private const string RequestDuration = "http.server.request.duration";
    private const int SeriesOfRequests = 2_000;
    private const int Series = 200;

    /// <summary>Once for each server, whatever its role; the gateway maps <c>/metrics</c>.</summary>
    /// <param name="services">Of the server.</param>
    /// <param name="isDear">Of an instrument: nobody is told what it shows, for to observe it costs too much.</param>
    public static IServiceCollection AddTelemetry(this IServiceCollection services, Func<Instrument, bool> isDear)
    {
        var telemetry = services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService(Environment.GetEnvironmentVariable("OTEL_SERVICE_NAME") ?? "referralgrains"))
            .WithMetrics(metrics =>
            {
                metrics.AddMeter(Meters).AddView(instrument => isDear(instrument) ? MetricStreamConfiguration.Drop : View(instrument)).AddPrometheusExporter(Prometheus);
                if (IsSent("METRICS")) metrics.AddOtlpExporter();
            });
        if (!SendsTraces) return services;

        // ASP.NET Core names route and status of a request only on demand.
        AppContext.SetSwitch("Microsoft.AspNetCore.Hosting.SuppressActivityOpenTelemetryData", false);
        telemetry.WithTracing(traces => traces.AddSource(Sources).AddProcessor(new OnlyKnownTags()).AddOtlpExporter());
        return services;
    }

    /// <summary>What waits in the installation, as gauges. Needs <c>BacklogReports</c>.</summary>
    public static IServiceCollection AddBacklogMetrics(this IServiceCollection services) => services.AddHostedService<BacklogMetrics>();

    /// <summary>Whether the variables say where traces are to go.</summary>
    public static bool SendsTraces => IsSent("TRACES");

    private static bool IsSent(string signal) =>
        Environment.GetEnvironmentVariable("OTEL_EXPORTER_OTLP_ENDPOINT") is { Length: > 0 }
        || Environment.GetEnvironmentVariable($"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT") is { Length: > 0 };

    private static MetricStreamConfiguration View(Instrument instrument)
    {
        var view = instrument.GetType() is { IsGenericType: true } type && type.GetGenericTypeDefinition() == typeof(Histogram<>)
            ? new ExplicitBucketHistogramConfiguration { Boundaries = instrument.Unit switch { "s" => Seconds, "ms" => Milliseconds, _ => Counts } }
            : new MetricStreamConfiguration();
        view.CardinalityLimit = instrument.Name == RequestDuration ? SeriesOfRequests : Series;
        return view;
    }

    private static void Prometheus(PrometheusAspNetCoreOptions options) => (options.ScopeInfoEnabled, options.TargetInfoEnabled) = (false, false);
}

/// <summary>
/// A span keeps the tags that are known to say nothing of persons. Paths, grain ids and the like hold ids of our callers' choice, which
/// may be e-mail addresses, and what a library adds some day would go out unseen.
/// </summary>
internal sealed class OnlyKnownTags : BaseProcessor<Activity>
{
    private static readonly FrozenSet<string> known = FrozenSet.Create(
        StringComparer.Ordinal, "http.request.method", "http.route", "http.response.status_code", "error.type", "rpc.method", "rpc.system.name", "orleans.rpc.service",
        "orleans.grain.type", "orleans.silo.id", "orleans.storage.provider", "db.system.name", "db.operation.name", "db.query.text");

    public override void OnEnd(Activity data)
    {
        if (data.GetTagItem("http.route") is string route) data.DisplayName = $"{data.GetTagItem("http.request.method")} {route}";
        foreach (var (name, _) in data.TagObjects.ToList())
            if (!known.Contains(name)) data.SetTag(name, null);
    }
}
