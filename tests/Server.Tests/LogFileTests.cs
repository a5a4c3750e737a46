using Microsoft.Extensions.Logging;
using ReferralGrains.Server;

namespace Server.Tests;

#pragma warning disable CA1848 // A test may log as it likes.

public sealed class LogFileTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("grains-log-");

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public void A_line_has_its_time_level_and_category_and_a_trace_follows_it()
    {
        using (var log = new LogFile(folder.FullName, new Noon()))
        {
            log.Note("ready on http://127.0.0.1:8080");
            log.CreateLogger("ReferralGrains.Storage.Silos.SiloLease").LogWarning(new InvalidOperationException("gone"), "Lease\nof {Silo}", 7);
        }

        Assert.Equal(
            "2026-01-31T12:00:00.000Z info Server: ready on http://127.0.0.1:8080\n" +
            "2026-01-31T12:00:00.000Z warn SiloLease: Lease of 7\n" +
            "System.InvalidOperationException: gone\n",
            File.ReadAllText(Newest));
    }

    [Fact]
    public void A_second_start_goes_on_where_the_first_ended()
    {
        new LogFile(folder.FullName, new Noon()).Dispose();
        File.AppendAllText(Newest, "first\n");
        using (var log = new LogFile(folder.FullName, new Noon())) log.Note("second");

        Assert.StartsWith("first\n2026", File.ReadAllText(Newest), StringComparison.Ordinal);
    }

    [Fact]
    public void Both_files_together_stay_within_twice_the_bound_and_the_newest_lines_are_kept()
    {
        using (var log = new LogFile(folder.FullName, new Noon(), maxBytes: 1_000))
        {
            foreach (var number in Enumerable.Range(1, 200)) log.Note($"line {number}");
        }

        Assert.All((string[])[Newest, Older], path => Assert.InRange(new FileInfo(path).Length, 1, 1_000));
        var kept = File.ReadAllLines(Older).Concat(File.ReadAllLines(Newest)).ToList();
        Assert.EndsWith("line 200", kept[^1], StringComparison.Ordinal);
        Assert.Equal(kept.Count, kept.Distinct().Count());
        Assert.EndsWith($"line {201 - kept.Count}", kept[0], StringComparison.Ordinal);
    }

    private string Newest => Path.Combine(folder.FullName, "server.log");

    private string Older => Newest + ".1";

    private sealed class Noon : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);
    }
}
