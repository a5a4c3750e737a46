using System.Buffers;
using System.Text.Json;

namespace ReferralGrains.Cli.Api;

/// <summary>
/// Sends lines and reads an answer to each, both at once. The server remembers what it has done, so a broken connection is no
/// more than a reason to send again from the first line without an answer.
/// </summary>
internal sealed class LineExchange(Access access, ExchangeLimits limits, TimeProvider time)
{
    private const int ChunkBytes = 32 * 1024;

    // How many of the lines have been sent at least once.
    private long reached;

    /// <summary>How often a connection broke or the server asked to come back later.</summary>
    public int Interruptions { get; private set; }

    /// <summary>How many lines were sent more than once for that reason.</summary>
    public long SentAgain { get; private set; }

    /// <param name="call">The path that takes NDJSON.</param>
    /// <param name="lines">What to send; read only as fast as the server answers.</param>
    /// <param name="linesPerRequest">After so many lines a new request begins.</param>
    /// <param name="answered">Called once for each line, in their order.</param>
    /// <param name="stop">Abandons the exchange.</param>
    /// <exception cref="CommandFailed">The server refused the request as a whole, or could not be reached any more.</exception>
    public async Task Run(
        string call, IAsyncEnumerable<NumberedLine> lines, long linesPerRequest, Action<NumberedLine, JsonElement> answered, CancellationToken stop)
    {
        var open = new UnansweredLines(limits.LinesAhead, limits.BytesAhead);
        await using var source = lines.GetAsyncEnumerator(stop);
        var failures = 0;
        reached = 0;
        while (open.Count > 0 || await TakeOne(source, open))
        {
            var before = open.Answered;
            try
            {
                await Once(call, source, open, linesPerRequest, answered, stop);
                failures = 0;
            }
            catch (Interrupted broken) when (!stop.IsCancellationRequested)
            {
                failures = open.Answered > before ? 1 : failures + 1;
                if (failures >= limits.Attempts) throw GaveUp(open, broken);
                Interruptions++;
                await Task.Delay(limits.Wait(failures, broken.RetryAfter), time, stop);
            }
        }
    }

    private CommandFailed GaveUp(UnansweredLines open, Interrupted last)
    {
        var line = open.All().FirstOrDefault().Number;
        return new($"gave up at line {line} after {limits.Attempts} attempts without an answer ({last.Message.ReplaceLineEndings(" ")}); " +
            "run the same command again to go on, nothing is taken twice");
    }

    private static async ValueTask<bool> TakeOne(IAsyncEnumerator<NumberedLine> source, UnansweredLines open)
    {
        if (!await source.MoveNextAsync()) return false;
        open.Add(source.Current);
        return true;
    }

    private async Task Once(
        string call, IAsyncEnumerator<NumberedLine> source, UnansweredLines open, long most, Action<NumberedLine, JsonElement> answered, CancellationToken stop)
    {
        using var attempt = CancellationTokenSource.CreateLinkedTokenSource(stop);
        await using var request = await DuplexRequest.Post(access, call, attempt.Token);
        var sending = Send(request, source, open, most, attempt);
        try
        {
            await new AnswerReader(request, call, access.Url, open, limits.Silence, time).Read(answered, attempt.Token);
        }
        finally
        {
            await attempt.CancelAsync();
            await sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

            // The file could not be read any further: that failure is the one to report, whatever came of it on the other side.
            if (sending.IsFaulted) await sending;
        }
    }

    private async Task Send(
        DuplexRequest request, IAsyncEnumerator<NumberedLine> source, UnansweredLines open, long most, CancellationTokenSource attempt)
    {
        var chunk = new ArrayBufferWriter<byte>(2 * ChunkBytes);
        var position = open.Answered;
        try
        {
            var again = open.All();
            foreach (var line in again) await Append(line);
            for (long sent = again.Length; sent < most; sent++)
            {
                if (open.IsFull)
                {
                    await Flush();
                    await open.WaitForRoom(attempt.Token);
                }

                if (!await TakeOne(source, open)) break;
                await Append(source.Current);
            }

            await Flush();
            await request.EndBody(attempt.Token);
        }
        catch (Interrupted)
        {
            // The reading side sees the same break, and perhaps the server's reason for it.
        }
        catch
        {
            await attempt.CancelAsync();
            throw;
        }

        async ValueTask Append(NumberedLine line)
        {
            chunk.Write(line.Json);
            chunk.Write("\n"u8);
            if (++position > reached) reached = position;
            else SentAgain++;
            if (chunk.WrittenCount >= ChunkBytes) await Flush();
        }

        async ValueTask Flush()
        {
            if (chunk.WrittenCount == 0) return;
            await request.SendChunk(DuplexRequest.Chunk(chunk.WrittenSpan), attempt.Token);
            chunk.ResetWrittenCount();
        }
    }
}
