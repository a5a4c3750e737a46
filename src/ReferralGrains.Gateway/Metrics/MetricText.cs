using System.Globalization;
using System.Text;

namespace ReferralGrains.Gateway.Metrics;

/// <summary>The text format that Prometheus reads, version 0.0.4.</summary>
internal static class MetricText
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    public static string Of(IEnumerable<MetricFamily> families)
    {
        var text = new StringBuilder();
        foreach (var family in families) Write(text, family);
        return text.ToString();
    }

    private static void Write(StringBuilder text, MetricFamily family)
    {
        var name = family.Instrument.Name;
        if (family.Instrument.Description is { Length: > 0 } description)
            text.Append("# HELP ").Append(name).Append(' ').Append(description.Replace("\\", "\\\\", StringComparison.Ordinal).ReplaceLineEndings(" ")).Append('\n');
        text.Append("# TYPE ").Append(name).Append(' ').Append(family.Kind switch
        {
            MetricKind.Counter => "counter",
            MetricKind.Gauge => "gauge",
            _ => "histogram",
        }).Append('\n');
        foreach (var series in family.Series)
        {
            if (family.Kind == MetricKind.Histogram) WriteHistogram(text, name, family.Bounds, series);
            else Line(text, name, series, null, series.Read().Value);
        }
    }

    private static void WriteHistogram(StringBuilder text, string name, double[] bounds, MetricSeries series)
    {
        var (sum, buckets) = series.Read();
        var count = 0L;
        for (var i = 0; i < buckets.Length; i++)
        {
            count += buckets[i];
            Line(text, name + "_bucket", series, i < bounds.Length ? Number(bounds[i]) : "+Inf", count);
        }

        Line(text, name + "_sum", series, null, sum);
        Line(text, name + "_count", series, null, count);
    }

    private static void Line(StringBuilder text, string name, MetricSeries series, string? upTo, double value)
    {
        text.Append(name);
        var labels = series.Labels.Select(label => (label.Key, Value: Convert.ToString(label.Value, CultureInfo.InvariantCulture) ?? ""));
        if (upTo is not null) labels = labels.Append(("le", upTo));
        var shown = string.Join(',', labels.Select(label => $"{label.Key}=\"{Escaped(label.Value)}\""));
        if (shown.Length > 0) text.Append('{').Append(shown).Append('}');
        text.Append(' ').Append(Number(value)).Append('\n');
    }

    private static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    private static string Escaped(string label) =>
        label.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
}
