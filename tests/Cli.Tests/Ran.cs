using ReferralGrains.Cli;

namespace Cli.Tests;

/// <summary>What a command printed and how it ended.</summary>
internal sealed record Ran(int ExitCode, string Out, string Error)
{
    public static Task<Ran> Command(StandIn server, params string[] arguments) =>
        Raw([.. arguments, "--url", server.Url.ToString(), "--key", StandIn.Key]);

    public static async Task<Ran> Raw(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var around = new Surroundings(output, error, IsTerminal: false, _ => null, TimeProvider.System);
        var exitCode = await CommandLine.Run(arguments, around);
        return new(exitCode, output.ToString(), error.ToString());
    }

    /// <summary>The one line of a failure.</summary>
    public string Line => Assert.Single(Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
}
