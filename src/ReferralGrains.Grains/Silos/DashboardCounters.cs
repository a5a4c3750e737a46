using System.Collections.Frozen;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace ReferralGrains.Grains.Silos;

/// <summary>
/// Orleans' counters as the dashboard shows them, without those that walk over all grains. The dashboard takes them each second, whether or
/// not somebody looks: with 20,000 grains that was 20 ms of a core, with 200,000 a fifth of it, under the lock of each grain in turn.
/// </summary>
internal sealed class DashboardCounters(IServiceProvider all, Type exporter) : IHostedService, IDisposable
{
    private const string Meter = "Microsoft.Orleans";
    private const int EachSecond = 1_000;

    private static readonly FrozenSet<string> walks = FrozenSet.Create(StringComparer.Ordinal, "orleans-messaging-processing-activation-data", "orleans-directory-cache-size");

    private MeterProvider? taken;

    /// <summary>Whether to observe it takes as long as there are grains.</summary>
    public static bool Walks(Instrument instrument) => instrument.Meter.Name == Meter && walks.Contains(instrument.Name);

    /// <summary>After the dashboard was added.</summary>
    public static void Replace(IServiceCollection services)
    {
        // What takes them otherwise, and the two that start it. It would also note the versions; the dashboard's grains wake when somebody looks.
        var host = services.IndexOf(services.Single(static one => one.ServiceType.Name == "DashboardHost"));
        Type[] started = [services[host].ServiceType, typeof(IHostedService), typeof(ILifecycleParticipant<ISiloLifecycle>)];
        foreach (var service in started)
        {
            if (services[host].ServiceType != service) throw new InvalidOperationException($"Orleans' dashboard is started by {services[host].ServiceType}, and not by {service}");
            services.RemoveAt(host);
        }

        var exporter = services.Single(static one => one.ServiceType.Name == "DashboardTelemetryExporter").ServiceType;
        services.AddHostedService(all => new DashboardCounters(all, exporter));
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        taken = Sdk.CreateMeterProviderBuilder()
            .AddMeter(Meter)
            .AddView(static instrument => Walks(instrument) ? MetricStreamConfiguration.Drop : null)
            .AddReader(new PeriodicExportingMetricReader((BaseExporter<Metric>)all.GetRequiredService(exporter), EachSecond, EachSecond))
            .Build();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => taken?.Dispose();
}
