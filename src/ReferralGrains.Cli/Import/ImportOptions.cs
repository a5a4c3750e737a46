using ReferralGrains.Cli.Files;

namespace ReferralGrains.Cli.Import;

/// <summary>What an import was asked to do.</summary>
internal sealed record ImportOptions(string Program, string Actions, string? Referrals)
{
    /// <summary>Look at everything and send nothing.</summary>
    public bool DryRun { get; init; }

    /// <summary>Where the lines go that are refused; the others are sent then.</summary>
    public string? Rejects { get; init; }

    /// <summary>Send actions in the order in which they occurred, not in the order of the file.</summary>
    public bool Sort { get; init; }

    public FileMap Map { get; init; } = FileMap.Ours;

    /// <summary>Null is what the map says.</summary>
    public DecimalMark? Decimals { get; init; }

    public string? TimeZone { get; init; }

    /// <summary>From when holds are to run; null leaves it to the rules.</summary>
    public HoldsFrom? HoldsFrom { get; init; }

    /// <summary>What occurred before this day, or instant, was paid for elsewhere.</summary>
    public string? PaidUntil { get; init; }

    /// <param name="programZone">Of a bare day, unless another zone was named.</param>
    public DateTimeOffset? PaidBefore(string programZone)
    {
        if (PaidUntil is null) return null;
        var times = new FileTimes(["yyyy-MM-dd"], FileTimes.Zone(TimeZone ?? programZone));
        return times.Read(PaidUntil) ?? throw new CommandFailed($"--paid-until takes a day such as 2026-01-31, or an instant, not '{PaidUntil}'");
    }

    public FileTimes Times()
    {
        var zone = TimeZone ?? Map.TimeZone;
        return new(Map.Times, zone is null ? null : FileTimes.Zone(zone));
    }

    /// <summary>The referrals' file is in our own layout, whatever the actions' is.</summary>
    public FileTimes ReferralTimes() => new([], TimeZone is null ? null : FileTimes.Zone(TimeZone));
}

internal enum HoldsFrom
{
    Unlocked,
    Occurred,
}
