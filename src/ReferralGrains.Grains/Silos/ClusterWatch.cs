using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using ReferralGrains.Grains.Due;
using ReferralGrains.Storage.Database;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Silos;

namespace ReferralGrains.Grains.Silos;

/// <summary>
/// What a silo does when the cluster changes: it ends the row and the connections of a silo that was declared dead, which may only be
/// stopped and hold locks, and it sees to it that each shard of what is due has a waker.
/// </summary>
internal sealed partial class ClusterWatch(
    IClusterMembershipService cluster, IGrainFactory grains, NpgsqlDataSource database, ILogger<ClusterWatch> log) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly HashSet<string> ended = [];

    // Both are tried each second, and said when it begins and when it ends.
    private readonly Outage ending = new(TimeProvider.System);
    private readonly Outage watching = new(TimeProvider.System);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => LastingWork.Go("Watching the cluster", Run, TimeProvider.System, log, stoppingToken);

    private async Task Run(CancellationToken stop)
    {
        await foreach (var seen in cluster.MembershipUpdates.WithCancellation(stop))
        {
            foreach (var member in seen.Members.Values)
                if (member.Status == SiloStatus.Dead && !ended.Contains(member.Name)) await End(member.Name, stop);
            await Watch(stop);
        }
    }

    // All who see it do it: one of them is enough, and any of them may be the next to die. The cluster says it once, so it is tried
    // until the database answers.
    private async Task End(string name, CancellationToken stop)
    {
        while (!ended.Contains(name))
        {
            try
            {
                await SiloLease.End(database, name, stop);
                ended.Add(name);
                ending.End();
                LogEnded(name);
            }
            catch (JournalUnavailableException exception)
            {
                if (ending.Begin()) LogNotEnded(name, exception.Message);
                await Task.Delay(Pause, TimeProvider.System, stop);
            }
        }
    }

    private async Task Watch(CancellationToken stop)
    {
        for (var shard = 0; shard < DueGrain.Shards;)
        {
            try
            {
                await grains.GetGrain<IDueGrain>(shard).Watch();
                shard++;
            }
            catch (Exception exception) when (!stop.IsCancellationRequested)
            {
                // Whatever another silo could not do, this one does not end for it.
                if (watching.Begin()) LogNotWatched(shard, exception.Message);
                await Task.Delay(Pause, TimeProvider.System, stop);
            }
        }

        if (watching.End() is { TotalSeconds: var seconds }) LogWatched(seconds);
    }

    [LoggerMessage(LogLevel.Warning, "The silo {Name} is dead: it writes nothing any more.")]
    private partial void LogEnded(string name);

    [LoggerMessage(LogLevel.Warning, "The silo {Name} is dead and could not be ended yet: {Reason}")]
    private partial void LogNotEnded(string name, string reason);

    [LoggerMessage(LogLevel.Warning, "Shard {Shard} of what is due has no waker yet: {Reason}")]
    private partial void LogNotWatched(int shard, string reason);

    [LoggerMessage(LogLevel.Information, "All shards of what is due have their wakers, after {Seconds:0} s.")]
    private partial void LogWatched(double seconds);
}
