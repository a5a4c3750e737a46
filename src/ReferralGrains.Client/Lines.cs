using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace ReferralGrains.Client;

/// <summary>The answer to a line of a stream.</summary>
internal interface ILineAnswer<out TSelf>
{
    /// <summary>Whether it is no line's answer but the count of them all.</summary>
    bool IsSummary { get; }

    /// <summary>Why the line was refused; null when it was taken.</summary>
    LineError? Error { get; }

    /// <summary>The same, with the number of its line among all that were sent.</summary>
    TSelf At(long line);
}

public sealed partial record OutcomeLineBody : ILineAnswer<OutcomeLineBody>
{
    bool ILineAnswer<OutcomeLineBody>.IsSummary => Summary is not null;

    OutcomeLineBody ILineAnswer<OutcomeLineBody>.At(long line) => this with { Line = line };
}

public sealed partial record ReferralLineAnswer : ILineAnswer<ReferralLineAnswer>
{
    bool ILineAnswer<ReferralLineAnswer>.IsSummary => false;

    ReferralLineAnswer ILineAnswer<ReferralLineAnswer>.At(long line) => this with { Line = line };
}

/// <summary>A body of lines, each written when its turn comes.</summary>
internal sealed class LinesContent<TLine> : HttpContent
{
    private static readonly byte[] end = "\n"u8.ToArray();
    private readonly ReadOnlyMemory<TLine> lines;
    private readonly JsonSerializerOptions json;

    public LinesContent(ReadOnlyMemory<TLine> lines, JsonSerializerOptions json, string type)
    {
        (this.lines, this.json) = (lines, json);
        Headers.ContentType = new MediaTypeHeaderValue(type);
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        for (var i = 0; i < lines.Length; i++)
        {
            await JsonSerializer.SerializeAsync(stream, lines.Span[i], json, cancellationToken);
            await stream.WriteAsync(end, cancellationToken);
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
