using System.Globalization;
using ReferralGrains.Cli;
using ReferralGrains.Cli.Api;

namespace Benchmarks;

/// <summary>What the server says about its own memory, after it has collected all garbage.</summary>
internal sealed record Metrics(double ManagedBytes, double Activations)
{
    public static async Task<Metrics> Collect(ApiClient api, CancellationToken stop)
    {
        var answer = await api.Get("/metrics?collect=full", stop);
        if (!answer.IsSuccess) throw new CommandFailed(answer.Problem.Line(answer.Call, answer.Url));
        return new(Sum(answer.Body, "grains_managed_bytes", ""), Sum(answer.Body, "grains_activations", "kind=\"referral\""));
    }

    private static double Sum(string text, string name, string label)
    {
        var values = text.Split('\n')
            .Where(line => line.StartsWith(name, StringComparison.Ordinal) && line.Length > name.Length && line[name.Length] is ' ' or '{')
            .Where(line => line.Contains(label, StringComparison.Ordinal))
            .Select(line => double.Parse(line.TrimEnd().Split(' ')[^1], CultureInfo.InvariantCulture))
            .ToList();
        return values.Count > 0 ? values.Sum() : throw new CommandFailed($"the server's metrics have no {name}{(label.Length > 0 ? $" with {label}" : "")}");
    }
}
