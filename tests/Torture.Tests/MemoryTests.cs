namespace Torture.Tests;

/// <summary>A judgement of memory that finds no leak proves nothing, and one that finds a collector's ups and downs is of no use.</summary>
public sealed class MemoryTests
{
    private const long Megabyte = 1 << 20;

    [Theory]
    [InlineData(0, 30, true)]
    [InlineData(0, 60, true)]
    [InlineData(10, 30, false)]
    [InlineData(2, 60, false)]
    public void A_rise_is_told_from_ups_and_downs(int megabytesAMinute, int minutes, bool isFlat)
    {
        var (memory, random) = (new Memory(), new Random(20_261_129));
        for (var i = 0; i < minutes * 6; i++)
        {
            var minute = i / 6.0;

            // It warms up for a fifth of the time, and what is collected now and then is up to 200 MB.
            var warm = 300 + (200 * Math.Min(1, minute * 5 / minutes));
            memory.Add(0, minute, (long)((warm + random.Next(200) + (megabytesAMinute * minute)) * Megabyte));
            memory.Add(1, minute, (long)((warm + random.Next(200)) * Megabyte));
        }

        var (lines, judged) = memory.Judge();
        Assert.Equal(isFlat, judged);
        Assert.Equal(isFlat ? ["flat", "flat"] : ["RISING", "flat"], lines.Select(static line => line.Split(' ')[^1]));
    }

    [Fact]
    public void What_is_too_short_to_tell_is_not_judged()
    {
        var memory = new Memory();
        for (var i = 0; i < 60; i++) memory.Add(0, i / 6.0, (100 + (20 * i)) * Megabyte);
        Assert.True(memory.Judge().IsFlat);
        Assert.EndsWith("too short to tell", memory.Judge().Lines[0], StringComparison.Ordinal);
    }
}
