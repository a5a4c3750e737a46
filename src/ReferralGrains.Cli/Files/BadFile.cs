namespace ReferralGrains.Cli.Files;

/// <summary>Where a file is wrong, in the words of an editor: lines and columns count from 1.</summary>
internal static class BadFile
{
    public static CommandFailed At(string file, long line, Fault fault) => new($"{file} {Place(line, fault)}");

    public static CommandFailed Unreadable(string file, Exception cause) => new($"cannot read {file}: {cause.Message.ReplaceLineEndings(" ")}");

    private static string Place(long line, Fault fault) =>
        $"line {line}, column {fault.Column}{(fault.Field is null ? "" : $" ({fault.Field})")}: {fault.Reason}";
}
