using System.Globalization;
using ReferralGrains.Cli;
using ReferralGrains.Cli.Api;

namespace Benchmarks;

/// <summary>What the server says about its own memory.</summary>
internal sealed record Metrics(string Text)
{
    public double ManagedBytes => Sum("grains_managed_bytes", "");

    /// <summary>Referrals that were ever loaded; none leaves memory while a benchmark runs.</summary>
    public double Activations => Sum("orleans_catalog_activation_created_total", "grain_type=\"referral");

    /// <summary>All that it has ever allocated; each look costs it a few kilobytes more.</summary>
    public double AllocatedBytes => Sum("dotnet_gc_heap_total_allocated_bytes_total", "");

    public static Task<Metrics> Read(ApiClient api, CancellationToken stop) => Read(api, "/metrics", stop);

    /// <summary>After it has collected all garbage.</summary>
    public static Task<Metrics> Collect(ApiClient api, CancellationToken stop) => Read(api, "/metrics?collect=full", stop);

    private static async Task<Metrics> Read(ApiClient api, string call, CancellationToken stop)
    {
        var answer = await api.Get(call, stop);
        return answer.Refusal is { } refused ? throw new CommandFailed(refused.Line(answer.Call, answer.Url)) : new(answer.Body);
    }

    private double Sum(string name, string label)
    {
        var values = Text.Split('\n')
            .Where(line => line.StartsWith(name, StringComparison.Ordinal) && line.Length > name.Length && line[name.Length] is ' ' or '{')
            .Where(line => line.Contains(label, StringComparison.Ordinal))
            .Select(Value)
            .ToList();
        return values.Count > 0 ? values.Sum() : throw new CommandFailed($"the server's metrics have no {name}{(label.Length > 0 ? $" with {label}" : "")}");
    }

    // A time may follow the value, and a label may hold a blank.
    private static double Value(string line) =>
        double.Parse(line[(line.LastIndexOf('}') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[line.Contains('}', StringComparison.Ordinal) ? 0 : 1], CultureInfo.InvariantCulture);
}
