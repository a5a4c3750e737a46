using System.Diagnostics;

namespace ReferralGrains.Storage.Journal;

/// <summary>
/// Named points at which a test may kill the process outright: <c>GRAINS_FAILPOINT=commit.before:20</c> dies the twentieth time
/// that the point is reached, as <c>kill -9</c> would. Unset, which is the default, it costs one comparison.
/// </summary>
public static class Failpoint
{
    private static readonly string? Armed = Environment.GetEnvironmentVariable("GRAINS_FAILPOINT");
    private static int left = Armed is null ? 0 : int.Parse(Armed.Split(':')[1], System.Globalization.CultureInfo.InvariantCulture);

    public static void Hit(string name)
    {
        if (Armed is null || !Armed.StartsWith(name + ":", StringComparison.Ordinal)) return;
        if (Interlocked.Decrement(ref left) == 0) Process.GetCurrentProcess().Kill();
    }
}
