namespace ReferralGrains.Cli.Import;

/// <summary>Where a file is wrong, in the words of an editor: lines and columns count from 1.</summary>
internal static class BadFile
{
    public static CommandFailed At(string path, long line, long column, string? name, string why) =>
        new($"{path} line {line}, column {column}{(name is null ? "" : $" ({name})")}: {why}");

    public static CommandFailed Unreadable(string path, Exception cause) =>
        new($"cannot read {path}: {cause.Message.ReplaceLineEndings(" ")}");
}
