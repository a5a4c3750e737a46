namespace ReferralGrains.LocalPostgres;

/// <summary>
/// A PostgreSQL of our own, on a private data folder and a Unix socket. It runs in a session of its own, so it outlives
/// a killed server and is adopted by the next one; a clean stop ends it, unless another process uses it.
/// </summary>
public sealed class LocalPostgresServer : IAsyncDisposable
{
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly PostgresFolder folder;
    private readonly PostgresCluster cluster;
    private readonly PostgresUse use;
    private readonly TimeProvider time;
    private readonly ILogger log;
    private readonly SemaphoreSlim turn = new(1);
    private readonly CancellationTokenSource stopping = new();
    // Said when it begins, when the reason changes and when it is over, not with each try.
    private long? goneSince;
    private string? whyNotBack;
    private bool leftRunning;

    private LocalPostgresServer(PostgresFolder folder, PostgresCluster cluster, PostgresUse use, TimeProvider time, ILogger log) =>
        (this.folder, this.cluster, this.use, this.time, this.log) = (folder, cluster, use, time, log);

    /// <summary>For migrations: the superuser <c>postgres</c> on the database <c>grains</c>.</summary>
    public string OwnerConnectionString => PostgresDoor.ConnectionString(folder.Sockets, PostgresDoor.Owner, PostgresDoor.Database);

    /// <summary>For everything else: the role <c>grains</c>, which owns nothing.</summary>
    public string ConnectionString => PostgresDoor.ConnectionString(folder.Sockets, PostgresDoor.Application, PostgresDoor.Database);

    /// <summary>The process that serves the folder, or null when none does at this moment.</summary>
    public int? ProcessId => cluster.LivingProcess;

    /// <summary>Installs, makes, starts or adopts PostgreSQL, whichever it takes until it answers.</summary>
    /// <exception cref="LocalPostgresException">It cannot run; the message says what to do.</exception>
    public static async Task<LocalPostgresServer> Start(LocalPostgresOptions options, ILogger log, CancellationToken stop)
    {
        var folder = new PostgresFolder(options.DataDirectory);
        folder.MakeRoot();
        var binaries = await PostgresBinaries.Find(options, await folder.MadeBy(stop), log, stop);
        await PostgresAccount.EnsureExists(stop);
        await folder.Prepare(stop);

        var cluster = new PostgresCluster(folder, binaries, options, log);
        var use = await Begin(folder, cluster, options.Time, stop);
        var postgres = new LocalPostgresServer(folder, cluster, use, options.Time, log);
        try
        {
            if (cluster.LivingProcess is not null) LocalPostgresLog.Adopting(log);
            await cluster.BringUp(stop);
            await PostgresDoor.Furnish(folder.Sockets, stop);
        }
        catch
        {
            await postgres.Stop();
            throw;
        }

        LocalPostgresLog.Serving(log, binaries.Major, cluster.LivingProcess, folder.Data);
        return postgres;
    }

    /// <summary>
    /// Looks five times a second whether PostgreSQL is there and starts it again when it is not. Ends when
    /// <paramref name="stop"/> is cancelled or PostgreSQL is stopped by us.
    /// </summary>
    public async Task Watch(CancellationToken stop)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop, stopping.Token);
        var pause = Glance;
        try
        {
            while (true)
            {
                await Task.Delay(pause, time, ending.Token);
                pause = await StartAgainIfGone(ending.Token) ? Glance : Min(pause * 2, LongestPause);
            }
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            // The watch was asked to end.
        }
    }

    /// <summary>Others use it over its socket: it goes on when this process ends, and the next start on the folder adopts it.</summary>
    public void LeaveRunning() => leftRunning = true;

    /// <summary>Stops PostgreSQL, unless another process uses it: then that one stops it. Safe to call twice.</summary>
    public async Task Stop()
    {
        await stopping.CancelAsync();
        await turn.WaitAsync();
        try
        {
            use.Dispose();
            using var alone = PostgresUse.TryAlone(folder.UseFile);
            if (alone is null || leftRunning) LocalPostgresLog.LeftRunning(log, folder.Data);
            else await cluster.ShutDown(CancellationToken.None);
        }
        finally
        {
            turn.Release();
        }
    }

    public async ValueTask DisposeAsync() => await Stop();

    /// <summary>Makes the database when there is none. Of several who start at this moment one makes it and the others wait.</summary>
    private static async Task<PostgresUse> Begin(PostgresFolder folder, PostgresCluster cluster, TimeProvider time, CancellationToken stop)
    {
        for (var began = time.GetTimestamp(); time.GetElapsedTime(began) < Patience; await Task.Delay(Glance, time, stop))
        {
            if (await folder.MadeBy(stop) is null)
            {
                using var alone = PostgresUse.TryAlone(folder.UseFile);
                if (alone is null) continue;
                if (await folder.MadeBy(stop) is null) await cluster.Create(stop);
            }

            if (PostgresUse.TryShared(folder.UseFile) is { } use) return use;
        }

        throw new LocalPostgresException(
            $"another process has been making or stopping the database for {Patience.TotalSeconds} s: end it ('fuser {folder.UseFile}' names it)");
    }

    private async Task<bool> StartAgainIfGone(CancellationToken stop)
    {
        await turn.WaitAsync(stop);
        try
        {
            if (cluster.LivingProcess is not null) return true;
            if (goneSince is null) LocalPostgresLog.Gone(log);
            goneSince ??= time.GetTimestamp();
            await cluster.BringUp(stop);
            LocalPostgresLog.Back(log, (long)time.GetElapsedTime(goneSince.Value).TotalMilliseconds, cluster.LivingProcess);
            (goneSince, whyNotBack) = (null, null);
            return true;
        }
        catch (LocalPostgresException notYet)
        {
            if (whyNotBack != notYet.Message) LocalPostgresLog.NotBack(log, notYet.Message);
            whyNotBack = notYet.Message;
            return false;
        }
        finally
        {
            turn.Release();
        }
    }

    private static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
