namespace ReferralGrains.Cli;

/// <summary>Ends a command with a non-zero exit code and one line that tells the caller what to do about it.</summary>
internal sealed class CommandFailed(string line) : Exception(line);
