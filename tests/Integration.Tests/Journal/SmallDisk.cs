using System.Diagnostics;

namespace ReferralGrains.Integration.Tests.Journal;

/// <summary>A disk of a few megabytes. Only root can make one; where a test is not root, it is skipped.</summary>
public sealed class SmallDisk : IAsyncDisposable
{
    private readonly DirectoryInfo mount = Directory.CreateTempSubdirectory("rg-disk-");

    private SmallDisk()
    {
    }

    public string Name { get; } = $"small_{Guid.NewGuid():N}";

    public string Folder => Path.Combine(mount.FullName, "space");

    public static async Task<SmallDisk> Mount(int megabytes)
    {
        var disk = new SmallDisk();
        if (await Run("mount", "-t", "tmpfs", "-o", $"size={megabytes}m", "tmpfs", disk.mount.FullName) != 0)
        {
            disk.mount.Delete();
            Assert.Skip("A small disk can be mounted only by root.");
        }

        Directory.CreateDirectory(disk.Folder);
        Assert.Equal(0, await Run("chown", "-R", "postgres", disk.mount.FullName));
        return disk;
    }

    public async Task Grow(int megabytes) => Assert.Equal(0, await Run("mount", "-o", $"remount,size={megabytes}m", mount.FullName));

    public async ValueTask DisposeAsync()
    {
        // PostgreSQL lets go of its files one process after another.
        await Eventually.Holds("nobody holds the disk", async () => await Run("umount", mount.FullName) == 0);
        mount.Delete(recursive: true);
    }

    private static async Task<int> Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return process.ExitCode;
    }
}
