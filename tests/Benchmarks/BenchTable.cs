namespace Benchmarks;

/// <summary>The figures beside what is asked of them.</summary>
internal sealed class BenchTable(BenchResult result)
{
    public void Print(TextWriter output)
    {
        output.WriteLine();
        output.WriteLine($"{result.Plan.Rounds} rounds, baseline and product in turn: median (least to most)");
        if (result.Plan.IsQuick) output.WriteLine("--quick: sizes are cut to end within five minutes, so these figures are a rough guide only.");
        output.WriteLine($"The load generator, the product and PostgreSQL share {Environment.ProcessorCount} cores.");
        output.WriteLine();
        Line("measurement", "figure", "ratio", "bar", "aim", "");
        Line("baseline B", Rate(result.Baseline), "", "", "", $"32 connections, one row per commit, by {result.BaselineBy}");
        if (result.Limit is { } limit) Line("limit L", Rate(limit), $"{result.Ratio(limit):N2} × B", "", "", "the journal's writer alone, 1,000 actions per commit");
        if (result.Stream is { } stream) AtLeast("stream", stream, result.Ratio(stream), "× B", 1.4, 2.2);
        if (result is { Stream: { } reached, Limit: { } most }) Line("stream to limit", "", $"{reached.Median / most.Median:N2} × L", "", ">= 0.6", "");
        if (result.Single is { } single) AtLeast("single", single, result.Ratio(single), "× B", 0.75, 1.1);
        if (result.SingleP99 is { } p99) AtMost("single p99 at half rate", $"{p99.Median:N1} ms ({p99.Least:N1} to {p99.Most:N1})", p99.Median, 40, 15, "ms");
        if (result is { Neighbour: { } neighbour, NeighbourAlone: { } alone })
        {
            var worse = neighbour.Median / alone.Median;
            Line(
                "neighbour's p99", $"{neighbour.Median:N1} ms ({neighbour.Least:N1} to {neighbour.Most:N1})", $"{worse:N2} × alone", "<= 2", "",
                $"{Verdict(worse <= 2, false)}; alone {alone.Median:N1} ms");
        }

        if (result.Hot is { } hot) AtLeast("hot", hot, result.RatioToStream(hot), "× stream", 0.7, 1);
        if (result.Grown is { } grown) AtLeast("grown", grown, result.RatioToStream(grown), "× stream", 0.85, 0.95);
        foreach (var (read, milliseconds) in result.Reads)
            Line($"  {read}", $"{milliseconds.Median:N1} ms ({milliseconds.Least:N1} to {milliseconds.Most:N1})", "", "", "", "on the grown history");
        if (result.Cluster is { } cluster) AtLeast("cluster", cluster, result.RatioToStream(cluster), "× stream", 0.6, 0.85);
        if (result.IdleEnrollmentBytes is { } idle) AtMost("idle enrollment", $"{idle:N0} bytes", idle, 4_096, 2_560, "bytes");
        if (result.PostgresBytesPerAction is { } bytes)
            AtMost("PostgreSQL bytes/action", $"{bytes.Median:N0} bytes ({bytes.Least:N0} to {bytes.Most:N0})", bytes.Median, 600, 450, "bytes");
        if (result.Due is { } due) AtLeast("due", due, result.Ratio(due), "× B", 3, 6);
        if (result.WhatIf is { } whatIf)
            Line("what_if", Rate(whatIf), "", ">= 150,000/s", ">= 400,000/s", Verdict(whatIf.Median >= 150_000, whatIf.Median >= 400_000));
        if (result.Payout is { } payout) Line("payout", Rate(payout), "", ">= 300/s", ">= 1,000/s", Verdict(payout.Median >= 300, payout.Median >= 1_000));
        if (result.Start is { } start) AtMost("start", $"{start.Median:N2} s ({start.Least:N2} to {start.Most:N2})", start.Median, 3, 1.5, "s");

        Cost("server per action", result.ServerPerAction, "µs of processor");
        Cost("PostgreSQL per action", result.PostgresPerAction, "µs of processor");
        Cost("  later, to seal and sum", result.PostgresLaterPerAction, "µs of processor");
        Cost("objects per action", result.AllocatedPerAction, "bytes");
        Cost("WAL per action", result.WalPerAction, "bytes");

        void Cost(string name, Sample? sample, string unit)
        {
            if (sample is not null) Line(name, $"{sample.Median:N0} {unit} ({sample.Least:N0} to {sample.Most:N0})", "", "", "", "");
        }

        void AtLeast(string name, Sample sample, double ratio, string unit, double bar, double aim) =>
            Line(name, Rate(sample), $"{ratio:N2} {unit}", $">= {bar:0.##}", $">= {aim:0.##}", Verdict(ratio >= bar, ratio >= aim));

        void AtMost(string name, string figure, double value, double bar, double aim, string unit) =>
            Line(name, figure, "", $"<= {bar:#,0.#} {unit}", $"<= {aim:#,0.#} {unit}", Verdict(value <= bar, value <= aim));

        void Line(string name, string figure, string ratio, string bar, string aim, string verdict) =>
            output.WriteLine($"{name,-24} {figure,-34} {ratio,-14} {bar,-14} {aim,-14} {verdict}".TrimEnd());
    }

    private static string Rate(Sample sample) => $"{sample.Median:N0}/s ({sample.Least:N0} to {sample.Most:N0})";

    private static string Verdict(bool meetsBar, bool meetsAim) => meetsAim ? "aim met" : meetsBar ? "bar met" : "BELOW THE BAR";
}
