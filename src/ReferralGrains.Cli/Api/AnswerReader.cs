using System.Text;
using System.Text.Json;

namespace ReferralGrains.Cli.Api;

/// <summary>The exchange stopped before every line had its answer, for a reason that may pass.</summary>
internal sealed class Interrupted(string why, TimeSpan? retryAfter = null) : Exception(why)
{
    public TimeSpan? RetryAfter { get; } = retryAfter;
}

/// <summary>Matches the answers of one request with the lines they belong to.</summary>
internal sealed class AnswerReader(DuplexRequest request, string call, Uri url, UnansweredLines open, TimeSpan longestSilence, TimeProvider time)
{
    /// <exception cref="Interrupted">The server is not able to answer now.</exception>
    /// <exception cref="CommandFailed">The server refuses the request as a whole, or does not speak our language.</exception>
    public async Task Read(Action<NumberedLine, JsonElement> answered, CancellationToken stop)
    {
        using var silence = new CancellationTokenSource(longestSilence, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(silence.Token, stop);
        try
        {
            var head = await request.ReadHead(either.Token);
            if (head.Status != 200) throw await Refused(head, either.Token);

            var reader = new LineReader((into, token) =>
            {
                silence.CancelAfter(longestSilence);
                return request.ReadBody(into, token);
            });
            for (var line = 1L; await reader.Next(either.Token) is { } answer;)
            {
                if (answer.Length > 0 && One(answer, line, answered)) line++;
            }
        }
        catch (OperationCanceledException) when (silence.IsCancellationRequested && !stop.IsCancellationRequested)
        {
            throw new Interrupted($"no answer for {longestSilence.TotalSeconds:0} seconds");
        }

        if (open.Count > 0) throw new Interrupted("the server ended its answer before the last line");
    }

    /// <returns>Whether it was the answer to a line; the summary at the end is not.</returns>
    private bool One(ReadOnlyMemory<byte> text, long expected, Action<NumberedLine, JsonElement> answered)
    {
        using var document = Parse(text);
        var answer = document.RootElement;
        if (answer.TryGetProperty("summary", out _)) return false;
        if (answer.Number("line") is { } number && number != expected)
            throw new CommandFailed($"{call} answered line {number} where the answer to line {expected} was due");

        // The server could not take this one now. Its followers may have gone through; sent again they are duplicates. What has another
        // code, such as too_many_parked, is the line's result: it does not pass by itself, and waiting for it would keep back all others.
        var error = answer.Object("error");
        if (error?.Text("code") is "busy" or "unavailable" or "answers_unread")
            throw new Interrupted(error.Value.Text("detail") ?? "the server is not able to take lines now");
        if (open.Answer() is not { } line) throw new CommandFailed($"{call} answered more lines than it was sent");
        answered(line, answer);
        return true;
    }

    private JsonDocument Parse(ReadOnlyMemory<byte> text)
    {
        try
        {
            var document = JsonDocument.Parse(text);
            if (document.RootElement.ValueKind == JsonValueKind.Object) return document;
            document.Dispose();
        }
        catch (JsonException)
        {
            // Said below, in the same words.
        }

        throw new CommandFailed($"{call} answered a line that is not a JSON object; is {url} a ReferralGrains server?");
    }

    private async Task<Exception> Refused(ResponseHead head, CancellationToken stop)
    {
        var body = new byte[64 * 1024];
        var length = 0;
        while (length < body.Length && await request.ReadBody(body.AsMemory(length), stop) is > 0 and var read) length += read;

        var problem = Problem.Read(head.Status, Encoding.UTF8.GetString(body, 0, length));
        var line = problem.Line("POST " + call, url);
        return head.Status is 429 or 502 or 503 or 504 ? new Interrupted(line, head.RetryAfter) : new CommandFailed(line);
    }
}
