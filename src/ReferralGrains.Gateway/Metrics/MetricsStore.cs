using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace ReferralGrains.Gateway.Metrics;

/// <summary>Gathers what the meters named ReferralGrains measure, in whatever project they stand.</summary>
internal sealed class MetricsStore : IDisposable
{
    private readonly Meter meter = new(GatewayMetrics.MeterName);
    private readonly MeterListener listener = new();
    private readonly ConcurrentDictionary<string, MetricFamily> families = new(StringComparer.Ordinal);
    private readonly Lock gate = new();

    public MetricsStore()
    {
        listener.InstrumentPublished = (instrument, listening) =>
        {
            if (instrument.Meter.Name != GatewayMetrics.MeterName) return;
            listening.EnableMeasurementEvents(instrument, families.GetOrAdd(instrument.Name, new MetricFamily(instrument, KindOf(instrument))));
        };
        listener.SetMeasurementEventCallback<int>(static (_, value, tags, family) => ((MetricFamily)family!).Record(value, tags));
        listener.SetMeasurementEventCallback<long>(static (_, value, tags, family) => ((MetricFamily)family!).Record(value, tags));
        listener.SetMeasurementEventCallback<double>(static (_, value, tags, family) => ((MetricFamily)family!).Record(value, tags));
        listener.Start();
        meter.CreateObservableGauge("grains_managed_bytes", static () => GC.GetTotalMemory(forceFullCollection: false), "bytes", "Managed memory in use.");
    }

    /// <summary>Every metric as it stands now, by name.</summary>
    public string Render()
    {
        lock (gate)
        {
            foreach (var family in families.Values)
                if (family.Instrument.IsObservable) family.Forget();
            listener.RecordObservableInstruments();
            return MetricText.Of(families.Values.OrderBy(family => family.Instrument.Name, StringComparer.Ordinal));
        }
    }

    public void Dispose()
    {
        listener.Dispose();
        meter.Dispose();
    }

    private static MetricKind KindOf(Instrument instrument)
    {
        var type = instrument.GetType().GetGenericTypeDefinition();
        if (type == typeof(Histogram<>)) return MetricKind.Histogram;
        return type == typeof(Counter<>) ? MetricKind.Counter : MetricKind.Gauge;
    }
}
