using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Torture;

internal static class Processes
{
    public const int Kill = 9;
    public const int Thaw = 18;
    public const int Freeze = 19;
    public const int Terminate = 15;

    /// <summary>Built beside this program, in the same configuration.</summary>
    /// <param name="checkout">Another one's; ours when it is left out.</param>
    public static string Assembly(string folder, string name, string? checkout = null)
    {
        var output = new DirectoryInfo(AppContext.BaseDirectory);
        return Path.Combine(checkout ?? Checkout.Folder, folder, "bin", output.Parent!.Name, output.Name, name + ".dll");
    }

    public static string Server(string? checkout = null) => Assembly("src/ReferralGrains.Server", "ReferralGrains.Server", checkout);

    public static long ResidentBytes(int process)
    {
        var line = File.ReadLines($"/proc/{process}/status").First(static line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        return long.Parse(line.AsSpan(6).Trim().TrimEnd("kB").Trim(), CultureInfo.InvariantCulture) * 1024;
    }

    // What it returns is of no interest: a target that is gone needs no signal.
    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static extern void Signal(int target, int signal);

    public static Process Dotnet(string assembly, IEnumerable<string> words, IEnumerable<(string Name, string Value)> environment)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var word in words.Prepend(assembly).Prepend("exec")) start.ArgumentList.Add(word);
        foreach (var (name, value) in environment) start.Environment[name] = value;
        return Process.Start(start)!;
    }
}
