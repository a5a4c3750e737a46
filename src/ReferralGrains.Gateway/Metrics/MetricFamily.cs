using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace ReferralGrains.Gateway.Metrics;

/// <summary>All series of one metric. The measurements of a metric carry their tags in one order, so their values tell series apart.</summary>
internal sealed class MetricFamily(Instrument instrument, MetricKind kind)
{
    // Latencies around the promise of 50 ms; counts from single rows to the largest commit.
    private static readonly double[] Seconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
    private static readonly double[] Counts = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000];

    private readonly ConcurrentDictionary<(object?, object?, object?), MetricSeries> series = new();

    public Instrument Instrument => instrument;

    public MetricKind Kind => kind;

    public double[] Bounds { get; } = instrument.Unit == "s" ? Seconds : Counts;

    public IEnumerable<MetricSeries> Series => series.Values;

    public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var key = (Value(tags, 0), Value(tags, 1), Value(tags, 2));
        if (!series.TryGetValue(key, out var one)) one = series.GetOrAdd(key, new MetricSeries(tags.ToArray(), kind == MetricKind.Histogram ? Bounds : []));
        one.Record(value, kind);
    }

    /// <summary>What is observed is observed anew: a series that is gone is not shown for ever.</summary>
    public void Forget() => series.Clear();

    private static object? Value(ReadOnlySpan<KeyValuePair<string, object?>> tags, int i) => i < tags.Length ? tags[i].Value : null;
}

internal enum MetricKind
{
    Counter = 1,
    Gauge = 2,
    Histogram = 3,
}

/// <summary>One series: a metric with one set of labels.</summary>
internal sealed class MetricSeries(KeyValuePair<string, object?>[] labels, double[] bounds)
{
    private readonly Lock gate = new();
    private readonly long[] buckets = new long[bounds.Length + 1];
    private double value;

    public IReadOnlyList<KeyValuePair<string, object?>> Labels => labels;

    public void Record(double measured, MetricKind kind)
    {
        lock (gate)
        {
            value = kind == MetricKind.Gauge ? measured : value + measured;
            if (kind != MetricKind.Histogram) return;
            var bucket = 0;
            while (bucket < bounds.Length && measured > bounds[bucket]) bucket++;
            buckets[bucket]++;
        }
    }

    /// <summary>The value or sum, and for a histogram how many fell into each bucket.</summary>
    public (double Value, long[] Buckets) Read()
    {
        lock (gate) return (value, [.. buckets]);
    }
}
