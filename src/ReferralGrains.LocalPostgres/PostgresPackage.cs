namespace ReferralGrains.LocalPostgres;

/// <summary>Debian's package of PostgreSQL, for a machine that has none.</summary>
internal static class PostgresPackage
{
    public const string HowTo =
        "PostgreSQL is not installed: run 'sudo apt-get install -y postgresql', or name the folder of its programs in GRAINS_POSTGRES_BIN";

    private const string ClusterSettings = "/etc/postgresql-common/createcluster.conf";

    public static async Task Install(ILogger log, CancellationToken stop)
    {
        if (!Environment.IsPrivilegedProcess || !File.Exists("/usr/bin/apt-get")) throw new LocalPostgresException(HowTo);
        LocalPostgresLog.Installing(log);

        // Debian would otherwise make and start a server of its own, which nobody asked for.
        if (!File.Exists(ClusterSettings))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(ClusterSettings)!);
            await File.WriteAllTextAsync(ClusterSettings, "create_main_cluster = false\n", stop);
        }

        // Out-of-date lists are only a reason to fail when the install itself fails.
        await PostgresProgram.Run("apt-get", ["update", "-q"], stop);
        var installed = await PostgresProgram.Run(
            "apt-get", ["install", "-y", "-q", "--no-install-recommends", "-o", "Dpkg::Options::=--force-confold", "postgresql"], stop);
        if (!installed.Succeeded)
            throw new LocalPostgresException(
                $"PostgreSQL cannot be installed ({installed.Tail}): run 'apt-get install -y postgresql' and start again");
    }
}
