namespace ReferralGrains.LocalPostgres;

/// <summary>The files and the process of our own PostgreSQL: made once, started, stopped.</summary>
internal sealed class PostgresCluster(PostgresFolder folder, PostgresBinaries binaries, LocalPostgresOptions options, ILogger log)
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(50);

    // Recovery after a crash may take minutes and says that it is under way; this is the patience with silence.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public int? LivingProcess => PostmasterFile.LivingProcess(folder.ProcessFile);

    /// <summary>
    /// Makes the database in a folder of its own and then renames it, so that one half made by a killed process is
    /// never taken for a whole one.
    /// </summary>
    public async Task Create(CancellationToken stop)
    {
        LocalPostgresLog.Creating(log, folder.Data);
        var unfinished = $"{folder.Data}.unfinished-";
        var making = $"{unfinished}{Guid.NewGuid():n}";
        try
        {
            await PostgresAccount.MakePrivateFolder(making, stop);
            var made = await PostgresAccount.Run(
                binaries.InitDb,
                ["-D", making, "-U", "postgres", "-E", "UTF8", "--locale=C", "--auth-local=trust", "--auth-host=reject"],
                stop);
            if (!made.Succeeded)
                throw new LocalPostgresException($"initdb failed in {folder.Root}: {made.Tail}{PostgresLogFile.Advice(made.Output)}");

            await PostgresAccount.MakePrivateFolder(Path.Combine(making, "log"), stop);
            await File.AppendAllTextAsync(
                Path.Combine(making, "postgresql.conf"), $"\ninclude = '{Path.GetFileName(folder.Settings)}'\n", stop);
            Directory.Move(making, folder.Data);
        }
        catch (IOException failure)
        {
            throw new LocalPostgresException($"{folder.Data} cannot be made: {failure.Message}{PostgresLogFile.Advice(failure.Message)}");
        }
        finally
        {
            // Also what an earlier start left that was killed while it made the database.
            foreach (var leftover in Directory.GetDirectories(folder.Root).Where(path => path.StartsWith(unfinished, StringComparison.Ordinal)))
                await PostgresProgram.Run("rm", ["-rf", leftover], CancellationToken.None);
        }
    }

    /// <summary>
    /// Returns when PostgreSQL answers. One that runs already is adopted. After a kill -9 its orphans hold the shared
    /// memory for a moment, during which a start fails; its process file guards against two servers on the same data,
    /// so it is never touched.
    /// </summary>
    public async Task BringUp(CancellationToken stop)
    {
        var began = options.Time.GetTimestamp();
        while (true)
        {
            var answer = await PostgresDoor.Ask(folder.Sockets, stop);
            if (answer is PostgresAnswer.Ready) return;
            if (answer is PostgresAnswer.Busy) began = options.Time.GetTimestamp();

            var failure = LivingProcess is { } process
                ? $"process {process} runs but does not answer"
                : await StartOnce(stop);
            if (options.Time.GetElapsedTime(began) > Patience)
                throw new LocalPostgresException($"PostgreSQL is not there after {Patience.TotalSeconds} s ({failure}): see {folder.Log}");
            if (failure is not null) await Task.Delay(Step, options.Time, stop);
        }
    }

    /// <summary>
    /// Ends PostgreSQL in order, or at once when its last checkpoint takes too long: nothing committed is lost either
    /// way, only the next start takes longer.
    /// </summary>
    public async Task ShutDown(CancellationToken stop)
    {
        if (LivingProcess is null) return;
        var inOrder = await Control(["stop", "-m", "fast", "-w", "-t", "10"], stop);
        if (inOrder.Succeeded || LivingProcess is null) return;
        LocalPostgresLog.StoppingAtOnce(log, inOrder.Tail);
        var atOnce = await Control(["stop", "-m", "immediate", "-w", "-t", "5"], stop);
        if (LivingProcess is { } process)
            throw new LocalPostgresException($"PostgreSQL (process {process}) does not end ({atOnce.Tail}): see {folder.Log}");
    }

    /// <returns>Null when it runs, else why it may run soon.</returns>
    private async Task<string?> StartOnce(CancellationToken stop)
    {
        if (PostmasterFile.UnreapedProcess(folder.ProcessFile) is { } dead)
            return $"the parent of process {dead}, which is dead, has not taken note of it";

        await WriteSettings(stop);
        var logged = PostgresLogFile.Length(folder.Log);
        // pg_ctl gives PostgreSQL a session of its own, so a kill of our process group leaves it running.
        var started = await Control(["start", "-w", "-s", "-l", folder.Log], stop);
        if (started.Succeeded) return null;

        var reason = PostgresLogFile.FatalSince(folder.Log, logged) ?? started.Tail;
        if (LivingProcess is not null) return reason;
        if (PostmasterFile.Stranger(folder.ProcessFile) is { } stranger)
            throw new LocalPostgresException(
                $"PostgreSQL does not start, for {folder.ProcessFile} names process {stranger}, which lives and is another program: remove that file if no PostgreSQL uses this folder");
        if (PostgresLogFile.MayPass(reason))
        {
            PostgresOrphans.End(folder.Data);
            return reason;
        }

        throw new LocalPostgresException($"PostgreSQL does not start: {reason}{PostgresLogFile.Advice(reason)} (log: {folder.Log})");
    }

    private async Task WriteSettings(CancellationToken stop)
    {
        // The settings are checked by this PostgreSQL itself: one built without LZ4 refuses its name.
        string[] question = ["-C", "wal_compression", "-c", "wal_compression=lz4", "-c", "default_toast_compression=lz4"];
        var lz4 = await PostgresAccount.Run(binaries.Postgres, ["-D", folder.Data, "-c", "config_file=/dev/null", .. question], stop);
        var settings = new PostgresSettings(
            GC.GetGCMemoryInfo().TotalAvailableMemoryBytes, new DriveInfo(folder.Data).TotalSize, folder.Sockets, options.Small, lz4.Succeeded);
        // Renamed into place: a server that another process starts at this moment would read half of a file as all of
        // it, and listen where Debian's does.
        var written = $"{folder.Settings}.{Guid.NewGuid():n}";
        try
        {
            await File.WriteAllTextAsync(written, settings.Render(), stop);
            // Root's file must be readable by PostgreSQL's user whatever the umask; the folder admits no one else.
            File.SetUnixFileMode(written, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
            File.Move(written, folder.Settings, overwrite: true);
        }
        catch (IOException failure)
        {
            throw new LocalPostgresException($"{folder.Settings} cannot be written: {failure.Message}{PostgresLogFile.Advice(failure.Message)}");
        }
        finally
        {
            File.Delete(written);
        }
    }

    private Task<ProgramOutcome> Control(string[] arguments, CancellationToken stop) =>
        PostgresAccount.Run(binaries.PgCtl, ["-D", folder.Data, .. arguments], stop);
}
