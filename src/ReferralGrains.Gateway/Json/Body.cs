using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json.Serialization.Metadata;
using ReferralGrains.Gateway.Access;
using ReferralGrains.Gateway.Description;
using ReferralGrains.Gateway.Problems;

namespace ReferralGrains.Gateway.Json;

/// <summary>Reads a JSON body once, whole and strictly.</summary>
internal static class Body
{
    /// <summary>Of any single request but another system's event; a stream has no limit, its lines have.</summary>
    public const int MaxBytes = 256 * 1024;

    public static async Task<T> Read<T>(HttpContext context, JsonTypeInfo<T> type)
    {
        var reader = context.Request.BodyReader;
        var buffer = await ReadWhole(context.Request, reader);
        try
        {
            return Noted(context, Parse(buffer, type));
        }
        finally
        {
            reader.AdvanceTo(buffer.End);
        }
    }

    /// <summary>As it was signed; null where it cannot be read, or is longer than it may be.</summary>
    public static async Task<byte[]?> Bytes(HttpContext context, int most = MaxBytes)
    {
        try
        {
            var body = await ReadWhole(context.Request, context.Request.BodyReader, most);
            var bytes = body.ToArray();
            context.Request.BodyReader.AdvanceTo(body.End);
            return bytes;
        }
        catch (Exception unread) when (unread is ProblemException or BadHttpRequestException or InvalidDataException)
        {
            return null;
        }
    }

    /// <summary>For calls whose body may be left out.</summary>
    public static async Task<T> ReadOr<T>(HttpContext context, JsonTypeInfo<T> type, T absent)
    {
        var reader = context.Request.BodyReader;
        var buffer = await ReadWhole(context.Request, reader);
        try
        {
            return buffer.IsEmpty ? absent : Noted(context, Parse(buffer, type));
        }
        finally
        {
            reader.AdvanceTo(buffer.End);
        }
    }

    /// <summary>The whole body, not yet consumed.</summary>
    public static async ValueTask<ReadOnlySequence<byte>> ReadWhole(HttpRequest request, PipeReader reader, int most = MaxBytes)
    {
        if (request.ContentLength > most) throw Problem.TooLarge(most).AsException();
        while (true)
        {
            var read = await reader.ReadAsync(request.HttpContext.RequestAborted);
            if (read.Buffer.Length > most)
            {
                reader.AdvanceTo(read.Buffer.End);
                throw Problem.TooLarge(most).AsException();
            }

            if (read.IsCompleted) return read.Buffer;
            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    private static T Noted<T>(HttpContext context, T body)
    {
        context.NoteReason(body);
        return body;
    }

    private static T Parse<T>(ReadOnlySequence<byte> json, JsonTypeInfo<T> type) =>
        Strict.Parse(json.IsSingleSegment ? json.FirstSpan : json.ToArray(), type, out var value) is { } problem ? throw problem.AsException() : value;
}

/// <summary>Why something is done by hand; it may be left out, body and all.</summary>
/// <param name="Reason">Kept with what was done.</param>
[Example("""{"reason":"asked for by mail"}""")]
internal sealed record ReasonBody([property: AtMost(ReasonBody.MaxLength)] string? Reason = null) : IGivesReason
{
    public const int MaxLength = 1_000;

    public static async Task<string?> Read(HttpContext context) =>
        Text.Of((await Body.ReadOr(context, GatewayJson.Default.ReasonBody, new())).Reason, "reason", MaxLength);
}
