using System.Globalization;

namespace Torture;

/// <summary>
/// Whether memory stays flat while a silo works. What it holds goes up and down with each collection, so that of each stretch of time only the
/// lowest counts, and of the run only the second half, when all that is used has been used; and a rise is one only where it is more than chance.
/// </summary>
internal sealed class Memory
{
    private const int Stretches = 10;
    private const double MostOfMean = 0.05;
    private const double LeastMegabytes = 16;

    // What is compiled, cached and woken in the first quarter of an hour is a rise, and none that goes on.
    private const double LeastMinutes = 10;

    private readonly Dictionary<int, List<(double Minutes, double Megabytes)>> samples = [];

    public void Add(int silo, double minutes, long bytes)
    {
        if (bytes > 0) samples.GetOrAdd(silo).Add((minutes, bytes / 1_048_576.0));
    }

    /// <summary>A line for each silo, and whether all of them are flat.</summary>
    public (IReadOnlyList<string> Lines, bool IsFlat) Judge()
    {
        var judged = samples.OrderBy(static one => one.Key).Select(static one => Judge(one.Key, one.Value)).ToList();
        return ([.. judged.Select(static one => one.Line)], judged.TrueForAll(static one => one.IsFlat));
    }

    private static (string Line, bool IsFlat) Judge(int silo, List<(double Minutes, double Megabytes)> all)
    {
        var half = all.Skip(all.Count / 2).ToList();
        var lowest = half.Chunk(Math.Max(1, (half.Count + Stretches - 1) / Stretches)).Select(static some => some.MinBy(static one => one.Megabytes)).ToList();
        if (lowest.Count < Stretches / 2) return ($"silo {silo}: too short to tell", true);
        var (slope, error, mean) = Fit(lowest);
        var length = half[^1].Minutes - half[0].Minutes;
        var isLong = length >= LeastMinutes;
        var most = Math.Max(LeastMegabytes, mean * MostOfMean);
        var isFlat = slope * length <= most || slope <= 3 * error;
        return (string.Create(
            CultureInfo.InvariantCulture,
            $"silo {silo}: {all[0].Megabytes:F0} MB at first, {mean:F0} MB at least in the second half, {slope * 60:+0;-0;0} ± {error * 60:F0} MB an hour there: {(!isLong ? "too short to tell" : isFlat ? "flat" : "RISING")}"), isFlat || !isLong);
    }

    // The line of least squares, and the standard error of its slope.
    private static (double Slope, double Error, double Mean) Fit(List<(double X, double Y)> points)
    {
        var (meanX, meanY) = (points.Average(static one => one.X), points.Average(static one => one.Y));
        var spread = points.Sum(one => (one.X - meanX) * (one.X - meanX));
        if (spread == 0) return (0, 0, meanY);
        var slope = points.Sum(one => (one.X - meanX) * (one.Y - meanY)) / spread;
        var left = points.Sum(one => Math.Pow(one.Y - meanY - (slope * (one.X - meanX)), 2));
        return (slope, Math.Sqrt(left / (points.Count - 2) / spread), meanY);
    }
}
