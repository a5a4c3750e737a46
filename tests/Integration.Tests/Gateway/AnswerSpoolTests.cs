using System.IO.Pipelines;
using ReferralGrains.Gateway.Lines;

namespace ReferralGrains.Integration.Tests.Gateway;

public sealed class AnswerSpoolTests
{
    private const int Piece = 256 * 1024;
    private const int Behind = 4 * Piece;
    private const int Pieces = 250; // Each is told by its byte.

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_waits_takes_as_much_disk_as_it_is_long_however_long_a_client_is_behind()
    {
        var folder = Directory.CreateTempSubdirectory("rg-spool-");
        var pipe = new Pipe(new(pauseWriterThreshold: Piece, resumeWriterThreshold: Piece / 2, useSynchronizationContext: false));
        var spool = new AnswerSpool(pipe.Writer, new(folder.FullName, long.MaxValue), new(TimeProvider.System), TimeProvider.System, Stop);
        var (written, read, most) = (0L, 0L, 0L);
        for (var i = 0; i < Pieces; i++)
        {
            var piece = new byte[Piece];
            Array.Fill(piece, (byte)i);
            spool.Write(piece);
            written += Piece;
            await ReadUpTo(written - Behind);
            most = Math.Max(most, OnDisk(folder.FullName));
        }

        Assert.InRange(most, Piece, 40 * 1024 * 1024);
        await ReadUpTo(written);
        await spool.DisposeAsync();
        Assert.Equal(0, OnDisk(folder.FullName));
        folder.Delete(recursive: true);

        async Task ReadUpTo(long position)
        {
            while (read < position)
            {
                var some = await pipe.Reader.ReadAsync(Stop);
                foreach (var part in some.Buffer)
                {
                    for (var i = 0; i < part.Length; i += 1_024) Assert.Equal((byte)((read + i) / Piece), part.Span[i]);
                    read += part.Length;
                }

                pipe.Reader.AdvanceTo(some.Buffer.End);
            }
        }
    }

    // Their files have no names any more.
    private static long OnDisk(string folder) => Directory.GetFiles("/proc/self/fd").Sum(link =>
    {
        try
        {
            if (new FileInfo(link).LinkTarget?.StartsWith(folder, StringComparison.Ordinal) != true) return 0;
            using var file = File.OpenHandle(link);
            return RandomAccess.GetLength(file);
        }
        catch (FileNotFoundException)
        {
            return 0; // Closed by another test meanwhile.
        }
    });
}
