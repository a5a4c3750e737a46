using Microsoft.Extensions.Logging;
using Npgsql;
using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Storage.Silos;

/// <summary>
/// Ends the silos that have not renewed their rows for a minute. The cluster sees to its own members within seconds; a process that is
/// a gateway alone is none, so nobody else would ever end it. Silence is counted in looks while the database answers, not in its time:
/// after an outage, or when its clock was set, all rows look old, and whoever came first would end all the others.
/// </summary>
public sealed partial class SilentSilos(NpgsqlDataSource database, TimeProvider time, ILogger<SilentSilos> log)
{
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    /// <summary>So often in a row a silo is seen with the same old date.</summary>
    public const int Looks = 12;

    private Dictionary<long, (DateTimeOffset SeenAt, int Times)> silent = [];

    /// <summary>Looks until it is told to stop.</summary>
    public async Task Watch(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(Pause, time, stop);
                await Look(stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (JournalUnavailableException)
            {
                // While it was away nobody could renew anything. That it is away is said by whoever has to write.
                silent = [];
            }
        }
    }

    private async Task Look(CancellationToken stop)
    {
        var old = await database.Rows(
            "select id, seen_at from silo where ended_at is null and seen_at < clock_timestamp() - $1",
            reader => (Silo: reader.GetInt64(0), SeenAt: reader.GetFieldValue<DateTimeOffset>(1)), stop, new NpgsqlParameter { Value = SiloLease.Term });
        var before = silent;
        silent = old.ToDictionary(
            row => row.Silo, row => (row.SeenAt, before.TryGetValue(row.Silo, out var known) && known.SeenAt == row.SeenAt ? known.Times + 1 : 1));
        foreach (var (silo, seen) in silent)
        {
            if (seen.Times < Looks) continue;
            await SiloLease.End(database, silo, stop);
            LogEnded(silo, seen.SeenAt);
        }
    }

    [LoggerMessage(LogLevel.Warning, "Silo {Silo} has been silent since {SeenAt}: it writes nothing any more.")]
    private partial void LogEnded(long silo, DateTimeOffset seenAt);
}
