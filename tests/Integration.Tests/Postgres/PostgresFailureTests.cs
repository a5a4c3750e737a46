using Microsoft.Extensions.Logging.Abstractions;
using ReferralGrains.LocalPostgres;

namespace ReferralGrains.Integration.Tests.Postgres;

/// <summary>Each failure is one line that says what to do.</summary>
public sealed class PostgresFailureTests : IAsyncDisposable
{
    private readonly PostgresHouse house = new();

    public ValueTask DisposeAsync() => house.DisposeAsync();

    [Fact]
    public async Task Programs_that_are_not_where_they_were_said_to_be()
    {
        var message = await Failure(new() { DataDirectory = house.Folder, BinariesDirectory = "/nowhere" });
        Assert.Equal("GRAINS_POSTGRES_BIN is /nowhere, which holds no postgres, initdb and pg_ctl: correct or unset it", message);
    }

    [Fact]
    public async Task A_data_folder_that_is_a_file()
    {
        var file = Path.Combine(house.Folder, "file");
        await File.WriteAllTextAsync(file, "", TestContext.Current.CancellationToken);
        Assert.Contains("choose another folder with --data", await Failure(new() { DataDirectory = file }), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_of_something_else_in_the_place_of_the_database()
    {
        Directory.CreateDirectory(Path.Combine(house.Folder, "pg"));
        Assert.Contains("holds no database: move it away", await Failure(new() { DataDirectory = house.Folder }), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Data_of_another_major_version()
    {
        Directory.CreateDirectory(Path.Combine(house.Folder, "pg"));
        await File.WriteAllTextAsync(Path.Combine(house.Folder, "pg", "PG_VERSION"), "9\n", TestContext.Current.CancellationToken);

        var message = await Failure(new() { DataDirectory = house.Folder });
        Assert.Contains("was made by PostgreSQL 9", message, StringComparison.Ordinal);
        Assert.Contains("pg_upgrade", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_setting_that_PostgreSQL_refuses()
    {
        var postgres = await house.Start();
        await postgres.Stop();
        await File.AppendAllTextAsync(
            Path.Combine(house.Folder, "pg", "postgresql.conf"), "max_connections = many\n", TestContext.Current.CancellationToken);

        var message = await Failure(new() { DataDirectory = house.Folder });
        Assert.Contains("PostgreSQL does not start", message, StringComparison.Ordinal);
        Assert.Contains("pg/log/postgres.log", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_note_whose_number_is_another_programs_by_now()
    {
        var postgres = await house.Start();
        await postgres.Stop();
        // PostgreSQL asks only after processes of its own user.
        string[] asPostgres = Environment.IsPrivilegedProcess ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] : [];
        string[] command = [.. asPostgres, "sleep", "600"];
        using var other = System.Diagnostics.Process.Start(command[0], command[1..]);
        try
        {
            await Eventually.Holds("it is what it is going to be", () => Task.FromResult(File.ReadAllText($"/proc/{other.Id}/cmdline").StartsWith("sleep", StringComparison.Ordinal)));
            await File.WriteAllTextAsync(Path.Combine(house.Folder, "pg", "postmaster.pid"), $"{other.Id}\n{house.Folder}/pg\n", TestContext.Current.CancellationToken);
            Assert.Contains($"names process {other.Id}, which lives and is another program", await Failure(new() { DataDirectory = house.Folder }), StringComparison.Ordinal);
        }
        finally
        {
            other.Kill();
        }
    }

    [Fact]
    public async Task A_start_that_was_killed_while_it_made_the_database_leaves_nothing_behind()
    {
        Directory.CreateDirectory(Path.Combine(house.Folder, "pg.unfinished-1", "base"));
        await house.Start();
        Assert.Equal(["pg", "pg.lock", "socket"], Directory.GetFileSystemEntries(house.Folder).Select(Path.GetFileName).Order());
    }

    private static async Task<string> Failure(LocalPostgresOptions options)
    {
        var failure = await Assert.ThrowsAsync<LocalPostgresException>(
            () => LocalPostgresServer.Start(options with { Small = true }, NullLogger.Instance, TestContext.Current.CancellationToken));
        Assert.DoesNotContain('\n', failure.Message);
        return failure.Message;
    }
}
