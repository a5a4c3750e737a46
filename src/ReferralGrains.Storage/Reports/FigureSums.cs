using Npgsql;
using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Silos;

namespace ReferralGrains.Storage.Reports;

/// <summary>
/// Sums what was posted by program and week, behind the journal and along the chain of seals, so that figures are read from few rows. What
/// is not summed yet <see cref="Figures"/> adds: they are as exact when this lags as when it does not.
/// </summary>
public sealed class FigureSums(NpgsqlDataSource database, ISiloLease lease, TimeProvider time)
{
    private const int CommitsAtOnce = 200;

    // Long, so that a busy minute costs little; short, so that a look after it does not read much.
    private static readonly TimeSpan pause = TimeSpan.FromSeconds(15);

    /// <summary>Goes on until it is told to end. One process does it at a time, whichever comes first.</summary>
    public async Task Watch(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                while (await Next(stop) == CommitsAtOnce) await Task.Yield();
                await Task.Delay(pause, time, stop);
            }
            catch (Exception away) when (away is JournalUnavailableException or LeaseLostException)
            {
                await Task.Delay(pause, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
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
}
