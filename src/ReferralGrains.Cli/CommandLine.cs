using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using ReferralGrains.Cli.Api;
using ReferralGrains.Cli.Audit;
using ReferralGrains.Cli.Explain;
using ReferralGrains.Cli.Import;
using ReferralGrains.Cli.Ledger;
using ReferralGrains.Cli.Payouts;
using ReferralGrains.Cli.Webhooks;
using ReferralGrains.Cli.WhatIf;

namespace ReferralGrains.Cli;

/// <summary>The commands that talk to a running server. <c>up</c>, <c>test</c> and <c>check</c> are the script's own.</summary>
internal static class CommandLine
{
    public const int Succeeded = 0;
    public const int Failed = 1;
    private const int Misused = 2;
    private const int Stopped = 130;

    private static readonly TimeSpan timeToCleanUp = TimeSpan.FromSeconds(2);

    public static Task<int> Run(string[] args, Surroundings around, CancellationToken stop = default) =>
        Invoke(Root(around), args, around, timeToCleanUp, stop);

    /// <summary>Runs a command; whatever goes wrong is one line and an exit code.</summary>
    /// <param name="root">What to run.</param>
    /// <param name="args">With which words.</param>
    /// <param name="around">The process.</param>
    /// <param name="termination">How long it may clean up after Ctrl-C.</param>
    /// <param name="stop">Abandons it.</param>
    public static async Task<int> Invoke(Command root, string[] args, Surroundings around, TimeSpan termination, CancellationToken stop = default)
    {
        var parsed = root.Parse(args);
        if (parsed.Action is ParseErrorAction)
        {
            around.Error.WriteLine($"grains: {parsed.Errors[0].Message.ReplaceLineEndings(" ")} (--help shows the options)");
            return Misused;
        }

        // Such as --map "$MAP" where that is not set: nothing has a meaning that an empty word says.
        if (parsed.Tokens.ToList().FindIndex(static word => word.Value.Length == 0) is > 0 and var empty)
        {
            around.Error.WriteLine($"grains: {parsed.Tokens[empty - 1].Value} needs a value");
            return Misused;
        }

        var invocation = new InvocationConfiguration
        {
            Output = around.Out,
            Error = around.Error,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = termination,
        };
        try
        {
            return await parsed.InvokeAsync(invocation, stop);
        }
        catch (Exception failed) when (failed is CommandFailed or Unreachable or IOException or UnauthorizedAccessException)
        {
            // What a disk or a folder refuses names its file itself.
            around.Error.WriteLine($"grains: {failed.Message.ReplaceLineEndings(" ")}");
            return Failed;
        }
        catch (OperationCanceledException)
        {
            around.Error.WriteLine("grains: stopped");
            return Stopped;
        }
    }

    internal static Command Root(Surroundings around)
    {
        var access = new AccessOptions(around);
        var root = new Command("grains", "ReferralGrains from the command line (up, test and check are commands of the script ./grains).")
        {
            new HelpOption(),
            access.Json,
            access.Url,
            access.Key,
            access.Data,
            ImportCommand.Build(access, around),
            ExplainCommand.Build(access, around),
            LedgerCommand.Build(access, around),
            PayoutsCommand.Build(access, around),
            WhatIfCommand.Build(access, around),
            ReconcileCommand.Build(access, around),
            AuditCommand.Build(access, around),
            ListenCommand.Build(access, around),
            TriggerCommand.Build(access, around),
        };
        return root;
    }
}
