using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;
using ReferralGrains.Cli;

namespace Cli.Tests;

/// <summary>The commands that the script <c>./grains</c> does by itself.</summary>
public sealed class ScriptTests
{
    private static readonly string script = Path.Combine(Checkout.Folder, "grains");

    [Theory]
    [InlineData("status")]
    [InlineData("stop")]
    [InlineData("logs")]
    [InlineData("backup")]
    [InlineData("restore")]
    [InlineData("doctor")]
    [InlineData("version")]
    [InlineData("test")]
    [InlineData("check")]
    [InlineData("up")]
    public async Task Each_command_has_help(string command)
    {
        var ran = await Grains(command, "--help");

        Assert.Equal((0, ""), (ran.ExitCode, ran.Error));
        Assert.StartsWith($"Usage: ./grains {command}", ran.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(3, "status", "--json")]
    [InlineData(0, "stop", "--json")]
    [InlineData(0, "version", "--json", "--url", "http://127.0.0.1:1", "--key", "k")]
    public async Task Each_command_answers_a_program_with_an_object(int expected, params string[] arguments)
    {
        using var files = new Files();

        var ran = await Grains([.. arguments, "--data", files.Path]);

        Assert.Equal((expected, ""), (ran.ExitCode, ran.Error));
        Assert.Equal(JsonValueKind.Object, JsonDocument.Parse(ran.Out).RootElement.ValueKind);
    }

    [Theory]
    [InlineData("status", "--colour")]
    [InlineData("logs", "--lines", "many")]
    [InlineData("stop", "--data")]
    public async Task Unknown_word_is_one_line(params string[] arguments)
    {
        var ran = await Grains(arguments);

        Assert.Equal(2, ran.ExitCode);
        Assert.StartsWith("grains: ", ran.Line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Logs_prints_the_newest_lines_of_both_files()
    {
        using var files = new Files();
        files.Write("server.log.1", "1", "2", "3");
        files.Write("server.log", "4", "5");

        Assert.Equal("1\n2\n3\n4\n5\n", (await Grains("logs", "--data", files.Path)).Out);
        Assert.Equal("3\n4\n5\n", (await Grains("logs", "--lines", "3", "--data", files.Path)).Out);
    }

    [Fact]
    public async Task Status_of_a_url_asks_below_its_path_and_says_that_it_does_not_speak_tls()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        await using var server = builder.Build();
        server.Urls.Add("http://127.0.0.1:0");
        server.MapGet("/grains/health/ready", () => "ready");
        await server.StartAsync(TestContext.Current.CancellationToken);

        var below = await Grains("status", "--url", server.Urls.First() + "/grains/");
        var beside = await Grains("status", "--url", server.Urls.First());
        var secured = await Grains("status", "--url", "https://grains.example");

        Assert.Equal((0, 1, 2), (below.ExitCode, beside.ExitCode, secured.ExitCode));
        Assert.StartsWith("grains: status asks by http alone: ask https://grains.example by a client that has TLS", secured.Line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Logs_as_objects_leave_traces_out()
    {
        using var files = new Files();
        files.Write("server.log", "2026-01-31T12:00:00.000Z warn SiloLease: it said \"no\"\tat C:\\x", "System.Exception: no", "2026-01-31T12:00:01.000Z info Server: ready");

        var ran = await Grains("logs", "--json", "--data", files.Path);

        var lines = ran.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.Equal(["it said \"no\" at C:\\x", "ready"], lines.Select(line => line.GetProperty("message").GetString()));
        Assert.Equal(("2026-01-31T12:00:00.000Z", "warn", "SiloLease"),
            (lines[0].GetProperty("at").GetString(), lines[0].GetProperty("level").GetString(), lines[0].GetProperty("category").GetString()));
    }

    [Fact]
    public async Task Logs_that_are_followed_go_on_where_a_new_file_begins()
    {
        using var files = new Files();
        var log = files.Write("server.log", "old");
        using var process = Start("logs", "--follow", "--data", files.Path);
        Assert.Equal("old", await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));

        await File.AppendAllTextAsync(log, "next\n", TestContext.Current.CancellationToken);
        Assert.Equal("next", await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
        File.Move(log, log + ".1");
        files.Write("server.log", "newer");
        Assert.Equal("newer", await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
        process.Kill(entireProcessTree: true);
    }

    [Fact]
    public async Task Each_command_of_the_client_is_one_of_the_script_and_said_by_it()
    {
        var said = (await Grains("--help")).Out;
        var dispatched = File.ReadLines(script).Single(static line => line.Contains(") run Cli", StringComparison.Ordinal)).Split(')')[0].Split('|', StringSplitOptions.TrimEntries);
        Assert.Equal(CommandLine.Root(Surroundings.OfThisProcess()).Subcommands.Select(static command => command.Name).Order(StringComparer.Ordinal), dispatched.Order(StringComparer.Ordinal));
        Assert.All(dispatched, command => Assert.Contains($"\n  {command} ", said, StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_SDK_of_another_version_is_passed_over()
    {
        using var files = new Files();
        File.SetUnixFileMode(files.Write("dotnet", "#!/bin/sh", "test $1 = --list-sdks && echo '8.0.100 [/nowhere]' || echo 8.0.100"), (UnixFileMode)0b111_101_101);
        var ours = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "../../.."));

        var ran = await GrainsIn(new() { ["PATH"] = $"{files.Path}:{Environment.GetEnvironmentVariable("PATH")}", ["DOTNET_ROOT"] = ours }, "doctor", "--data", files.Path);

        Assert.StartsWith("ok     .NET SDK 10.", ran.Out, StringComparison.Ordinal);
    }

    private static Task<Ran> Grains(params string[] arguments) => GrainsIn([], arguments);

    private static async Task<Ran> GrainsIn(Dictionary<string, string> environment, params string[] arguments)
    {
        using var process = Start(environment, arguments);
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return new(process.ExitCode, await output, error);
    }

    private static Process Start(params string[] arguments) => Start([], arguments);

    private static Process Start(Dictionary<string, string> environment, string[] arguments)
    {
        var start = new ProcessStartInfo("bash", [script, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        return Process.Start(start)!;
    }
}
