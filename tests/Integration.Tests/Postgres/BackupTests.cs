using System.Diagnostics;
using ReferralGrains.LocalPostgres;

namespace ReferralGrains.Integration.Tests.Postgres;

/// <summary><c>grains backup</c> and <c>grains restore</c>, on the PostgreSQL of our own.</summary>
public sealed class BackupTests : IAsyncDisposable
{
    private const string Timeline = "select left(pg_walfile_name(pg_current_wal_lsn()), 8)";

    private readonly PostgresHouse house = new();

    public ValueTask DisposeAsync() => house.DisposeAsync();

    [Fact]
    public async Task What_was_backed_up_while_it_served_is_restored_as_it_was_and_to_a_time()
    {
        var postgres = await BackedUp();
        await Ask(postgres, "insert into sale values (2)");
        var until = (string)(await Ask(postgres, "select clock_timestamp()::text"))!;
        await Ask(postgres, "insert into sale values (3)");
        await Archived(postgres, "archive");

        Assert.Equal(0, (await GrainsScript.Run("restore", "--from", At("backup"), "--data", At("then"))).Code);
        Assert.Equal(0, (await GrainsScript.Run("restore", "--from", At("backup"), "--data", At("later"), "--wal", At("archive"), "--until", until)).Code);
        foreach (var (folder, rows) in ((string, string)[])[("then", "1"), ("later", "1,2")])
            Assert.Equal((rows, false), await Rows(folder));
        Assert.All((string[])["then", "later"], folder => Assert.True(File.Exists(At($"{folder}/pg/restored")))); // By this whoever serves it knows (RestoredCopyTests).

        // What lived on the lost end of the other one is told apart by this.
        Assert.NotEqual(await Ask(postgres, Timeline), await Ask(await house.Start("later"), Timeline));

        // The archive is the original's alone, so that the next restore knows of no timeline but its, and does all of it again.
        foreach (var folder in (string[])["then", "later"]) Assert.Equal("off", await Ask(await house.Start(folder), "show archive_mode"));
        await Ask(postgres, "insert into sale values (4)");
        await Archived(postgres, "archive");
        Assert.Empty(Directory.GetFiles(At("archive"), "*.history"));
        Assert.Equal(0, (await GrainsScript.Run("restore", "--from", At("backup"), "--data", At("again"), "--wal", At("archive"))).Code);
        Assert.Equal(("1,2,3,4", false), await Rows("again"));
    }

    [Fact]
    public async Task What_was_once_restored_to_a_time_does_not_stop_there_again()
    {
        var postgres = await BackedUp();
        var until = (string)(await Ask(postgres, "select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')"))!;
        await Ask(postgres, "insert into sale values (2)");
        await Archived(postgres, "archive");
        await postgres.Stop();

        // It takes the original's place, with an archive of its own.
        Assert.Equal(0, (await GrainsScript.Run("restore", "--from", At("backup"), "--data", At("next"), "--wal", At("archive"), "--until", until)).Code);
        var next = await house.Start("next");
        await Ask(next, "alter system reset archive_mode");
        await next.Stop();
        await File.AppendAllTextAsync(At("next/pg/postgresql.conf"), Archiving("archive-of-next"), TestContext.Current.CancellationToken);
        next = await house.Start("next");
        await Ask(next, "insert into sale values (3)");
        Assert.Equal(0, (await GrainsScript.Run("backup", "--data", At("next"), "--to", At("second"))).Code);
        await Ask(next, "insert into sale values (4)");
        await Archived(next, "archive-of-next");
        Assert.Equal(0, (await GrainsScript.Run("restore", "--from", At("second"), "--data", At("last"), "--wal", At("archive-of-next"))).Code);
        Assert.Equal(("1,3,4", false), await Rows("last"));
    }

    [Fact]
    public void What_is_archived_again_is_archived_and_nothing_takes_the_place_of_another()
    {
        var command = Archiving("archive").Split('\'')[1].Replace("%p", At("segment"), StringComparison.Ordinal).Replace("%f", "0001", StringComparison.Ordinal);
        var runs = new List<int>();

        // Cut short in the copying; whole; again, as after a crash; and another's log.
        foreach (var (segment, left) in ((string, string)[])[("log", ".0001"), ("log", ""), ("another log", "")])
        {
            File.WriteAllText(At("segment"), segment);
            if (left.Length > 0) File.WriteAllText(At($"archive/{left}"), "lo");
            using var run = Process.Start("sh", ["-c", command]);
            run.WaitForExit();
            runs.Add(run.ExitCode);
        }

        Assert.Equal((0, 0, 1, "log"), (runs[0], runs[1], runs[2], File.ReadAllText(At("archive/0001"))));
    }

