using System.Globalization;

namespace ReferralGrains.LocalPostgres;

/// <summary>The settings file of our own PostgreSQL, which its postgresql.conf includes. Written before each start.</summary>
/// <param name="MemoryBytes">What this machine or container may use.</param>
/// <param name="DiskBytes">The size of the disk that holds the data.</param>
/// <param name="Sockets">The folder of the Unix socket.</param>
/// <param name="Small">See <see cref="LocalPostgresOptions.Small"/>.</param>
/// <param name="Lz4">Whether this PostgreSQL was built with LZ4.</param>
internal sealed record PostgresSettings(long MemoryBytes, long DiskBytes, string Sockets, bool Small, bool Lz4)
{
    private const long Megabyte = 1024 * 1024;
    private const long SmallSharedBuffers = 256;
    private const long LargestSharedBuffers = 8192;
    private const long LargestLog = 8192;
    private const long SmallestLog = 64;

    public string Render()
    {
        var memory = MemoryBytes / Megabyte;
        var sharedBuffers = Small ? SmallSharedBuffers : Math.Clamp(memory / 4, 64, LargestSharedBuffers);
        // On a small disk the write-ahead log must not be what fills it.
        var largestLog = Math.Clamp(DiskBytes / Megabyte / 8, SmallestLog, LargestLog);
        var smallestLog = Small ? SmallestLog : Math.Max(largestLog / 8, SmallestLog);
        return string.Create(CultureInfo.InvariantCulture, $"""
            # Written by referralgrains before each start: changes here are lost. Put yours in postgresql.conf, below the include.

            # The only way in is a socket in a folder that only this user may enter.
            listen_addresses = ''
            port = 5432
            unix_socket_directories = '{Sockets.Replace("'", "''", StringComparison.Ordinal)}'
            unix_socket_permissions = 0700
            max_connections = 200

            # An acknowledged action is never lost.
            fsync = on
            synchronous_commit = on
            full_page_writes = on
            wal_level = replica

            # Full-page images after a checkpoint halve the rate of a large journal, so checkpoints are rare and images packed.
            max_wal_size = {largestLog}MB
            min_wal_size = {smallestLog}MB
            checkpoint_timeout = 15min
            wal_compression = {(Lz4 ? "lz4" : "on")}
            default_toast_compression = {(Lz4 ? "lz4" : "pglz")}

            shared_buffers = {sharedBuffers}MB
            effective_cache_size = {Math.Max(memory / 2, sharedBuffers)}MB
            work_mem = 16MB
            maintenance_work_mem = {(Small ? 64 : 256)}MB
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
