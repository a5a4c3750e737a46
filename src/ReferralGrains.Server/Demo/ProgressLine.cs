namespace ReferralGrains.Server.Demo;

/// <summary>How far something is: a bar on a terminal, a line at the beginning and one at the end elsewhere.</summary>
internal sealed class ProgressLine : IDisposable
{
    private const int Width = 30;
    private static readonly TimeSpan step = TimeSpan.FromMilliseconds(100);

    private readonly string what;
    private readonly int total;
    private readonly TextWriter output;
    private readonly bool isTerminal;
    private readonly TimeProvider time;
    private readonly long began;
    private long drawn;
    private int done;

    public ProgressLine(string what, int total, TextWriter output, bool isTerminal, TimeProvider time)
    {
        (this.what, this.total, this.output, this.isTerminal, this.time) = (what, total, output, isTerminal, time);
        began = drawn = time.GetTimestamp();
        if (!isTerminal) output.WriteLine($"{what}: {total:N0} lines");
    }

    public void Add(int more)
    {
        done += more;
        if (!isTerminal || time.GetElapsedTime(drawn) < step) return;
        drawn = time.GetTimestamp();
        var (share, passed) = ((double)done / total, time.GetElapsedTime(began).TotalSeconds);
        var full = (int)(share * Width);
        output.Write($"\r{what} [{new string('#', full)}{new string('.', Width - full)}] {share:P0}, {passed / share - passed:N0} s left   ");
    }

    public void Dispose()
    {
        if (isTerminal) output.Write("\r\u001b[K");
        if (done >= total) output.WriteLine($"{what}: {total:N0} lines in {time.GetElapsedTime(began).TotalSeconds:N1} s");
    }
}
