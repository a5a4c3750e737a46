using System.Globalization;
using ReferralGrains.Client;
using ReferralGrains.Web.Sessions;

namespace ReferralGrains.Web.Portal;

/// <summary>A tenant's colours as variables of CSS. Only colours and words that the API has checked are written into the page.</summary>
public static class PortalTheme
{
    public static string Of(PortalSettingsBody settings)
    {
        var variables = new List<string>();
        if (settings.Accent is { } accent) variables.Add($"--accent:{accent};--on-accent:{(IsDark(accent) ? "#ffffff" : "#000000")}");
        if (settings.Background is { } background) variables.Add($"--background:{background}");
        if (settings.Foreground is { } foreground) variables.Add($"--foreground:{foreground}");
        if (settings.Font is { } font && Words.Of(font) == "serif") variables.Add("--font:Georgia,'Times New Roman',serif");
        return $":root{{{string.Join(';', variables)}}}";
    }

    // Whether white stands out from it further than black: the luminance at which both do alike is 0.179.
    private static bool IsDark(string colour)
    {
        return (0.2126 * Part(1)) + (0.7152 * Part(3)) + (0.0722 * Part(5)) < 0.179;

        double Part(int at)
        {
            var part = int.Parse(colour.AsSpan(at, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture) / 255.0;
            return part <= 0.04045 ? part / 12.92 : Math.Pow((part + 0.055) / 1.055, 2.4);
        }
    }
}
