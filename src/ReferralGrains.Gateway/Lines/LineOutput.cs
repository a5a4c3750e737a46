using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using ReferralGrains.Gateway.Problems;

namespace ReferralGrains.Gateway.Lines;

/// <summary>
/// Writes the answers in input order, many at a time. A line leaves only after its grain has answered, which is after it is durable.
/// </summary>
/// <param name="begin">Begins the response. Others may have to be waited for by then (the audit log), and none of the answers is handed on before.</param>
internal sealed class LineOutput<TItem, TReply>(
    AnswerSpool spool, LineWork<TItem, TReply> work, Window<TItem, TReply> window, bool errorsOnly, Func<Task> begin)
{
    private const int BytesTogether = 32 * 1024;

    private static readonly JsonWriterOptions Writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };
    private static readonly JsonEncodedText Line = JsonEncodedText.Encode("line");

    private readonly ArrayBufferWriter<byte> buffer = new(2 * BytesTogether);
    private bool hasBegun;

    public async Task Run(CancellationToken stop)
    {
        await using var json = new Utf8JsonWriter(buffer, Writing);
        while (true)
        {
            if (window.Head() is not { } slot)
            {
                await Flush();
                var more = await window.WaitForHead();
                stop.ThrowIfCancellationRequested();
                if (!more) return;
                continue;
            }

            if (slot.Problem is null) await work.Prepare(slot.Item!, slot.Reply!, stop);
            Write(json, slot);
            window.Free(slot);
            if (buffer.WrittenCount >= BytesTogether) await Flush();
        }
    }

    /// <summary>The last line, after every other.</summary>
    /// <param name="leftOut">The first line that was not taken, and none after it; null when all were.</param>
    public async Task Finish(long? leftOut)
    {
        await using var json = new Utf8JsonWriter(buffer, Writing);
        if (leftOut is { } line)
        {
            work.Count(default, failed: true);
            json.WriteStartObject();
            json.WriteNumber(Line, line);
            WriteError(json, Problem.AnswersUnread);
            json.WriteEndObject();
            End(json);
        }

        if (work.Summarises)
        {
            json.WriteStartObject();
            work.WriteSummary(json);
            json.WriteEndObject();
            End(json);
        }

        await Flush();
    }

    private void Write(Utf8JsonWriter json, Slot<TItem, TReply> slot)
    {
        var problem = slot.Problem ?? work.ProblemOf(slot.Reply!);
        work.Count(slot.Reply, problem is not null);
        if (problem is null && errorsOnly) return;
        json.WriteStartObject();
        json.WriteNumber(Line, slot.Line);
        if (problem is null) work.Write(json, slot.Item!, slot.Reply!);
        else WriteProblem(json, slot, problem);
        json.WriteEndObject();
        End(json);
    }

    private void WriteProblem(Utf8JsonWriter json, Slot<TItem, TReply> slot, Problem problem)
    {
        if (slot.IsParsed) work.WriteName(json, slot.Item!);
        else if (slot.Name is { } name) work.WriteName(json, name);
        WriteError(json, problem);
    }

    private static void WriteError(Utf8JsonWriter json, Problem problem)
    {
        json.WriteStartObject("error");
        json.WriteNumber("status", problem.Status);
        json.WriteString("code", problem.Code);
        if (problem.Param is not null) json.WriteString("param", problem.Param);
        json.WriteString("detail", problem.Detail);
        json.WriteEndObject();
    }

    private void End(Utf8JsonWriter json)
    {
        json.Flush();
        json.Reset();
        buffer.GetSpan(1)[0] = (byte)'\n';
        buffer.Advance(1);
    }

    private async ValueTask Flush()
    {
        if (buffer.WrittenCount == 0) return;
        if (!hasBegun) await begin();
        hasBegun = true;
        spool.Write(buffer.WrittenMemory);
        buffer.ResetWrittenCount();
    }
}
