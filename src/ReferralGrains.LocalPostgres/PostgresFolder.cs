using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace ReferralGrains.LocalPostgres;

/// <summary>Where each thing of our own PostgreSQL lies below the data folder of the product.</summary>
internal sealed class PostgresFolder
{
    // The kernel ends a socket's path at 107 bytes, and PostgreSQL adds "/.s.PGSQL.5432" to its folder's.
    private const int LongestSocketFolder = 85;

    public PostgresFolder(string dataDirectory)
    {
        Root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(dataDirectory));
        var beside = Path.Combine(Root, "socket");
        Sockets = Encoding.UTF8.GetByteCount(beside) <= LongestSocketFolder ? beside : ShortSocketFolder(Root);
    }

    public string Root { get; }
    public string Data => Path.Combine(Root, "pg");
    public string Sockets { get; }
    public string VersionFile => Path.Combine(Data, "PG_VERSION");
    public string ProcessFile => Path.Combine(Data, "postmaster.pid");
    public string Settings => Path.Combine(Data, "grains.conf");
    public string Log => Path.Combine(Data, "log", "postgres.log");
    public string UseFile => Path.Combine(Root, "pg.lock");

    /// <summary>The major version of PostgreSQL that made the data, or null when there is none yet.</summary>
    public async Task<int?> MadeBy(CancellationToken stop)
    {
        try
        {
            return int.Parse(await File.ReadAllTextAsync(VersionFile, stop), CultureInfo.InvariantCulture);
        }
        catch (Exception absent) when (absent is DirectoryNotFoundException or FileNotFoundException)
        {
            if (!Directory.Exists(Data)) return null;
            throw new LocalPostgresException($"{Data} exists but holds no database: move it away, or choose another folder with --data");
        }
        catch (UnauthorizedAccessException)
        {
            throw BelongsToAnother();
        }
    }

    public void MakeRoot()
    {
        try
        {
            Directory.CreateDirectory(Root);
            // A folder that root made for itself would be closed to PostgreSQL's user; our own secrets in it are closed one by one.
            if (PostgresAccount.IsAnother) File.SetUnixFileMode(Root, File.GetUnixFileMode(Root) | UnixFileMode.OtherExecute);
        }
        catch (Exception refused) when (refused is UnauthorizedAccessException or IOException)
        {
            throw new LocalPostgresException($"{Root} cannot be made ({refused.Message}): choose another folder with --data, or make it writable");
        }
    }

    /// <summary>Checks that PostgreSQL's user can get to the data, and makes the folder of the socket.</summary>
    public async Task Prepare(CancellationToken stop)
    {
        if (!(await PostgresAccount.Run("test", ["-x", Root], stop)).Succeeded)
            throw new LocalPostgresException(
                $"{Root} cannot be entered by the user postgres, as whom PostgreSQL runs: "
                + "run 'chmod o+x' on the folders above it, or choose another with --data");

        if (Directory.Exists(Data) && !(await PostgresAccount.Run("test", ["-O", Data], stop)).Succeeded) throw BelongsToAnother();
        if (!Directory.Exists(Sockets)) await PostgresAccount.MakePrivateFolder(Sockets, stop);
        else if (!await IsOurs(Sockets, stop))
            throw new LocalPostgresException($"{Sockets} is not a folder that only PostgreSQL's user may enter: remove it and start again");
    }

    private LocalPostgresException BelongsToAnother() =>
        new($"{Data} belongs to another user: start as that user, or choose another folder with --data");

    /// <summary>Anybody could have made a folder of this name in /tmp before us, and would then own the way in.</summary>
    private static async Task<bool> IsOurs(string folder, CancellationToken stop) =>
        new DirectoryInfo(folder).LinkTarget is null
        && File.GetUnixFileMode(folder) == (UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute)
        && (await PostgresAccount.Run("test", ["-O", folder], stop)).Succeeded;

    private static string ShortSocketFolder(string root)
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(root)).AsSpan(0, 8));
        return Path.Combine(PostgresAccount.IsAnother ? "/run" : "/tmp", $"referralgrains-{hash}");
    }
}
