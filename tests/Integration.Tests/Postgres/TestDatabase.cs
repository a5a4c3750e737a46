using Npgsql;

namespace ReferralGrains.Integration.Tests.Postgres;

/// <summary>An empty database of one test class; disposing of it drops it.</summary>
public sealed class TestDatabase(string name, string ownerConnectionString, string connectionString, Func<string, Task> drop) : IAsyncDisposable
{
    public string Name => name;

    /// <summary>The superuser, for migrations.</summary>
    public string OwnerConnectionString => ownerConnectionString;

    /// <summary>The role <c>grains</c>, which owns nothing.</summary>
    public string ConnectionString => connectionString;

    public async ValueTask DisposeAsync()
    {
        await using (var pooled = new NpgsqlConnection(connectionString)) NpgsqlConnection.ClearPool(pooled);
        await using (var pooled = new NpgsqlConnection(ownerConnectionString)) NpgsqlConnection.ClearPool(pooled);
        await drop(name);
    }
}