    [Fact]
    public async Task A_folder_is_backed_up_by_whatever_name_and_only_from_its_own_PostgreSQL()
    {
        var far = new string('x', 90); // Its socket is elsewhere.
        await house.Start(far);
        Assert.Equal(0, (await GrainsScript.RunIn(house.Folder, "backup", "--data", far, "--to", "backup")).Code);
        Assert.Equal(0, (await GrainsScript.RunIn(house.Folder, "restore", "--from", "backup", "--data", "copy")).Code);

        // The settings of a copy that was never served still name the original's.
        var ran = await GrainsScript.RunIn(house.Folder, "backup", "--data", "copy", "--to", "second");
        Assert.Equal((1, $"grains: no PostgreSQL runs on {At("copy")}: start its server first (./grains up)\n"), ran);
        Assert.False(Path.Exists(At("second")));
    }

    [Fact]
    public async Task What_cannot_be_is_said_in_one_line_and_changes_nothing()
    {
        Directory.CreateDirectory(At("taken/pg"));
        Directory.CreateDirectory(At("broken"));
        foreach (var (line, arguments) in ((string, string[])[])
        [
            ("say where with --to DIR", ["backup", "--data", At("taken")]),
            ($"{At("taken")} is there already", ["backup", "--data", At("taken"), "--to", At("taken")]),
            ($"{At("none")} holds no PostgreSQL of our own", ["backup", "--data", At("none"), "--to", At("new")]),
            ("say what with --from DIR", ["restore", "--data", At("new")]),
            ("say where with --data DIR", ["restore", "--from", At("broken")]),
            ($"{At("broken")} is no backup", ["restore", "--from", At("broken"), "--data", At("new")]),
            ("--until needs --wal DIR", ["restore", "--from", At("broken"), "--data", At("new"), "--until", "2026-01-01"]),
        ])
        {
            var ran = await GrainsScript.Run(arguments);
            Assert.NotEqual(0, ran.Code);
            Assert.StartsWith("grains: " + line, ran.Error, StringComparison.Ordinal);
            Assert.Single(ran.Error.TrimEnd().Split('\n'));
        }

        Assert.False(Path.Exists(At("new")));
    }

    [Fact]
    public async Task A_backup_that_was_damaged_is_not_restored()
    {
        await house.Start("lived");
        Assert.Equal(0, (await GrainsScript.Run("backup", "--data", At("lived"), "--to", At("backup"))).Code);
        await File.AppendAllTextAsync(At("backup/global/pg_control"), "x", TestContext.Current.CancellationToken);

        var ran = await GrainsScript.Run("restore", "--from", At("backup"), "--data", At("new"));

        Assert.Equal(1, ran.Code);
        Assert.Contains("is not whole: take another backup", ran.Error, StringComparison.Ordinal);
        Assert.False(Path.Exists(At("new")));
    }

    private async Task<(string Rows, bool Recovers)> Rows(string folder)
    {
        var postgres = await house.Start(folder);
        return ((string)(await Ask(postgres, "select string_agg(n::text, ',' order by n) from sale"))!, (bool)(await Ask(postgres, "select pg_is_in_recovery()"))!);
    }

    private string At(string name) => Path.Combine(house.Folder, name);

    private static Task<object?> Ask(LocalPostgresServer postgres, string question) => PostgresHouse.Ask(postgres.OwnerConnectionString, question);

    // One that archives its log, and was backed up after the first sale.
    private async Task<LocalPostgresServer> BackedUp()
    {
        var postgres = await house.Start("lived");
        await postgres.Stop();
        await File.AppendAllTextAsync(At("lived/pg/postgresql.conf"), $"archive_mode = on\n{Archiving("archive")}", TestContext.Current.CancellationToken);
        postgres = await house.Start("lived");
        await Ask(postgres, "create table sale (n int)");
        await Ask(postgres, "insert into sale values (1)");
        Assert.Equal(0, (await GrainsScript.Run("backup", "--data", At("lived"), "--to", At("backup"))).Code);
        return postgres;
    }

    // As the page has it, into a folder of this test.
    private string Archiving(string folder)
    {
        Directory.CreateDirectory(At(folder)).UnixFileMode |= UnixFileMode.OtherWrite | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;
        return File.ReadLines(Path.Combine(Checkout.Folder, "docs/operations.md")).Single(line => line.StartsWith("archive_command = ", StringComparison.Ordinal))
            .Replace("/backup/wal", At(folder), StringComparison.Ordinal) + "\n";
    }

    private async Task Archived(LocalPostgresServer postgres, string folder)
    {
        var last = (string)(await Ask(postgres, "select pg_walfile_name(pg_switch_wal())"))!;
        await Eventually.Holds("the log is archived", () => Task.FromResult(File.Exists(At($"{folder}/{last}"))));
    }
}
