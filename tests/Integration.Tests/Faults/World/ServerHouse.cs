using System.Globalization;
using ReferralGrains.Integration.Tests.Postgres;

namespace ReferralGrains.Integration.Tests.Faults.World;

/// <summary>A port, a folder and a database in which servers live one after another, or two at once.</summary>
public sealed class ServerHouse : IAsyncDisposable
{
    private readonly List<ServerProcess> started = [];
    private readonly TestDatabase? database;

    private ServerHouse(TestDatabase? database) => this.database = database;

    public string Folder { get; } = Directory.CreateTempSubdirectory("rg-faults-").FullName;

    public int Port { get; } = Ports.Next();

    /// <summary>The superuser's connection to the database of a house that is not embedded.</summary>
    public string Owner => database!.OwnerConnectionString;

    /// <summary>The process of the house's own PostgreSQL, or null when there is none at this moment.</summary>
    public int? Postmaster => PostmasterOf(Folder);

    /// <summary>On a database of the tests' PostgreSQL, which is quick and does not go away.</summary>
    public static async Task<ServerHouse> On(PostgresServer server) => new(await server.CreateMigrated());

    /// <summary>With a PostgreSQL of its own, which a test may kill.</summary>
    public static ServerHouse Embedded() => new(null);

    /// <summary>Of a server beside the house's own: a folder belongs to one process.</summary>
    public string FolderOf(int port) => Path.Combine(Folder, $"{port}");

    public ServerProcess Launch(string? failpoint = null, int? port = null, string? role = null, int? http2Port = null, bool demo = false, IReadOnlyDictionary<string, string>? settings = null)
    {
        var folder = port is { } beside ? Directory.CreateDirectory(FolderOf(beside)).FullName : Folder;
        var process = ServerProcess.Launch(port ?? Port, folder, database?.OwnerConnectionString, failpoint, role, http2Port, demo, settings);
        started.Add(process);
        return process;
    }

    public async Task<ServerProcess> Start(string? failpoint = null, int? port = null, string? role = null, IReadOnlyDictionary<string, string>? settings = null)
    {
        var process = Launch(failpoint, port, role, settings: settings);
        await process.Ready();
        return process;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in started) await process.DisposeAsync();
        foreach (var folder in (string[])[Folder, .. Directory.GetDirectories(Folder)])
        {
            if (PostmasterOf(folder) is not { } postmaster) continue;
            ServerProcess.Signal("QUIT", postmaster);
            await Eventually.Holds("PostgreSQL is gone", () => Task.FromResult(PostmasterOf(folder) is null));
        }

        if (database is not null) await database.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }

    private static int? PostmasterOf(string folder)
    {
        try
        {
            return File.ReadLines(Path.Combine(folder, "pg", "postmaster.pid")).FirstOrDefault() is { } id
                && int.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var process) && Directory.Exists($"/proc/{process}")
                    ? process
                    : null;
        }
        catch (IOException)
        {
            // There is none, or it is being replaced.
            return null;
        }
    }
}
