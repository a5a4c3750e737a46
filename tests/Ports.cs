using System.Net;
using System.Net.Sockets;

namespace ReferralGrains.Tests;

/// <summary>
/// Ports for servers that are killed and come back. They are below those that the kernel gives to clients, each is given once, and this
/// process has a block of them for itself: while one is down, nobody else's server answers its clients.
/// </summary>
internal static class Ports
{
    private const int First = 20_000;
    private const int Blocks = 24;
    private const int InBlock = 500;

    // Held until the process ends.
    private static readonly (FileStream Lock, int First) block = Hold();
    private static int given = -1;

    public static int Next()
    {
        while (true)
        {
            var port = block.First + (Interlocked.Increment(ref given) % InBlock);
            try
            {
                using var probe = new TcpListener(IPAddress.Loopback, port);
                probe.Start();
                return port;
            }
            catch (SocketException)
            {
                // Another program's, or one of ours that still lives.
            }
        }
    }

    private static (FileStream Lock, int First) Hold()
    {
        for (var i = 0; i < Blocks; i++)
        {
            try
            {
                return (new($"/tmp/grains-ports.{i}", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None), First + (i * InBlock));
            }
            catch (Exception taken) when (taken is IOException or UnauthorizedAccessException)
            {
                // The next one.
            }
        }

        throw new InvalidOperationException($"All {Blocks} blocks of ports are held: end the tests that run, or remove /tmp/grains-ports.*");
    }
}
