using System.Diagnostics;
using System.Globalization;

namespace Torture;

/// <summary>What is seen of a run: a bar where somebody watches, a line now and then elsewhere.</summary>
internal sealed class Screen(TextWriter output, bool isTerminal)
{
    private const int Width = 24;
    private static readonly TimeSpan seldom = TimeSpan.FromSeconds(10);
    private readonly long began = Stopwatch.GetTimestamp();
    private TimeSpan next = TimeSpan.Zero;
    private bool isInBar;

    /// <summary>With the time since the beginning.</summary>
    public void Say(string text) => Conclude(string.Create(CultureInfo.InvariantCulture, $"{Stopwatch.GetElapsedTime(began).TotalSeconds,5:F0} s  {text}"));

    /// <summary>A line for whoever reads nothing but the last.</summary>
    public void Conclude(string text)
    {
        output.WriteLine(isInBar ? $"\r\u001b[K{text}" : text);
        isInBar = false;
    }

    public void Progress(int done, int all, string more, TimeSpan elapsed)
    {
        if (!isTerminal && elapsed < next) return;
        next = elapsed + seldom;
        var filled = (int)((long)Width * done / Math.Max(all, 1));
        var text = string.Create(
            CultureInfo.InvariantCulture, $"[{new string('#', filled)}{new string('.', Width - filled)}] {100L * done / Math.Max(all, 1)} % of {all}, {elapsed.TotalSeconds:F0} s: {more}");
        if (isTerminal) output.Write($"\r\u001b[K{text}");
        else output.WriteLine(text);
        isInBar = isTerminal;
    }
}
