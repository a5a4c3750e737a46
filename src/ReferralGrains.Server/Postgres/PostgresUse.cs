namespace ReferralGrains.Server.Postgres;

/// <summary>
/// Says to other processes that we use this data folder: all who do hold one file, shared. Who makes the database or
/// stops PostgreSQL must hold it alone, else a second server that finds the database taken, or a fenced one, would stop
/// it under its owner. The kernel lets go of it whatever way we end.
/// </summary>
internal sealed class PostgresUse : IDisposable
{
    // EAGAIN: how .NET reports a file that another process holds.
    private const int WouldBlock = 11;
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly FileStream file;

    private PostgresUse(FileStream file) => this.file = file;

    public static Task<PostgresUse> Shared(string path, TimeProvider time, CancellationToken stop) =>
        Wait(path, () => TryOpen(path, FileAccess.Read, FileShare.Read), time, stop);

    public static Task<PostgresUse> Alone(string path, TimeProvider time, CancellationToken stop) =>
        Wait(path, () => TryAlone(path), time, stop);

    /// <summary>Null when another process uses the folder.</summary>
    public static PostgresUse? TryAlone(string path) => TryOpen(path, FileAccess.ReadWrite, FileShare.None);

    public void Dispose() => file.Dispose();

    private static async Task<PostgresUse> Wait(string path, Func<PostgresUse?> tryOpen, TimeProvider time, CancellationToken stop)
    {
        for (var began = time.GetTimestamp(); time.GetElapsedTime(began) < Patience; await Task.Delay(Step, time, stop))
            if (tryOpen() is { } use) return use;
        throw new EmbeddedPostgresException($"another process has been making or stopping the database for {Patience.TotalSeconds} s: end it ('fuser {path}' names it)");
    }

    private static PostgresUse? TryOpen(string path, FileAccess access, FileShare share)
    {
        try
        {
            // Opened for appending it is made when absent and never cut; .NET then takes no lock on it.
            if (!File.Exists(path)) File.AppendAllText(path, "");
            return new(new FileStream(path, FileMode.Open, access, share));
        }
        catch (UnauthorizedAccessException)
        {
            throw new EmbeddedPostgresException($"{path} cannot be written: start as the user who owns the folder, or choose another with --data");
        }
        catch (IOException busy) when (busy.HResult == WouldBlock)
        {
            return null;
        }
    }
}
