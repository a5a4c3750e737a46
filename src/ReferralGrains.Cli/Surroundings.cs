namespace ReferralGrains.Cli;

/// <summary>What a command gets from the process that runs it, so that a test can give it something else.</summary>
/// <param name="Out">Where results go.</param>
/// <param name="Error">Where the one line of a failure goes.</param>
/// <param name="IsTerminal">Whether somebody watches <paramref name="Error"/>: only then is a progress bar drawn there.</param>
/// <param name="Variable">Reads an environment variable; null when it is not set.</param>
/// <param name="Time">The clock by which the command waits and measures.</param>
internal sealed record Surroundings(TextWriter Out, TextWriter Error, bool IsTerminal, Func<string, string?> Variable, TimeProvider Time)
{
    /// <summary>What is piped in.</summary>
    public Func<Stream> In { get; init; } = Console.OpenStandardInput;

    public static Surroundings OfThisProcess() =>
        new(Console.Out, Console.Error, !Console.IsErrorRedirected, Environment.GetEnvironmentVariable, TimeProvider.System);

    /// <summary>Says what is going on. A program that reads the output (<c>--json</c>) is left in peace.</summary>
    public void Note(string text, bool json)
    {
        if (IsTerminal) Error.WriteLine(text);
        else if (!json) Out.WriteLine(text);
    }
}
