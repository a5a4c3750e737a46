using Npgsql;
using Orleans.Concurrency;
using Orleans.Placement;
using Orleans.Storage;
using ReferralGrains.Grains.Kept;
using ReferralGrains.Turns.Due;

namespace ReferralGrains.Grains.Due;

/// <summary>The waker of one shard: finds what is due and wakes its grains. One of each shard is alive somewhere in the cluster.</summary>
[Alias("due")]
public interface IDueGrain : IGrainWithIntegerKey
{
    /// <summary>Makes sure that it is alive, and that Orleans makes it alive again wherever its silo dies.</summary>
    [Alias("watch")]
    Task Watch();

    /// <summary>For the dashboard: what it is waking, and what it leaves alone for a while.</summary>
    [Alias("state")]
    Task<string> GetState();
}

/// <inheritdoc cref="IDueGrain"/>
/// <remarks>
/// A timer sweeps every second; the reminder, which is in PostgreSQL, only sees to it that there is somebody who does. Two of one shard
/// are harmless: a grain that is woken twice finds nothing to settle the second time.
/// </remarks>
[GrainType("due"), Reentrant, HashBasedPlacement]
internal sealed class DueGrain(
    IGrainContext context, Sweeper sweeper, [PersistentState("waker", GrainStateSnapshots.Provider)] IPersistentState<WakerState> kept) : IGrainBase, IDueGrain, IRemindable, IDisposable
{
    /// <summary>How many there are.</summary>
    public const int Shards = Storage.Due.DueShards.Count;

    private const string Reminder = "awake";
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    // The least that a reminder can have.
    private static readonly TimeSpan ReminderPeriod = TimeSpan.FromMinutes(1);

    private readonly CancellationTokenSource ending = new();
    private bool isKeeping;

    public IGrainContext GrainContext => context;

    private int Shard => (int)context.GrainId.GetIntegerKey();

    public Task OnActivateAsync(CancellationToken cancellationToken)
    {
        if (kept.RecordExists && kept.State is { LeftAlone.IsDefault: false }) sweeper.Restore(kept.State);

        // Kept alive by its timer, which does not wait for grains that take long: the sweeper remembers whom it is waking.
        this.RegisterGrainTimer(
            static (grain, _) => grain.Sweep(), this,
            new() { DueTime = TimeSpan.Zero, Period = Pause, KeepAlive = true, Interleave = true });
        return Task.CompletedTask;
    }

    public Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) => ending.CancelAsync();

    public void Dispose() => ending.Dispose();

    private async Task Sweep()
    {
        await sweeper.Sweep(Shard, ending.Token);
        if (isKeeping || sweeper.LeftAlone(Shard) is var left && (kept.RecordExists ? left.Equals(kept.State) : left.LeftAlone.IsEmpty)) return;
        isKeeping = true;
        try
        {
            kept.State = left;
            await kept.WriteStateAsync();
        }
        catch (InconsistentStateException)
        {
            // Two of one shard, for a moment: what either remembers is good enough.
            await kept.ReadStateAsync();
        }
        catch (NpgsqlException)
        {
            // It is tried again with the next sweep; lost, it costs some tries that come too early.
        }
        finally
        {
            isKeeping = false;
        }
    }

    public async Task Watch()
    {
        if (await this.GetReminder(Reminder) is null) await this.RegisterOrUpdateReminder(Reminder, ReminderPeriod, ReminderPeriod);
    }

    public Task ReceiveReminder(string reminderName, TickStatus status) => Task.CompletedTask;

    public Task<string> GetState() => Task.FromResult(sweeper.Describe(Shard));
}
