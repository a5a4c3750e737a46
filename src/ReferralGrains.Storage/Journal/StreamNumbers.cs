using Npgsql;

namespace ReferralGrains.Storage.Journal;

/// <summary>
/// Numbers for streams that are not there yet, taken from the sequence many at a time: whoever only asks uses one up and leaves
/// nothing, and of 2^63 there are enough. They rise in a process; that of another may have taken lower ones and give them later.
/// </summary>
internal sealed class StreamNumbers : IDisposable
{
    private const int AtOnce = 1_000;

    private readonly SemaphoreSlim gate = new(1);
    private readonly Queue<long> taken = new();

    public async ValueTask<long> Next(NpgsqlConnection connection)
    {
        await gate.WaitAsync();
        try
        {
            if (taken.Count == 0) await Take(connection);
            return taken.Dequeue();
        }
        finally
        {
            gate.Release();
        }
    }

    public void Dispose() => gate.Dispose();

    private async Task Take(NpgsqlConnection connection)
    {
        await using var take = new NpgsqlCommand("select nextval('stream_id_seq') from generate_series(1, $1)", connection) { Parameters = { new() { Value = AtOnce } } };
        await using var reader = await take.ExecuteReaderAsync();
        while (await reader.ReadAsync()) taken.Enqueue(reader.GetInt64(0));
    }
}
