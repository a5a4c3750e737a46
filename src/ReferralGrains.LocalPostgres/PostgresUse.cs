namespace ReferralGrains.LocalPostgres;

/// <summary>
/// Says to other processes that we use this data folder: all who do hold one file, shared. Who makes the database or
/// stops PostgreSQL must hold it alone, else a second server that finds the database taken, or a fenced one, would stop
/// it under its owner. The kernel lets go of it whatever way we end.
/// </summary>
internal sealed class PostgresUse : IDisposable
{
    // EAGAIN: how .NET reports a file that another process holds.
    private const int WouldBlock = 11;

    private readonly FileStream file;

    private PostgresUse(FileStream file) => this.file = file;

    /// <summary>Null while another process makes the database or stops PostgreSQL.</summary>
    public static PostgresUse? TryShared(string path) => TryOpen(path, FileAccess.Read, FileShare.Read);

    /// <summary>Null while another process uses the folder.</summary>
    public static PostgresUse? TryAlone(string path) => TryOpen(path, FileAccess.ReadWrite, FileShare.None);

    public void Dispose() => file.Dispose();

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
            throw new LocalPostgresException($"{path} cannot be written: start as the user who owns the folder, or choose another with --data");
        }
        catch (IOException busy) when (busy.HResult == WouldBlock)
        {
            return null;
        }
        catch (IOException failure)
        {
            throw new LocalPostgresException($"{path} cannot be opened: {failure.Message}{PostgresLogFile.Advice(failure.Message)}");
        }
    }
}
