using System.Globalization;
using Npgsql;
using ReferralGrains.Cli.Api;

namespace Benchmarks;

/// <summary>What has been spent so far. Steadier than rates: a busy neighbour makes an action slow, but hardly dear.</summary>
/// <param name="ServerSeconds">Processor time of the server.</param>
/// <param name="PostgresSeconds">Processor time of PostgreSQL, all of its processes.</param>
/// <param name="AllocatedBytes">Objects that the server made.</param>
/// <param name="WalBytes">Written to the write-ahead log.</param>
internal sealed record Costs(double ServerSeconds, double PostgresSeconds, double AllocatedBytes, double WalBytes)
{
    // The kernel's unit in /proc, the same on all that we run on.
    private const double TicksPerSecond = 100;

    public static async Task<Costs> Read(BenchServer server, CancellationToken stop)
    {
        using var api = new ApiClient(server.Access);
        var metrics = await Metrics.Read(api, stop);
        await using var connection = new NpgsqlConnection(server.Database);
        await connection.OpenAsync(stop);
        await using var position = new NpgsqlCommand("SELECT pg_current_wal_lsn() - '0/0'::pg_lsn", connection);
        var wal = (decimal)(await position.ExecuteScalarAsync(stop))!;
        return new(OfProcess(server.ProcessId, withEnded: false), OfPostgres(server.PostmasterId), metrics.AllocatedBytes, (double)wal);
    }

    public Costs Since(Costs before) => new(
        ServerSeconds - before.ServerSeconds, PostgresSeconds - before.PostgresSeconds, AllocatedBytes - before.AllocatedBytes, WalBytes - before.WalBytes);

    /// <summary>For each of so many actions, to be read by a person.</summary>
    public string Each(long actions) => string.Create(
        CultureInfo.InvariantCulture,
        $"{ServerSeconds * 1e6 / actions:N1} µs of processor in the server, {PostgresSeconds * 1e6 / actions:N1} in PostgreSQL, {AllocatedBytes / actions:N0} bytes of objects an action");

    /// <summary>The postmaster knows what its ended children took; the living ones say it themselves.</summary>
    private static double OfPostgres(int postmaster) =>
        OfProcess(postmaster, withEnded: true) + Directory.EnumerateDirectories("/proc")
            .Select(folder => int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var id) && Fields(id) is { } fields && fields[1] == $"{postmaster}"
                ? OfProcess(id, withEnded: false)
                : 0)
            .Sum();

    private static double OfProcess(int id, bool withEnded) => Fields(id) is { } fields
        ? fields.Skip(11).Take(withEnded ? 4 : 2).Sum(ticks => long.Parse(ticks, CultureInfo.InvariantCulture)) / TicksPerSecond
        : 0;

    /// <summary>Of /proc/ID/stat, from the state on: the parent is [1], the times are [11] to [14]. Null when it has ended.</summary>
    private static string[]? Fields(int id)
    {
        try
        {
            var text = File.ReadAllText($"/proc/{id}/stat");
            return text[(text.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (IOException)
        {
            return null;
        }
    }
}
