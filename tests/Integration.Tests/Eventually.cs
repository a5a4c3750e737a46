using System.Diagnostics;

namespace ReferralGrains.Integration.Tests;

/// <summary>Waiting for a condition, never for a time.</summary>
public static class Eventually
{
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(20);

    /// <returns>How long it took.</returns>
    public static async Task<TimeSpan> Holds(string what, Func<Task<bool>> condition, TimeSpan? patience = null)
    {
        var (began, most) = (Stopwatch.StartNew(), patience ?? Patience);
        while (!await condition())
        {
            Assert.True(began.Elapsed < most, $"It has not come within {most.TotalSeconds} s that {what}.");
            await Pause();
        }

        return began.Elapsed;
    }

    public static Task Pause() => Task.Delay(Glance, TimeProvider.System, TestContext.Current.CancellationToken);
}
