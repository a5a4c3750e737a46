using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using ReferralGrains.LocalPostgres;

namespace ReferralGrains.Integration.Tests.Postgres;

/// <summary>A data folder of one test, and what a test does to the server in it.</summary>
public sealed class PostgresHouse : IAsyncDisposable
{
    private readonly List<LocalPostgresServer> started = [];

    public PostgresHouse() => File.SetUnixFileMode(Folder, File.GetUnixFileMode(Folder) | UnixFileMode.OtherExecute);

    public string Folder { get; } = Directory.CreateTempSubdirectory("rg-house-").FullName;

    public async Task<LocalPostgresServer> Start(string? below = null)
    {
        var postgres = await LocalPostgresServer.Start(
            new() { DataDirectory = Path.Combine(Folder, below ?? ""), Small = true }, NullLogger.Instance, TestContext.Current.CancellationToken);
        lock (started) started.Add(postgres);
        return postgres;
    }

    public static void Kill(LocalPostgresServer postgres)
    {
        using var process = Process.GetProcessById(postgres.ProcessId!.Value);
        process.Kill();
        process.WaitForExit();
    }

    /// <summary>Ends the server behind our back, as an administrator would, by the signal that <c>pg_ctl stop -m immediate</c> sends.</summary>
    public static async Task StopImmediately(LocalPostgresServer postgres)
    {
        var process = postgres.ProcessId!.Value;
        using var kill = Process.Start("kill", ["-QUIT", $"{process}"]);
        await kill.WaitForExitAsync();
        await Eventually.Holds("the server is gone", () => Task.FromResult(postgres.ProcessId != process));
    }

    public static async Task<object?> Ask(string connectionString, string question)
    {
        // A connection kept from before a restart would be refused once.
        await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = new NpgsqlCommand(question, connection);
        return await command.ExecuteScalarAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Asks until it is answered, as a client does that was told to come back.</summary>
    public static async Task<object?> AskUntilAnswered(string connectionString, string question)
    {
        object? answer = null;
        await Eventually.Holds("it answers", async () =>
        {
            try
            {
                answer = await Ask(connectionString, question);
                return true;
            }
            catch (NpgsqlException)
            {
                return false;
            }
        });
        return answer;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var postgres in started) await postgres.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }
}
