namespace Architecture.Tests;

/// <summary>The projects below src, as files and as what was built of them.</summary>
internal static class Repository
{
    public static string Folder { get; } = Checkout.Folder;

    /// <summary>The names after <c>ReferralGrains.</c></summary>
    public static IReadOnlyList<string> Projects { get; } =
        [.. Directory.GetDirectories(Path.Combine(Folder, "src"), "ReferralGrains.*").Select(path => Path.GetFileName(path)["ReferralGrains.".Length..]).Order()];

    public static string ProjectFile(string project) => Path.Combine(Folder, "src", $"ReferralGrains.{project}", $"ReferralGrains.{project}.csproj");

    /// <summary>The assembly beside this one, which was built with it.</summary>
    public static string Assembly(string project) => Path.Combine(AppContext.BaseDirectory, $"ReferralGrains.{project}.dll");
}
