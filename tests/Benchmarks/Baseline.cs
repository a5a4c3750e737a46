using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Npgsql;
using ReferralGrains.Cli;

namespace Benchmarks;

/// <summary>
/// What one durable row costs on this PostgreSQL: 32 connections, each committing one INSERT of a 100-byte row at a time.
/// pgbench does it where it is installed, because it takes the least of the shared cores; a costlier generator would make B
/// smaller and the product look better. Otherwise Npgsql does, and the report says so.
/// </summary>
internal sealed partial class Baseline : IAsyncDisposable
{
    /// <summary>The schema that holds the scratch table and nothing of the product.</summary>
    public const string Schema = "grains_bench";

    private const int Connections = 32;
    private static readonly string row = new('x', 100);
    private readonly NpgsqlConnectionStringBuilder database;
    private readonly string? pgbench = FindPgbench();
    private readonly string script = Path.GetTempFileName();

    private Baseline(string connection) => database = new(connection) { Pooling = false };

    public string By => pgbench is null ? "Npgsql" : "pgbench";

    public static async Task<Baseline> Prepare(string connection, CancellationToken stop)
    {
        var baseline = new Baseline(connection);
        await baseline.Execute($"CREATE SCHEMA {Schema}; CREATE TABLE {Schema}.baseline (filler text NOT NULL)", stop);
        await File.WriteAllTextAsync(baseline.script, $"INSERT INTO {Schema}.baseline VALUES ('{row}');\n", stop);
        return baseline;
    }

    /// <returns>Commits per second.</returns>
    public async Task<double> Run(TimeSpan duration, CancellationToken stop)
    {
        var rate = pgbench is null ? await RunNpgsql(duration, stop) : await RunPgbench(pgbench, duration, stop);
        await Execute($"TRUNCATE {Schema}.baseline", stop);
        return rate;
    }

    public ValueTask DisposeAsync()
    {
        File.Delete(script);
        return ValueTask.CompletedTask;
    }

    private static string? FindPgbench()
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':');
        var debian = Directory.Exists("/usr/lib/postgresql") ? Directory.GetDirectories("/usr/lib/postgresql") : [];
        return folders.Concat(debian.Select(version => Path.Combine(version, "bin")))
            .Select(folder => Path.Combine(folder, "pgbench"))
            .FirstOrDefault(File.Exists);
    }

    private async Task<double> RunPgbench(string program, TimeSpan duration, CancellationToken stop)
    {
        var seconds = Math.Max(1, (int)Math.Round(duration.TotalSeconds));
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var word in (string[])[
            "-h", database.Host!, "-p", database.Port.ToString(CultureInfo.InvariantCulture), "-U", database.Username!, "-n", "-M", "prepared",
            "-c", $"{Connections}", "-j", $"{Math.Min(Connections, Environment.ProcessorCount)}", "-T", $"{seconds}", "-f", script, database.Database!])
            start.ArgumentList.Add(word);
        if (database.Password is { Length: > 0 } password) start.Environment["PGPASSWORD"] = password;

        using var process = Process.Start(start) ?? throw new CommandFailed($"cannot start {program}");
        try
        {
            var errors = process.StandardError.ReadToEndAsync(stop);
            var printed = await process.StandardOutput.ReadToEndAsync(stop);
            await process.WaitForExitAsync(stop);
            var rate = Tps().Match(printed);
            return process.ExitCode == 0 && rate.Success
                ? double.Parse(rate.Groups[1].Value, CultureInfo.InvariantCulture)
                : throw new CommandFailed($"pgbench failed: {(await errors).Trim().ReplaceLineEndings(" ")}");
        }
        finally
        {
            if (!process.HasExited) process.Kill();
        }
    }

    private async Task<double> RunNpgsql(TimeSpan duration, CancellationToken stop)
    {
        var commands = new List<NpgsqlCommand>();
        try
        {
            for (var i = 0; i < Connections; i++) commands.Add(await PrepareInsert(stop));
            var began = Stopwatch.GetTimestamp();
            // A thread each: blocking calls cost less here than 32 tasks that wait for one another's completions.
            var counts = await Task.WhenAll(commands.Select(command => Task.Factory.StartNew(
                () => Insert(command, began, duration, stop), stop, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
            return counts.Sum() / Stopwatch.GetElapsedTime(began).TotalSeconds;
        }
        finally
        {
            foreach (var command in commands) await command.Connection!.DisposeAsync();
        }
    }

    private async Task<NpgsqlCommand> PrepareInsert(CancellationToken stop)
    {
        var connection = new NpgsqlConnection(database.ConnectionString);
        await connection.OpenAsync(stop);
        var command = new NpgsqlCommand($"INSERT INTO {Schema}.baseline VALUES ($1)", connection);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = row });
        await command.PrepareAsync(stop);
        return command;
    }

    private static long Insert(NpgsqlCommand command, long began, TimeSpan duration, CancellationToken stop)
    {
        var count = 0L;
        for (; Stopwatch.GetElapsedTime(began) < duration && !stop.IsCancellationRequested; count++) command.ExecuteNonQuery();
        return count;
    }

    private async Task Execute(string sql, CancellationToken stop)
    {
        await using var connection = new NpgsqlConnection(database.ConnectionString);
        await connection.OpenAsync(stop);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(stop);
    }

    [GeneratedRegex(@"^tps = ([0-9.]+) \(without", RegexOptions.Multiline)]
    private static partial Regex Tps();
}
