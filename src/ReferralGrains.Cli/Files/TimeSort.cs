using System.Runtime.CompilerServices;
using ReferralGrains.Cli.Api;

namespace ReferralGrains.Cli.Files;

/// <summary>
/// Puts lines into the order in which they occurred, whatever the size of the file: up to 64 MiB are sorted at a time, and where there
/// is more, sorted runs wait in temporary files and are merged as they are sent. Lines without a time come last, as if they were now.
/// </summary>
internal sealed class TimeSort : IDisposable
{
    /// <summary>So many runs are open at a time: with 64 MiB each that is a file of 16 GiB.</summary>
    private const int MostRuns = 256;

    private readonly long runBytes;
    private readonly List<string> runs = [];
    private List<Entry> held = [];
    private long heldBytes;

    public TimeSort(long runBytes = 64 * 1024 * 1024) => this.runBytes = runBytes;

    // Of one instant, sales come first, for a refund of the same second is of one of them; then as in the file.
    private readonly record struct Key(long Ticks, bool IsReversal, long Place) : IComparable<Key>
    {
        public int CompareTo(Key other) => (Ticks, IsReversal, Place).CompareTo((other.Ticks, other.IsReversal, other.Place));
    }

    private readonly record struct Entry(Key Key, NumberedLine Line);

    public int Runs => runs.Count;

    public async Task Take(IAsyncEnumerable<FileLine> lines, CancellationToken stop)
    {
        var place = 0L;
        await foreach (var line in lines.WithCancellation(stop))
        {
            if (!line.IsFit) continue;
            var ticks = line.Facts.SortAt?.UtcTicks ?? long.MaxValue;
            held.Add(new(new(ticks, line.Facts.Type != "sale", place++), line.Line));
            heldBytes += line.Line.Json.Length + (line.Line.Source?.Length ?? 0);
            if (heldBytes >= runBytes) WriteRun();
        }

        held.Sort((left, right) => left.Key.CompareTo(right.Key));
    }

    /// <summary>The lines in order, once.</summary>
    public async IAsyncEnumerable<NumberedLine> Lines([EnumeratorCancellation] CancellationToken stop)
    {
        await Task.CompletedTask;
        var sources = runs.Select(Read).Append(held).Select(source => source.GetEnumerator()).ToList();
        try
        {
            var next = new PriorityQueue<IEnumerator<Entry>, Key>();
            foreach (var source in sources.Where(source => source.MoveNext())) next.Enqueue(source, source.Current.Key);
            while (next.TryDequeue(out var source, out _))
            {
                stop.ThrowIfCancellationRequested();
                yield return source.Current.Line;
                if (source.MoveNext()) next.Enqueue(source, source.Current.Key);
            }
        }
        finally
        {
            foreach (var source in sources) source.Dispose();
        }
    }

    public void Dispose()
    {
        foreach (var run in runs) File.Delete(run);
    }

    private void WriteRun()
    {
        if (runs.Count == MostRuns) throw new CommandFailed("the file is too large for --sort (16 GiB): sort it before");
        held.Sort((left, right) => left.Key.CompareTo(right.Key));
        runs.Add(Path.GetTempFileName());
        using var writer = new BinaryWriter(File.Create(runs[^1]));
        foreach (var (key, line) in held)
        {
            writer.Write(key.Ticks);
            writer.Write(key.IsReversal);
            writer.Write(key.Place);
            writer.Write(line.Number);
            Write(writer, line.Json);
            Write(writer, line.Source);
        }

        (held, heldBytes) = ([], 0);
    }

    private static IEnumerable<Entry> Read(string run)
    {
        using var reader = new BinaryReader(File.OpenRead(run));
        while (reader.BaseStream.Position < reader.BaseStream.Length)
        {
            var key = new Key(reader.ReadInt64(), reader.ReadBoolean(), reader.ReadInt64());
            yield return new(key, new(reader.ReadInt64(), ReadBytes(reader)!, ReadBytes(reader)));
        }
    }

    private static void Write(BinaryWriter writer, byte[]? bytes)
    {
        writer.Write(bytes?.Length ?? -1);
        if (bytes is not null) writer.Write(bytes);
    }

    private static byte[]? ReadBytes(BinaryReader reader) => reader.ReadInt32() is >= 0 and var length ? reader.ReadBytes(length) : null;
}
