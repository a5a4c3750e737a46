using System.Diagnostics;
using System.Text;
using System.Text.Json;
using ReferralGrains.Cli;
using ReferralGrains.Cli.Api;

namespace Benchmarks;

/// <summary>How many actions were rewarded and durable, in how many seconds.</summary>
internal sealed record LoadOutcome(long Actions, double Seconds)
{
    public double PerSecond => Actions / Seconds;
}

/// <summary>Sends sales through <c>POST /v1/actions:stream</c> on several connections at once and counts the answers.</summary>
internal static class StreamLoad
{
    private const int TailKept = 4 * 1024;

    /// <summary>Sends until the actions or the time are used up, then waits for the last answer.</summary>
    /// <param name="silos">Where to: the connections are spread over them.</param>
    /// <param name="actions">What to send.</param>
    /// <param name="connections">How many at once.</param>
    /// <param name="atMost">When to stop sending.</param>
    /// <param name="stop">Abandons it.</param>
    /// <exception cref="CommandFailed">An action was not rewarded, or an answer is missing: a figure made of wrong answers is none.</exception>
    public static async Task<LoadOutcome> Run(
        IReadOnlyList<Access> silos, PreparedActions actions, int connections, TimeSpan atMost, CancellationToken stop)
    {
        var bodies = actions.Split(connections);
        var requests = new List<DuplexRequest>();
        try
        {
            for (var i = 0; i < bodies.Count; i++) requests.Add(await DuplexRequest.Post(silos[i % silos.Count], "/v1/actions:stream", stop));
            var began = Stopwatch.GetTimestamp();
            var sent = await Task.WhenAll(requests.Select((request, i) => One(request, silos[i % silos.Count], bodies[i], began, atMost, stop)));
            return new(sent.Sum(), Stopwatch.GetElapsedTime(began).TotalSeconds);
        }
        finally
        {
            foreach (var request in requests) await request.DisposeAsync();
        }
    }

    private static async Task<long> One(
        DuplexRequest request, Access access, IReadOnlyList<PreparedChunk> body, long began, TimeSpan atMost, CancellationToken stop)
    {
        using var attempt = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var sending = Send(request, body, began, atMost, attempt.Token);
        try
        {
            var (answers, tail) = await Receive(request, access, attempt.Token);
            var sent = await sending;
            Check(sent, answers, tail);
            return sent;
        }
        catch (Interrupted broken)
        {
            throw new CommandFailed($"the stream broke: {broken.Message}");
        }
        finally
        {
            await attempt.CancelAsync();
        }
    }

    private static async Task<long> Send(
        DuplexRequest request, IReadOnlyList<PreparedChunk> body, long began, TimeSpan atMost, CancellationToken stop)
    {
        var sent = 0L;
        foreach (var chunk in body)
        {
            if (Stopwatch.GetElapsedTime(began) > atMost) break;
            await request.SendChunk(chunk.Bytes, stop);
            sent += chunk.Lines;
        }

        await request.EndBody(stop);
        return sent;
    }

    private static async Task<(long Lines, byte[] Tail)> Receive(DuplexRequest request, Access access, CancellationToken stop)
    {
        var head = await request.ReadHead(stop);
        var buffer = new byte[256 * 1024];
        var (lines, tail) = (0L, Array.Empty<byte>());
        while (await request.ReadBody(buffer, stop) is > 0 and var read)
        {
            var got = buffer.AsSpan(0, read);
            lines += got.Count((byte)'\n');
            tail = read >= TailKept ? got[^TailKept..].ToArray() : [.. tail.TakeLast(TailKept - read), .. got];
        }

        return head.Status == 200
            ? (lines, tail)
            : throw new CommandFailed(Problem.Read(head.Status, Encoding.UTF8.GetString(tail)).Line("POST /v1/actions:stream", access.Url));
    }

    private static void Check(long sent, long answers, byte[] tail)
    {
        var last = Encoding.UTF8.GetString(tail).TrimEnd('\n');
        last = last[(last.LastIndexOf('\n') + 1)..];
        try
        {
            using var document = JsonDocument.Parse(last);
            var summary = document.RootElement.Object("summary");
            if (answers == sent + 1 && summary?.Number("rewarded") == sent && summary.Value.Number("lines") == sent) return;
        }
        catch (JsonException)
        {
            // Reported below, as it came.
        }

        throw new CommandFailed($"wrong answers: {sent} sales sent, {answers - 1} answered, and the end of the answer is {last}");
    }
}
