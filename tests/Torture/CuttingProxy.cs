using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Torture;

/// <summary>A TCP line to a port; all that go through it can be cut at once, wherever they are.</summary>
internal sealed class CuttingProxy : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<Line, bool> lines = new();
    private readonly CancellationTokenSource ending = new();
    private readonly int target;
    private readonly Task accepting;

    public CuttingProxy(int target)
    {
        this.target = target;
        listener.Start();
        Address = new($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");
        accepting = Task.Run(Accept);
    }

    public Uri Address { get; }

    /// <returns>How many there were.</returns>
    public int Cut()
    {
        var cut = lines.Keys.ToList();
        foreach (var line in cut) line.Dispose();
        return cut.Count;
    }

    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync();
        listener.Stop();
        Cut();
        await accepting;
        ending.Dispose();
    }

    private async Task Accept()
    {
        while (!ending.IsCancellationRequested)
        {
            try
            {
                _ = Carry(await listener.AcceptSocketAsync(ending.Token));
            }
            catch (Exception over) when (over is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task Carry(Socket client)
    {
        using var line = new Line(client, new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true });
        client.NoDelay = true;
        lines[line] = true;
        try
        {
            await line.There.ConnectAsync(IPAddress.Loopback, target, ending.Token);
            await Task.WhenAll(Pass(client, line.There), Pass(line.There, client));
        }
        catch (Exception cut) when (cut is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // That is what it is for.
        }
        finally
        {
            lines.TryRemove(line, out _);
        }
    }

    private async Task Pass(Socket from, Socket to)
    {
        var buffer = new byte[1 << 14];
        while (await from.ReceiveAsync(buffer, ending.Token) is var length and > 0)
        {
            for (var done = 0; done < length;) done += await to.SendAsync(buffer.AsMemory(done, length - done), ending.Token);
        }

        to.Shutdown(SocketShutdown.Send);
    }

    private sealed class Line(Socket client, Socket there) : IDisposable
    {
        public Socket There => there;

        // Reset, not closed: neither side hears a farewell.
        public void Dispose()
        {
            foreach (var socket in (Socket[])[client, there])
            {
                socket.Close(0);
                socket.Dispose();
            }
        }
    }
}
