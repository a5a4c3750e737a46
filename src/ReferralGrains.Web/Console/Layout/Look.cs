using MudBlazor;

namespace ReferralGrains.Web.Console.Layout;

/// <summary>Colours and letters: each colour of text is at least 4.5 : 1 on what it stands on; the letters are the reader's own, for none are loaded.</summary>
internal static class Look
{
    private static readonly string[] letters = ["system-ui", "Segoe UI", "Roboto", "Helvetica", "Arial", "sans-serif"];

    public static readonly MudTheme Theme = new()
    {
        PaletteLight = new PaletteLight()
        {
            Primary = "#0b5c6b",
            Secondary = "#5b3f8c",
            Info = "#0b5c8a",
            Success = "#1b6e3a",
            Warning = "#8a5300",
            Error = "#b3261e",
            Background = "#f6f7f9",
            Surface = "#ffffff",
            AppbarBackground = "#12343b",
            AppbarText = "#ffffff",
            DrawerBackground = "#ffffff",
            DrawerText = "#1b2430",
            DrawerIcon = "#3d4a57",
            TextPrimary = "#1b2430",
            TextSecondary = "#4a5563",
            ActionDefault = "#4a5563",
            LinesDefault = "#d5dae0",
            TableLines = "#d5dae0",
        },
        Typography = new() { Default = new DefaultTypography { FontFamily = letters, FontSize = "0.925rem" } },
        LayoutProperties = new() { DefaultBorderRadius = "6px", DrawerWidthLeft = "216px" },
    };
}
