using System.Text.Json.Nodes;

namespace Benchmarks;

/// <summary>The names of what can be measured.</summary>
internal static class Measurement
{
    public const string Limit = "limit";
    public const string Stream = "stream";
    public const string Single = "single";
    public const string Neighbour = "neighbour";
    public const string Hot = "hot";
    public const string Grown = "grown";
    public const string Cluster = "cluster";
    public const string Idle = "idle";
    public const string Bytes = "bytes";
    public const string Due = "due";
    public const string WhatIf = "what_if";
    public const string Payout = "payout";
    public const string Start = "start";

    public static IReadOnlyList<string> All { get; } = [Limit, Stream, Single, Neighbour, Hot, Grown, Cluster, Idle, Bytes, Due, WhatIf, Payout, Start];
}

/// <summary>All that was measured; null is what was left out.</summary>
internal sealed record BenchResult
{
    public required BenchPlan Plan { get; init; }

    public required string BaselineBy { get; init; }

    public required Sample Baseline { get; init; }

    /// <summary>The journal's writer alone.</summary>
    public Sample? Limit { get; init; }

    public Sample? Stream { get; init; }

    public Sample? Single { get; init; }

    public Sample? SingleP99 { get; init; }

    /// <summary>p99 of another tenant's single requests, in milliseconds: while nobody else calls, and beside four streams.</summary>
    public Sample? NeighbourAlone { get; init; }

    public Sample? Neighbour { get; init; }

    public Sample? Hot { get; init; }

    public Sample? Grown { get; init; }

    /// <summary>Milliseconds of each kind of read on the grown history, by what is asked for.</summary>
    public IReadOnlyList<(string Read, Sample Milliseconds)> Reads { get; init; } = [];

    public Sample? Cluster { get; init; }

    public double? IdleEnrollmentBytes { get; init; }

    public Sample? PostgresBytesPerAction { get; init; }

    /// <summary>Processor time, in microseconds, of one streamed action.</summary>
    public Sample? ServerPerAction { get; init; }

    public Sample? PostgresPerAction { get; init; }

    /// <summary>What follows the journal takes of PostgreSQL, once the load is over: seals and sums.</summary>
    public Sample? PostgresLaterPerAction { get; init; }

    public Sample? AllocatedPerAction { get; init; }

    public Sample? WalPerAction { get; init; }

    public Sample? Due { get; init; }

    /// <summary>Actions of history through a draft rule.</summary>
    public Sample? WhatIf { get; init; }

    /// <summary>Payout items from approved to succeeded.</summary>
    public Sample? Payout { get; init; }

    public Sample? Start { get; init; }

    /// <summary>A ratio of medians: both were measured in turn, so what disturbed one round disturbed both.</summary>
    public double Ratio(Sample sample) => sample.Median / Baseline.Median;

    public double RatioToStream(Sample sample) => sample.Median / Stream!.Median;

    public JsonObject ToJson()
    {
        var json = new JsonObject { ["baseline_per_s"] = Round(Baseline.Median) };
        if (Limit is not null) json["limit_per_s"] = Round(Limit.Median);
        if (Stream is not null)
        {
            json["stream"] = new JsonObject { ["per_s"] = Round(Stream.Median), ["ratio"] = Round(Ratio(Stream), 3) };
            if (Limit is not null) json["stream"]!["ratio_to_limit"] = Round(Stream.Median / Limit.Median, 3);
        }

        if (Single is not null)
        {
            json["single"] = new JsonObject
            {
                ["per_s"] = Round(Single.Median),
                ["ratio"] = Round(Ratio(Single), 3),
                ["p99_ms_at_half"] = Round(SingleP99!.Median, 2),
            };
        }

        if (Neighbour is not null)
            json["neighbour"] = new JsonObject { ["p99_ms"] = Round(Neighbour.Median, 2), ["ratio_to_alone"] = Round(Neighbour.Median / NeighbourAlone!.Median, 2) };
        if (Hot is not null) json["hot"] = new JsonObject { ["per_s"] = Round(Hot.Median), ["ratio_to_stream"] = Round(RatioToStream(Hot), 3) };
        if (Grown is not null) json["grown"] = new JsonObject { ["per_s"] = Round(Grown.Median), ["ratio_to_stream"] = Round(RatioToStream(Grown), 3) };
        if (Reads.Count > 0) json["reads_ms"] = new JsonObject(Reads.Select(read => KeyValuePair.Create<string, JsonNode?>(read.Read, Round(read.Milliseconds.Median, 1))));
        if (Cluster is not null) json["cluster"] = new JsonObject { ["per_s"] = Round(Cluster.Median), ["ratio_to_stream"] = Round(RatioToStream(Cluster), 3) };
        if (IdleEnrollmentBytes is { } idle) json["idle_enrollment_bytes"] = Round(idle);
        if (PostgresBytesPerAction is not null) json["postgres_bytes_per_action"] = Round(PostgresBytesPerAction.Median);
        foreach (var (name, sample) in PerAction)
            if (sample is not null) json[name] = Round(sample.Median, 1);
        if (Due is not null) json["due"] = new JsonObject { ["per_s"] = Round(Due.Median), ["ratio"] = Round(Ratio(Due), 3) };
        if (WhatIf is not null) json["what_if"] = new JsonObject { ["per_s"] = Round(WhatIf.Median) };
        if (Payout is not null) json["payout"] = new JsonObject { ["per_s"] = Round(Payout.Median) };
        if (Start is not null) json["start_s"] = Round(Start.Median, 2);
        json["quick"] = Plan.IsQuick;
        json["rounds"] = Plan.Rounds;
        json["baseline_by"] = BaselineBy;
        json["cores_shared"] = Environment.ProcessorCount;
        json["spread"] = Spread();
        return json;
    }

    private (string Name, Sample? Sample)[] PerAction =>
    [
        ("server_us_per_action", ServerPerAction), ("postgres_us_per_action", PostgresPerAction), ("postgres_later_us_per_action", PostgresLaterPerAction), ("allocated_bytes_per_action", AllocatedPerAction),
        ("wal_bytes_per_action", WalPerAction),
    ];

    private JsonObject Spread()
    {
        var spread = new JsonObject();
        foreach (var (name, sample) in (ReadOnlySpan<(string, Sample?)>)[
            ("baseline_per_s", Baseline), ("limit_per_s", Limit), ("stream", Stream), ("single", Single), ("single_p99_ms_at_half", SingleP99), ("neighbour_p99_ms_alone", NeighbourAlone), ("neighbour_p99_ms", Neighbour), ("hot", Hot),
            ("grown", Grown), ("cluster", Cluster), ("postgres_bytes_per_action", PostgresBytesPerAction), ("due", Due), ("what_if", WhatIf), ("payout", Payout), ("start_s", Start), .. PerAction])
        {
            if (sample is not null) spread[name] = new JsonArray(Round(sample.Least, 2), Round(sample.Most, 2));
        }

        return spread;
    }

    private static JsonValue Round(double value, int digits = 0) => JsonValue.Create(Math.Round(value, digits));
}
