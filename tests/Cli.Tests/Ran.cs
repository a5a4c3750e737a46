using System.Text;
using ReferralGrains.Cli;

namespace Cli.Tests;

/// <summary>What a command printed and how it ended.</summary>
internal sealed record Ran(int ExitCode, string Out, string Error)
{
    public static Task<Ran> Command(StandIn server, params string[] arguments) =>
        Raw([.. arguments, "--url", server.Url.ToString(), "--key", StandIn.Key]);

    /// <summary>The same with something piped in.</summary>
    public static Task<Ran> Piped(StandIn server, string input, params string[] arguments) =>
        Raw(input, isTerminal: false, [.. arguments, "--url", server.Url.ToString(), "--key", StandIn.Key]);

    /// <summary>The same before somebody's eyes.</summary>
    public static Task<Ran> OnTerminal(StandIn server, params string[] arguments) =>
        Raw("", isTerminal: true, [.. arguments, "--url", server.Url.ToString(), "--key", StandIn.Key]);

    public static Task<Ran> Raw(params string[] arguments) => Raw("", isTerminal: false, arguments);

    /// <summary>The same by a clock on which every pause is over at once.</summary>
    public static Task<Ran> WithoutPauses(params string[] arguments) => Raw("", isTerminal: false, arguments, new Hurried());

    /// <summary>The same until somebody has enough of it.</summary>
    public static Task<Ran> Stopped(CancellationToken stop, params string[] arguments) => Raw("", isTerminal: false, arguments, stop: stop);

    /// <summary>The same with variables in the environment.</summary>
    public static Task<Ran> With(IReadOnlyDictionary<string, string> variables, params string[] arguments) => Raw("", isTerminal: false, arguments, variables: variables);

    private static async Task<Ran> Raw(string input, bool isTerminal, string[] arguments, TimeProvider? time = null, IReadOnlyDictionary<string, string>? variables = null, CancellationToken stop = default)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var around = new Surroundings(output, error, isTerminal, name => variables?.GetValueOrDefault(name), time ?? TimeProvider.System) { In = () => new MemoryStream(Encoding.UTF8.GetBytes(input)) };
        var exitCode = await CommandLine.Run(arguments, around, stop);
        return new(exitCode, output.ToString(), error.ToString());
    }

    /// <summary>The one line of a failure.</summary>
    public string Line => Assert.Single(Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));

    private sealed class Hurried : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, dueTime == Timeout.InfiniteTimeSpan ? dueTime : TimeSpan.Zero, period);
    }
}
