using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Torture;

/// <summary>One object a line, in the order in which they were written; it is there for the oracle, and for whoever looks into a fault.</summary>
internal sealed class LogFile : IAsyncDisposable
{
    private static readonly JsonSerializerOptions plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private readonly Lock gate = new();
    private readonly StreamWriter writer;

    public LogFile(string path)
    {
        Path = path;
        writer = new(path, append: false, System.Text.Encoding.UTF8, 1 << 16);
    }

    public string Path { get; }

    public void Write(JsonObject line)
    {
        var text = line.ToJsonString(plain);
        lock (gate) writer.WriteLine(text);
    }

    public void Flush()
    {
        lock (gate) writer.Flush();
    }

    public static IEnumerable<JsonObject> Read(string path)
    {
        foreach (var line in File.ReadLines(path))
            if (line.Length > 0) yield return JsonNode.Parse(line)!.AsObject();
    }

    public ValueTask DisposeAsync() => writer.DisposeAsync();
}
