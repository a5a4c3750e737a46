namespace ReferralGrains.LocalPostgres;

/// <summary>
/// The operating-system user that PostgreSQL runs as: ourselves, or <c>postgres</c> when we are root, as which
/// PostgreSQL refuses to run.
/// </summary>
internal static class PostgresAccount
{
    private const string Name = "postgres";

    public static bool IsAnother => Environment.IsPrivilegedProcess;

    public static async Task EnsureExists(CancellationToken stop)
    {
        if (IsAnother && !(await PostgresProgram.Run("id", ["-u", Name], stop)).Succeeded)
            throw new LocalPostgresException(
                "PostgreSQL cannot run as root and there is no user postgres: run 'useradd --system postgres', or start as another user");
    }

    public static Task<ProgramOutcome> Run(string file, IEnumerable<string> arguments, CancellationToken stop) =>
        IsAnother
            ? PostgresProgram.Run("setpriv", [$"--reuid={Name}", $"--regid={Name}", "--init-groups", file, .. arguments], stop)
            : PostgresProgram.Run(file, arguments, stop);

    /// <summary>Makes a folder that only this user may enter; one that exists is given to it.</summary>
    public static async Task MakePrivateFolder(string path, CancellationToken stop)
    {
        string[] owner = IsAnother ? ["-o", Name, "-g", Name] : [];
        var made = await PostgresProgram.Run("install", ["-d", "-m", "0700", .. owner, path], stop);
        if (!made.Succeeded)
            throw new LocalPostgresException($"{path} cannot be made ({made.Tail}): choose another folder with --data, or make it writable");
    }
}
