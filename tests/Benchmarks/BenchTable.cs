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
        if (result.Stream is { } stream) AtLeast("stream", stream, result.Ratio(stream), "× B", 1.2, 2.5);
        if (result.Single is { } single) AtLeast("single", single, result.Ratio(single), "× B", 0.5, 1);
        if (result.SingleP99 is { } p99) AtMost("single p99 at half rate", $"{p99.Median:N1} ms ({p99.Least:N1} to {p99.Most:N1})", p99.Median, 50, 15, "ms");
        if (result.Hot is { } hot) AtLeast("hot", hot, result.RatioToStream(hot), "× stream", 0.3, 0.8);
        if (result.Grown is { } grown) AtLeast("grown", grown, result.RatioToStream(grown), "× stream", 0.8, 0.95);
        if (result.IdleEnrollmentBytes is { } idle) AtMost("idle enrollment", $"{idle:N0} bytes", idle, 3_072, 1_024, "bytes");
        if (result.PostgresBytesPerAction is { } bytes)
            AtMost("PostgreSQL per action", $"{bytes.Median:N0} bytes ({bytes.Least:N0} to {bytes.Most:N0})", bytes.Median, 1_000, 500, "bytes");
        if (result.Due is { } due) AtLeast("due", due, result.Ratio(due), "× B", 0.5, 2);
        if (result.Start is { } start) AtMost("start", $"{start.Median:N2} s ({start.Least:N2} to {start.Most:N2})", start.Median, 5, 2, "s");

        void AtLeast(string name, Sample sample, double ratio, string unit, double bar, double aim) =>
            Line(name, Rate(sample), $"{ratio:N2} {unit}", $">= {bar:0.##}", $">= {aim:0.##}", Verdict(ratio >= bar, ratio >= aim));

        void AtMost(string name, string figure, double value, double bar, double aim, string unit) =>
            Line(name, figure, "", $"<= {bar:N0} {unit}", $"<= {aim:N0} {unit}", Verdict(value <= bar, value <= aim));

        void Line(string name, string figure, string ratio, string bar, string aim, string verdict) =>
            output.WriteLine($"{name,-24} {figure,-34} {ratio,-14} {bar,-14} {aim,-14} {verdict}".TrimEnd());
    }

    private static string Rate(Sample sample) => $"{sample.Median:N0}/s ({sample.Least:N0} to {sample.Most:N0})";

    private static string Verdict(bool meetsBar, bool meetsAim) => meetsAim ? "aim met" : meetsBar ? "bar met" : "BELOW THE BAR";
}
