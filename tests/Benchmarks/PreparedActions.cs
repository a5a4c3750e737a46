using System.Globalization;
using System.Text;
using ReferralGrains.Cli.Api;

namespace Benchmarks;

/// <summary>Sales as JSON, written before the clock starts, so that sending them costs next to nothing.</summary>
internal sealed class PreparedActions
{
    private const int ChunkBytes = 48 * 1024;
    private const int LeastAmount = 100;
    private const int MostAmount = 50_000;
    private readonly List<(byte[] Json, long Reward, int Referrer)> sales = [];

    /// <param name="program">Whose referees act.</param>
    /// <param name="prefix">What makes the action ids differ from those of any other run.</param>
    /// <param name="count">How many.</param>
    /// <param name="referee">Which referee the n-th sale is of; null spreads them at random, the same in each run.</param>
    /// <param name="occurredAt">When they occurred.</param>
    public PreparedActions(BenchProgram program, string prefix, int count, Func<int, int>? referee = null, string occurredAt = "2024-01-01T00:00:00Z")
    {
        var random = new Random(prefix.Length + count);
        for (var n = 0; n < count; n++)
        {
            var amount = random.Next(LeastAmount, MostAmount);
            var by = referee?.Invoke(n) ?? random.Next(program.Referees);
            var json = string.Create(
                CultureInfo.InvariantCulture,
                $$"""{"action_id":"{{prefix}}-{{n:D7}}","program_id":"{{program.Id}}","type":"sale","referee_id":"{{BenchProgram.Referee(by)}}","amount_minor":{{amount}},"currency":"GBP","occurred_at":"{{occurredAt}}"}""");
            // Half away from zero, of the flat rule.
            var reward = ((long)amount * BenchProgram.BasisPoints + 5_000) / 10_000;
            sales.Add((Encoding.ASCII.GetBytes(json), reward, program.ReferrerOf(by)));
        }
    }

    public int Count => sales.Count;

    public IEnumerable<byte[]> Json => sales.Select(sale => sale.Json);

    /// <summary>What each referrer earns by the flat rule once all of them are in.</summary>
    public void AddRewards(long[] byReferrer)
    {
        foreach (var (_, reward, referrer) in sales) byReferrer[referrer] += reward;
    }

    /// <summary>The bodies of so many stream requests, in chunks that are ready for the wire.</summary>
    public IReadOnlyList<IReadOnlyList<PreparedChunk>> Split(int connections)
    {
        var share = (Count + connections - 1) / connections;
        return [.. sales.Chunk(share).Select(part => Chunks(part.Select(sale => sale.Json)))];
    }

    private static List<PreparedChunk> Chunks(IEnumerable<byte[]> lines)
    {
        var chunks = new List<PreparedChunk>();
        using var bytes = new MemoryStream(2 * ChunkBytes);
        var count = 0;
        foreach (var line in lines)
        {
            bytes.Write(line);
            bytes.WriteByte((byte)'\n');
            count++;
            if (bytes.Length >= ChunkBytes) Finish();
        }

        if (count > 0) Finish();
        return chunks;

        void Finish()
        {
            chunks.Add(new(DuplexRequest.Chunk(bytes.GetBuffer().AsSpan(0, (int)bytes.Length)), count));
            bytes.SetLength(0);
            count = 0;
        }
    }
}

/// <summary>Some lines of a body, framed.</summary>
internal sealed record PreparedChunk(byte[] Bytes, int Lines);
