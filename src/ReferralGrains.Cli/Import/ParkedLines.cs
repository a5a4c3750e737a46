using System.Runtime.CompilerServices;
using System.Text;
using ReferralGrains.Cli.Api;

namespace ReferralGrains.Cli.Import;

/// <summary>
/// Actions that were parked when they were sent: what they wait for may have come behind them, so their state is asked for once more
/// at the end, by sending them again. They wait on disk, so that memory stays flat.
/// </summary>
internal sealed class ParkedLines : IDisposable
{
    private readonly FileStream file;
    private readonly BinaryWriter writer;

    public ParkedLines()
    {
        file = File.Create(Path.GetTempFileName(), 64 * 1024, FileOptions.DeleteOnClose);
        writer = new(file);
    }

    public long Count { get; private set; }

    public void Add(NumberedLine line)
    {
        Count++;
        writer.Write(line.Number);
        writer.Write(line.Json.Length);
        writer.Write(line.Json);
    }

    public async IAsyncEnumerable<NumberedLine> Lines([EnumeratorCancellation] CancellationToken stop)
    {
        await file.FlushAsync(stop);
        file.Position = 0;
        using var reader = new BinaryReader(file, Encoding.UTF8, leaveOpen: true);
        while (file.Position < file.Length)
        {
            var number = reader.ReadInt64();
            yield return new(number, reader.ReadBytes(reader.ReadInt32()));
        }
    }

    public void Dispose() => writer.Dispose();
}
