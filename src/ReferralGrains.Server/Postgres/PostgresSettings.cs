using System.Globalization;

namespace ReferralGrains.Server.Postgres;

/// <summary>The settings file of our own PostgreSQL, which its postgresql.conf includes. Written before each start.</summary>
internal static class PostgresSettings
{
    private const long Megabyte = 1024 * 1024;
    private const long SmallSharedBuffers = 256;
    private const long LargestSharedBuffers = 8192;

    /// <param name="memoryBytes">What this machine or container may use.</param>
    /// <param name="sockets">The folder of the Unix socket.</param>
    /// <param name="small">See <see cref="EmbeddedPostgresOptions.Small"/>.</param>
    /// <param name="lz4">Whether this PostgreSQL was built with LZ4.</param>
    public static string Render(long memoryBytes, string sockets, bool small, bool lz4)
    {
        var memory = memoryBytes / Megabyte;
        var sharedBuffers = small ? SmallSharedBuffers : Math.Clamp(memory / 4, 64, LargestSharedBuffers);
        return string.Create(CultureInfo.InvariantCulture, $"""
            # Written by referralgrains before each start: changes here are lost. Put yours in postgresql.conf, below the include.

            # The only way in is a socket in a folder that only this user may enter.
            listen_addresses = ''
            port = 5432
            unix_socket_directories = '{sockets.Replace("'", "''", StringComparison.Ordinal)}'
            unix_socket_permissions = 0700
            max_connections = 100

            # An acknowledged action is never lost.
            fsync = on
            synchronous_commit = on
            full_page_writes = on
            wal_level = replica

            # Full-page images after a checkpoint halve the rate of a large journal, so checkpoints are rare and images packed.
            max_wal_size = 8GB
            min_wal_size = {(small ? "80MB" : "1GB")}
            checkpoint_timeout = 15min
            wal_compression = {(lz4 ? "lz4" : "on")}
            default_toast_compression = {(lz4 ? "lz4" : "pglz")}

            shared_buffers = {sharedBuffers}MB
            effective_cache_size = {Math.Max(memory / 2, sharedBuffers)}MB
            work_mem = 16MB
            maintenance_work_mem = {(small ? 64 : 256)}MB
            random_page_cost = 1.1
            jit = off
            track_io_timing = off

            # The journal only grows: its new pages are frozen in steady portions instead of in one anti-wraparound storm.
            autovacuum_naptime = 30s
            autovacuum_max_workers = 2
            autovacuum_vacuum_insert_threshold = 100000
            autovacuum_vacuum_insert_scale_factor = 0.1
            autovacuum_vacuum_scale_factor = 0.05
            autovacuum_analyze_scale_factor = 0.05

            # A backend whose client was killed ends its query instead of holding its locks.
            client_connection_check_interval = 1s

            # Statements and details of errors quote customers' values, which belong in no log.
            log_min_error_statement = panic
            log_error_verbosity = terse
            log_line_prefix = '%m [%p] '
            log_timezone = 'UTC'
            timezone = 'UTC'

            """);
    }
}
