using Npgsql;

namespace ReferralGrains.Storage.Journal;

/// <summary>
/// Numbers for streams that are not there yet, taken from the sequence many at a time: whoever only asks uses one up and leaves
/// nothing, and of 2^63 there are enough.
/// </summary>
internal sealed class StreamNumbers
{
    private const int AtOnce = 1_000;

    private readonly Lock gate = new();
    private readonly Queue<long> taken = new();

    public async ValueTask<long> Next(NpgsqlConnection connection)
    {
        while (true)
        {
            lock (gate)
                if (taken.TryDequeue(out var number)) return number;
            await using var take = new NpgsqlCommand("select nextval('stream_id_seq') from generate_series(1, $1)", connection) { Parameters = { new() { Value = AtOnce } } };
            await using var reader = await take.ExecuteReaderAsync();
            while (await reader.ReadAsync())
                lock (gate) taken.Enqueue(reader.GetInt64(0));
        }
    }
}
