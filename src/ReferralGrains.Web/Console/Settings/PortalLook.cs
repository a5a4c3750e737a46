using ReferralGrains.Client;
using ReferralGrains.Web.Sessions;

namespace ReferralGrains.Web.Console.Settings;

/// <summary>How the portal looks, as a person fills it in. What is as the house has it is left out, so that it follows the house.</summary>
public sealed class PortalLook
{
    /// <summary>The address that a picture becomes is a third longer than the picture.</summary>
    public const int MostBytes = 44_000;

    // As portal.css has them.
    private const string HouseAccent = "#0b5c6b";
    private const string HouseBackground = "#ffffff";
    private const string HouseForeground = "#1b1b1f";

    public string Title { get; set; } = "";

    public string Accent { get; set; } = HouseAccent;

    public string Background { get; set; } = HouseBackground;

    public string Foreground { get; set; } = HouseForeground;

    /// <summary>sans or serif.</summary>
    public string Font { get; set; } = "sans";

    public string? Logo { get; set; }

    /// <summary>One a line.</summary>
    public string Origins { get; set; } = "";

    public static PortalLook Of(PortalSettingsBody settings) => new()
    {
        Title = settings.Title ?? "",
        Accent = settings.Accent ?? HouseAccent,
        Background = settings.Background ?? HouseBackground,
        Foreground = settings.Foreground ?? HouseForeground,
        Font = Words.Of(settings.Font ?? PortalSettingsBodyFont.Sans),
        Logo = settings.Logo,
        Origins = string.Join('\n', settings.FrameOrigins ?? []),
    };

    public PortalSettingsBody Body() => new()
    {
        Title = Title.Trim() is { Length: > 0 } title ? title : null,
        Accent = Unless(Accent, HouseAccent),
        Background = Unless(Background, HouseBackground),
        Foreground = Unless(Foreground, HouseForeground),
        Font = Font == "sans" ? null : Words.As<PortalSettingsBodyFont>(Font),
        Logo = Logo,
        FrameOrigins = [.. Origins.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)],
    };

    private static string? Unless(string colour, string house) => colour == house ? null : colour;
}
