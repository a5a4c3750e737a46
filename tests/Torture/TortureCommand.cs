using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;

namespace Torture;

/// <summary><c>grains torture</c>: what must survive, on three real silos that are killed, stopped and cut off meanwhile.</summary>
internal static class TortureCommand
{
    private const int Clean = 0;
    private const int Damaged = 1;
    private const int NotRun = 3;

    public static RootCommand Build()
    {
        var quick = new Option<bool>("--quick") { Description = "The size for CI: 20,000 actions, 10 kills of a silo, 500 seeds of the simulation." };
        var seed = new Option<int?>("--seed") { Description = "Run what a former run with this seed ran." };
        var soak = new Option<int?>("--soak") { Description = "So many minutes of steady work without a fault, to see whether memory stays flat; below twenty it is shown and not judged." };
        var roll = new Option<string?>("--roll") { Description = "The folder of another version's checkout, which is built: three silos of it are replaced by this version one after the other, while they work." };
        var keep = new Option<string?>("--keep") { Description = "A folder that is not there yet, for the logs and the database; otherwise they stay only where something was wrong." };
        var command = new RootCommand("Kill, stop and cut off three silos and their PostgreSQL under load, and have an oracle say what was lost. The last line is 'N lost, N doubled, N overpaid, ledger ok|off, seed S'.")
        {
            quick, seed, soak, roll, keep,
        };
        command.SetAction(async (parsed, stop) =>
        {
            var number = parsed.GetValue(seed) ?? RandomNumberGenerator.GetInt32(1, int.MaxValue);
            if (parsed.GetValue(roll) is { } from && !File.Exists(Processes.Server(from)))
            {
                await Console.Error.WriteLineAsync($"grains: {Processes.Server(from)} is not there: build that version first");
                return NotRun;
            }

            var plan = parsed.GetValue(soak) is { } minutes ? Plan.Soak(number, minutes)
                : parsed.GetValue(roll) is { } other ? Plan.Roll(number, other)
                : parsed.GetValue(quick) ? Plan.Quick(number) : Plan.Full(number);
            return await Torture(plan, parsed.GetValue(keep), stop);
        });
        return command;
    }

    private static async Task<int> Torture(Plan plan, string? keep, CancellationToken stop)
    {
        var screen = new Screen(Console.Out, !Console.IsOutputRedirected);
        var folder = keep ?? Directory.CreateTempSubdirectory("grains-torture-").FullName;
        Directory.CreateDirectory(folder);

        // PostgreSQL runs as a user of its own when we are root, and has to get into its folder.
        File.SetUnixFileMode(folder, File.GetUnixFileMode(folder) | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
        try
        {
            var run = new Run(plan, folder, screen, TimeProvider.System);
            var verdict = await run.Go(stop);
            var (lines, isFlat) = plan.Faults == 0 ? run.Memory.Judge() : ([], true);
            foreach (var line in lines) screen.Say(line);
            var isSimulated = plan.SimulationSeeds == 0 || await Simulate(plan, screen, stop);
            if (keep is null && verdict.IsClean) Directory.Delete(folder, recursive: true);
            else screen.Say($"what was sent, told and paid is in {folder}");
            screen.Conclude(verdict.LastLine(plan.Seed));
            return verdict.IsClean && isSimulated && isFlat ? Clean : Damaged;
        }
        catch (TortureException failed)
        {
            screen.Say($"grains: {failed.Message} (seed {plan.Seed}, all of it in {folder})");
            return NotRun;
        }
    }

    private static async Task<bool> Simulate(Plan plan, Screen screen, CancellationToken stop)
    {
        screen.Say($"{plan.SimulationSeeds} seeds of the simulation");
        var began = Stopwatch.GetTimestamp();
        using var tests = Processes.Dotnet(
            Processes.Assembly("tests/Simulation", "Simulation"), ["-noColor", "-class", "ReferralGrains.Simulation.SimulationTests"],
            [("GRAINS_SEEDS", plan.SimulationSeeds.ToString(CultureInfo.InvariantCulture))]);
        var (output, error) = (tests.StandardOutput.ReadToEndAsync(stop), tests.StandardError.ReadToEndAsync(stop));
        await tests.WaitForExitAsync(stop);
        var text = await output + await error;
        if (tests.ExitCode != 0) screen.Conclude(text);
        screen.Say(string.Create(CultureInfo.InvariantCulture, $"the simulation {(tests.ExitCode == 0 ? "holds" : "FAILS")} after {Stopwatch.GetElapsedTime(began).TotalSeconds:F0} s"));
        return tests.ExitCode == 0;
    }
}
