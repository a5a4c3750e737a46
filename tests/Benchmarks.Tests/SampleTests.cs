namespace Benchmarks.Tests;

public sealed class SampleTests
{
    [Theory]
    [InlineData(new[] { 3.0 }, 3.0)]
    [InlineData(new[] { 9.0, 1.0, 5.0 }, 5.0)]
    [InlineData(new[] { 4.0, 1.0, 2.0, 100.0 }, 3.0)]
    public void Median_is_the_middle_or_the_mean_of_the_two_in_the_middle(double[] values, double expected) =>
        Assert.Equal(expected, new Sample(values).Median);

    [Theory]
    [InlineData(99, 99)]
    [InlineData(99.5, 100)]
    [InlineData(50, 50)]
    [InlineData(0, 1)]
    [InlineData(100, 100)]
    public void Percentile_is_the_nearest_rank(double percent, double expected) =>
        Assert.Equal(expected, Sample.Percentile(Enumerable.Range(1, 100).Reverse().Select(n => (double)n), percent));

    [Fact]
    public void Percentile_of_few_values_is_one_of_them() => Assert.Equal(7, Sample.Percentile([3, 7], 99));

    [Fact]
    public void Nothing_has_no_median() => Assert.Throws<ArgumentException>(() => Sample.MedianOf([]));

    [Fact]
    public void Result_is_the_object_that_machines_read_with_what_was_measured()
    {
        var result = new BenchResult
        {
            Plan = BenchPlan.Quick(3),
            BaselineBy = "pgbench",
            Baseline = new([10_000, 12_000, 8_000]),
            Stream = new([30_000, 25_000, 20_000]),
            Hot = new([20_000, 20_000, 20_000]),
            IdleEnrollmentBytes = 812.4,
        };

        var json = result.ToJson();

        Assert.Equal(10_000, (double)json["baseline_per_s"]!);
        Assert.Equal("""{"per_s":25000,"ratio":2.5}""", json["stream"]!.ToJsonString());
        Assert.Equal("""{"per_s":20000,"ratio_to_stream":0.8}""", json["hot"]!.ToJsonString());
        Assert.Equal(812, (double)json["idle_enrollment_bytes"]!);
        Assert.Equal("[8000,12000]", json["spread"]!["baseline_per_s"]!.ToJsonString());
        Assert.True((bool)json["quick"]!);
        Assert.False(json.ContainsKey("due"));
    }

    [Fact]
    public void Table_says_what_shares_the_cores_and_which_bar_is_met()
    {
        using var output = new StringWriter();
        var result = new BenchResult
        {
            Plan = BenchPlan.Full(3),
            BaselineBy = "pgbench",
            Baseline = new([10_000]),
            Stream = new([15_000]),
            Due = new([20_000]),
            Start = new([1.5]),
        };

        new BenchTable(result).Print(output);

        var lines = output.ToString().Split('\n');
        Assert.Contains(lines, line => line.Contains("load generator, the product and PostgreSQL share", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("stream", StringComparison.Ordinal) && line.EndsWith("bar met", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("due", StringComparison.Ordinal) && line.EndsWith("BELOW THE BAR", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("start", StringComparison.Ordinal) && line.EndsWith("aim met", StringComparison.Ordinal));
    }
}
