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
        var archive = Directory.CreateDirectory(Path.Combine(house.Folder, "archive"));
        archive.UnixFileMode |= UnixFileMode.OtherWrite | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;
        var postgres = await house.Start("lived");
        await postgres.Stop();
        await File.AppendAllTextAsync(
            Path.Combine(house.Folder, "lived", "pg", "postgresql.conf"), $"archive_mode = on\narchive_command = 'test ! -f {archive}/%f && cp %p {archive}/%f'\n",
            TestContext.Current.CancellationToken);
        postgres = await house.Start("lived");
        await Ask(postgres, "create table sale (n int)");
        await Ask(postgres, "insert into sale values (1)");
        Assert.Equal(0, (await Grains("backup", "--data", At("lived"), "--to", At("backup"))).Code);
        await Ask(postgres, "insert into sale values (2)");
        var until = (string)(await Ask(postgres, "select clock_timestamp()::text"))!;
        await Ask(postgres, "insert into sale values (3)");
        var last = (string)(await Ask(postgres, "select pg_walfile_name(pg_switch_wal())"))!;
        await Eventually.Holds("the log is archived", () => Task.FromResult(File.Exists(Path.Combine(archive.FullName, last))));

        Assert.Equal(0, (await Grains("restore", "--from", At("backup"), "--data", At("then"))).Code);
        Assert.Equal(0, (await Grains("restore", "--from", At("backup"), "--data", At("later"), "--wal", archive.FullName, "--until", until)).Code);
        foreach (var (folder, rows) in ((string, string)[])[("then", "1"), ("later", "1,2")])
            Assert.Equal((rows, false), await Rows(folder));
        Assert.All((string[])["then", "later"], folder => Assert.True(File.Exists(At($"{folder}/pg/restored")))); // By this whoever serves it knows (RestoredCopyTests).

        // What did not come out of the archive is on the original's timeline, and must not go into it.
        Assert.Equal(("off", "on"), ((string)(await Ask(await house.Start("then"), "show archive_mode"))!, (string)(await Ask(await house.Start("later"), "show archive_mode"))!));

        // What lived on the lost end of the other one is told apart by this.
        Assert.NotEqual(await Ask(postgres, Timeline), await Ask(await house.Start("later"), Timeline));
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
            var ran = await Grains(arguments);
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
        Assert.Equal(0, (await Grains("backup", "--data", At("lived"), "--to", At("backup"))).Code);
        await File.AppendAllTextAsync(At("backup/global/pg_control"), "x", TestContext.Current.CancellationToken);

        var ran = await Grains("restore", "--from", At("backup"), "--data", At("new"));

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

    private static async Task<(int Code, string Error)> Grains(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("bash", [Path.Combine(Checkout.Folder, "grains"), .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        await output;
        return (process.ExitCode, error);
    }
}
