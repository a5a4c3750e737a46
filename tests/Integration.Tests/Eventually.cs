using System.Diagnostics;

namespace ReferralGrains.Integration.Tests;

/// <summary>Waiting for a condition, never for a time.</summary>
public static class Eventually
{
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(20);

    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(250);

    /// <param name="soon">Whether it is to be seen at once; else what has taken long already is looked at less often.</param>
    /// <returns>How long it took.</returns>
    public static async Task<TimeSpan> Holds(string what, Func<Task<bool>> condition, TimeSpan? patience = null, bool soon = false)
    {
        var (began, most) = (Stopwatch.StartNew(), patience ?? Patience);
        while (!await condition())
        {
            Assert.True(began.Elapsed < most, $"It has not come within {most.TotalSeconds} s that {what}.");
            await Task.Delay(soon ? Glance : TimeSpan.FromTicks(Math.Clamp(began.Elapsed.Ticks / 8, Glance.Ticks, Longest.Ticks)), TimeProvider.System, TestContext.Current.CancellationToken);
        }

        return began.Elapsed;
    }

    public static Task Pause() => Task.Delay(Glance, TimeProvider.System, TestContext.Current.CancellationToken);
}
