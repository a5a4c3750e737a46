using ReferralGrains.Server;
using static ReferralGrains.Integration.Tests.Postgres.PostgresHouse;

namespace ReferralGrains.Integration.Tests.Postgres;

public sealed class PostgresSettingsTests(PostgresServer server) : IAsyncLifetime
{
    private TestDatabase? database;
    private string owner = "";
    private string application = "";

    public async ValueTask InitializeAsync()
    {
        database = await server.CreateDatabase();
        (owner, application) = (database.OwnerConnectionString, database.ConnectionString);
    }

    public ValueTask DisposeAsync() => database!.DisposeAsync();

    [Fact]
    public async Task The_settings_of_our_file_are_in_force()
    {
        (string Name, string Value)[] expected =
        [
            ("fsync", "on"), ("synchronous_commit", "on"), ("full_page_writes", "on"), ("wal_level", "replica"),
            ("listen_addresses", ""), ("checkpoint_timeout", "15min"), ("shared_buffers", "256MB"),
            ("max_connections", "200"), ("jit", "off"), ("track_io_timing", "off"), ("lc_collate", "C"), ("server_encoding", "UTF8"),
            ("timezone", "UTC"), ("log_error_verbosity", "terse"), ("data_checksums", "off"),
        ];
        var actual = await Task.WhenAll(expected.Select(async one => (one.Name, Value: (string)(await Ask(owner, $"SHOW {one.Name}"))!)));
        Assert.Equal(expected, actual);
    }

    [Fact]
    public async Task A_database_that_may_lose_what_it_acknowledged_is_not_served()
    {
        await using (var safe = Databases.Open(application)) await Databases.RefuseUnsafe(safe, TestContext.Current.CancellationToken);

        await using var hasty = Databases.Open(application + ";Options=-c synchronous_commit=off");
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => Databases.RefuseUnsafe(hasty, TestContext.Current.CancellationToken));
        Assert.Contains("synchronous_commit", refused.Message, StringComparison.Ordinal);
    }

    // What is in force is the socket's, and that is none of TCP here: what was asked for is seen.
    [Fact]
    public async Task PostgreSQL_ends_a_connection_that_was_cut_without_a_word_in_seconds_beside_what_else_is_asked_of_it()
    {
        await using var database = Databases.Open(application + ";Options=-c work_mem=5MB");
        await using var ask = database.CreateCommand("select string_agg(reset_val, ' ' order by name) from pg_settings where name like 'tcp%' or name = 'work_mem'");
        Assert.Equal("3 5 2 11000 5120", await ask.ExecuteScalarAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task The_write_ahead_log_may_take_an_eighth_of_the_disk_but_no_more_than_8_GB()
    {
        var disk = new DriveInfo((string)(await Ask(owner, "SHOW data_directory"))!).TotalSize / 1024 / 1024;
        Assert.Equal($"{Math.Min(disk / 8, 8192)}", await Ask(owner, "SELECT setting FROM pg_settings WHERE name = 'max_wal_size'"));
    }

    [Fact]
    public async Task No_setting_of_our_file_is_unknown_or_waits_for_a_restart() =>
        Assert.Equal(0L, await Ask(owner, "SELECT count(*) FROM pg_file_settings WHERE error IS NOT NULL"));

    [Fact]
    public async Task The_application_is_no_superuser_and_owns_nothing()
    {
        const string privileges =
            "SELECT rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls FROM pg_roles WHERE rolname = current_user";
        Assert.Equal(false, await Ask(application, privileges));
        Assert.Equal(true, await Ask(owner, privileges));
        Assert.Equal(0L, await Ask(owner, "SELECT count(*) FROM pg_shdepend WHERE refobjid = 'grains'::regrole AND deptype = 'o'"));
    }

    [Fact]
    public async Task Only_its_own_user_may_enter_the_folders_of_data_and_socket()
    {
        const UnixFileMode mine = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        Assert.Equal(mine, File.GetUnixFileMode((string)(await Ask(owner, "SHOW data_directory"))!));
        Assert.Equal(mine, File.GetUnixFileMode((string)(await Ask(owner, "SHOW unix_socket_directories"))!));
    }

    [Fact]
    public async Task A_value_that_a_failing_statement_names_is_not_in_the_log()
    {
        await Ask(owner, "CREATE TABLE once (id text PRIMARY KEY)");
        await Ask(owner, "INSERT INTO once VALUES ('canary@example.com')");
        await Assert.ThrowsAsync<Npgsql.PostgresException>(() => Ask(owner, "INSERT INTO once VALUES ('canary@example.com')"));

        var folder = (string)(await Ask(owner, "SHOW data_directory"))!;
        var log = await File.ReadAllTextAsync(Path.Combine(folder, "log", "postgres.log"), TestContext.Current.CancellationToken);
        Assert.Contains("duplicate key", log, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", log, StringComparison.Ordinal);
    }
}
