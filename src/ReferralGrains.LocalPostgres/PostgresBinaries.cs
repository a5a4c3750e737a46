using System.Globalization;
using System.Text.RegularExpressions;

namespace ReferralGrains.LocalPostgres;

/// <summary>One installed PostgreSQL: the folder of its programs and its major version.</summary>
internal sealed partial record PostgresBinaries(string Folder, int Major)
{
    public string Postgres => Path.Combine(Folder, "postgres");
    public string InitDb => Path.Combine(Folder, "initdb");
    public string PgCtl => Path.Combine(Folder, "pg_ctl");

    /// <summary>
    /// The newest PostgreSQL, or the one that made the data when several are installed: a major version
    /// cannot read the files of another.
    /// </summary>
    public static async Task<PostgresBinaries> Find(LocalPostgresOptions options, int? dataMajor, ILogger log, CancellationToken stop)
    {
        var installed = await Installed(options, stop);
        if (installed.Count == 0 && options.BinariesDirectory is { } given)
            throw new LocalPostgresException($"GRAINS_POSTGRES_BIN is {given}, which holds no postgres, initdb and pg_ctl: correct or unset it");
        if (installed.Count == 0)
        {
            await PostgresPackage.Install(log, stop);
            installed = await Installed(options, stop);
        }

        return installed.FirstOrDefault(one => dataMajor is null || one.Major == dataMajor)
            ?? throw new LocalPostgresException(installed.Count == 0
                ? PostgresPackage.HowTo
                : $"{options.DataDirectory}/pg was made by PostgreSQL {dataMajor}, but only {string.Join(", ", installed.Select(one => one.Major))} "
                + $"is installed: run 'apt-get install -y postgresql-{dataMajor}', or convert it with pg_upgrade");
    }

    private static async Task<List<PostgresBinaries>> Installed(LocalPostgresOptions options, CancellationToken stop)
    {
        var found = new List<PostgresBinaries>();
        foreach (var folder in options.BinariesDirectory is { } given ? [given] : UsualFolders())
        {
            var candidate = new PostgresBinaries(folder, 0);
            if (!File.Exists(candidate.Postgres) || !File.Exists(candidate.InitDb) || !File.Exists(candidate.PgCtl)) continue;
            var version = await PostgresProgram.Run(candidate.Postgres, ["--version"], stop);
            if (MajorVersion().Match(version.Output) is { Success: true } match)
                found.Add(candidate with { Major = int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture) });
        }

        // Stable: of one version, Debian's folder stays before PATH's.
        return [.. found.OrderByDescending(one => one.Major)];
    }

    private static IEnumerable<string> UsualFolders()
    {
        const string debian = "/usr/lib/postgresql";
        var versions = Directory.Exists(debian) ? Directory.EnumerateDirectories(debian) : [];
        var path = Environment.GetEnvironmentVariable("PATH") ?? "";
        return versions.Select(version => Path.Combine(version, "bin"))
            .Concat(path.Split(':', StringSplitOptions.RemoveEmptyEntries))
            .Distinct();
    }

    [GeneratedRegex(@"PostgreSQL\) (\d+)")]
    private static partial Regex MajorVersion();
}
