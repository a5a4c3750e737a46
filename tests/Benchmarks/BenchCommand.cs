using System.CommandLine;
using System.CommandLine.Help;
using System.Data.Common;
using System.Net.Sockets;
using System.Text.Json;
using ReferralGrains.Cli;

namespace Benchmarks;

/// <summary><c>grains bench</c>: speed and size, side by side with a baseline on the same PostgreSQL.</summary>
internal static class BenchCommand
{
    /// <summary>Servers and a database have to be stopped before the process may go.</summary>
    public static readonly TimeSpan TimeToCleanUp = TimeSpan.FromSeconds(60);

    private static readonly JsonSerializerOptions indented = new() { WriteIndented = true };

    public static Command Build(Surroundings around)
    {
        var asJson = new Option<bool>("--json") { Description = "Print one JSON object and nothing else." };
        var quick = new Option<bool>("--quick") { Description = "Cut the sizes so that it ends within five minutes." };
        var rounds = new Option<int>("--rounds") { Description = "How often each measurement is repeated.", DefaultValueFactory = _ => 3 };
        var only = new Option<string?>("--only") { Description = $"Only these, separated by commas: {string.Join(", ", Measurement.All)}." };
        var command = new Command("bench", "Measure speed and size on a server and a PostgreSQL of its own, which it starts and removes.")
        {
            new HelpOption(), quick, rounds, only, asJson,
        };
        command.SetAction(async (parsed, stop) =>
        {
            var count = parsed.GetValue(rounds);
            if (count < 1) throw new CommandFailed("--rounds has to be at least 1");
            var json = parsed.GetValue(asJson);
            var plan = parsed.GetValue(quick) ? BenchPlan.Quick(count) : BenchPlan.Full(count);
            var result = await Run(plan, Wanted(parsed.GetValue(only)), around, text => around.Note(text, json), stop);
            if (json) around.Out.WriteLine(result.ToJson().ToJsonString(indented));
            else new BenchTable(result).Print(around.Out);
            return CommandLine.Succeeded;
        });
        return command;
    }

    private static async Task<BenchResult> Run(
        BenchPlan plan, IReadOnlySet<string> wanted, Surroundings around, Action<string> note, CancellationToken stop)
    {
        note("starting a server (./grains up)");
        try
        {
            await using var stripe = await BenchStripe.Start();
            await using var server = await BenchServer.Start(around, stripe, stop);
            return await new BenchRun(server, plan, wanted, note, around.Time).Measure(stop);
        }
        catch (Exception broken) when (broken is DbException or IOException or SocketException)
        {
            throw new CommandFailed($"the benchmark stopped: {broken.Message.ReplaceLineEndings(" ")}");
        }
    }

    private static HashSet<string> Wanted(string? only)
    {
        if (only is null) return [.. Measurement.All];
        var wanted = only.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).ToHashSet();
        if (wanted.FirstOrDefault(name => !Measurement.All.Contains(name)) is { } unknown)
            throw new CommandFailed($"--only '{unknown}': known are {string.Join(", ", Measurement.All)}");

        // Some figures are ratios to stream, or are taken while it runs.
        if (wanted.Overlaps([Measurement.Hot, Measurement.Grown, Measurement.Cluster, Measurement.Bytes, Measurement.WhatIf])) wanted.Add(Measurement.Stream);
        return wanted;
    }
}
