using System.Buffers.Text;
using System.Security.Cryptography;
using ReferralGrains.Server.Options;

namespace ReferralGrains.Server;

/// <summary>The first key, where the caller has none of their own: it is made once, shown once and kept where only its owner reads it.</summary>
public static class AdminKey
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public static string Find(ServerOptions options) => Find(options, Console.Out, !Console.IsOutputRedirected);

    public static string Find(ServerOptions options, TextWriter output, bool isTerminal)
    {
        var path = Path.Combine(options.DataDirectory, "admin.key");
        if (File.Exists(path)) return File.ReadAllText(path).Trim();
        var key = "rg_live_" + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        WritePrivate(path, key + "\n");
        // Who asks for JSON has a journal or a collector that keeps the output, and lets others read it.
        var isCollected = options.Log == LogFormat.Json && !isTerminal;
        output.WriteLine(isCollected ? $"admin key: kept in {path}" : $"admin key (shown once, kept in {path}): {key}");
        return key;
    }

    /// <summary>Writes a file that nobody else could read at any moment.</summary>
    public static void WritePrivate(string path, string content)
    {
        File.Delete(path);
        using var file = new FileStream(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnerOnly });
        file.Write(System.Text.Encoding.UTF8.GetBytes(content));
    }
}
