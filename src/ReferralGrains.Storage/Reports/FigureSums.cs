using Npgsql;
using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Silos;

namespace ReferralGrains.Storage.Reports;

/// <summary>
/// Sums what was posted by program and week, behind the journal and along the chain of seals, so that figures are read from few rows. What
/// is not summed yet <see cref="Figures"/> adds: they are as exact when this lags as when it does not, so it lets commits go first.
/// </summary>
/// <param name="busy">Whether commits take much of the time.</param>
public sealed class FigureSums(NpgsqlDataSource database, ISiloLease lease, Func<bool> busy, TimeProvider time)
{
    private const int CommitsAtOnce = 50;

    /// <summary>Long, so that a busy minute costs little; short, so that a look after it does not read much.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(15);

    /// <summary>Under a load that lasts it keeps its distance in small steps.</summary>
    private static readonly TimeSpan PauseWhenLate = TimeSpan.FromSeconds(1);

    /// <summary>Goes on until it is told to end. One process does it at a time, whichever comes first.</summary>
    public async Task Watch(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                // Under load, one step all the same.
                while (await Next(stop) == CommitsAtOnce && (!busy() || await IsLate(stop))) await Task.Yield();
                var since = time.GetTimestamp();
                do await Task.Delay(PauseWhenLate, time, stop);
                while (time.GetElapsedTime(since) < Pause && !(busy() && await IsLate(stop)));
            }
            catch (Exception away) when (away is JournalUnavailableException or LeaseLostException)
            {
                await Task.Delay(Pause, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
        }
    }

    /// <summary>Sums the next commits that are sealed.</summary>
    /// <returns>How many; 0 where there is none, or another process is at it.</returns>
    public Task<int> Next(CancellationToken stop) => database.Row(
        "select sum_figures($1) where is_alive($2)", static reader => reader.GetInt32(0), stop, Questions.Int(CommitsAtOnce), Questions.Long(lease.Silo));

    private Task<bool> IsLate(CancellationToken stop) => Lag.IsLong(database, "figure_position", stop);
}
