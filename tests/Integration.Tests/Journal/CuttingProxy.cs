using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;
using Npgsql;

namespace ReferralGrains.Integration.Tests.Journal;

/// <summary>What happens to the next commit that goes through.</summary>
public enum Cut
{
    None,

    /// <summary>The server gets half of the request, then the line is dead.</summary>
    Request,

    /// <summary>The server answers that it is done, and the answer is lost.</summary>
    Answer,

    /// <summary>The client's line is dead at once; the server has the whole request, notices nothing and goes on.</summary>
    ClientOnly,
}

/// <summary>A line to PostgreSQL that breaks where a test says.</summary>
public sealed class CuttingProxy : IAsyncDisposable
{
    private readonly DirectoryInfo folder = System.IO.Directory.CreateTempSubdirectory("rg-proxy-");
    private readonly Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly CancellationTokenSource ending = new();
    private readonly ConcurrentBag<Line> lines = [];
    private readonly UnixDomainSocketEndPoint server;
    private readonly Task accepting;
    private readonly ConcurrentQueue<(Cut Cut, Func<Task>? Once)> next = [];
    private (byte[] What, byte[] Instead)? garbled;
    private int refusals;

    public CuttingProxy(string connectionString)
    {
        var builder = new NpgsqlConnectionStringBuilder(connectionString);
        server = new($"{builder.Host}/.s.PGSQL.{builder.Port}");
        listener.Bind(new UnixDomainSocketEndPoint($"{folder.FullName}/.s.PGSQL.{builder.Port}"));
        listener.Listen();
        Source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connectionString) { Host = folder.FullName }.ConnectionString);
        accepting = Task.Run(Accept);
    }

    public NpgsqlDataSource Source { get; }

    /// <summary>Says what happens to the next commit, and how many connections are refused after that.</summary>
    /// <param name="once">How far the server is to have come with it before the client's line is cut.</param>
    public void CutNext(Cut cut, int thenRefuse = 0, Func<Task>? once = null)
    {
        Volatile.Write(ref refusals, thenRefuse);
        next.Enqueue((cut, once));
    }

    /// <summary>From now on the server gets something else where a request has this in it; of the same length.</summary>
    public void Garble(string what, string instead) => garbled = (Encoding.UTF8.GetBytes(what), Encoding.UTF8.GetBytes(instead));

    /// <summary>Every client's line is dead at once; the server notices nothing.</summary>
    public void LoseClients()
    {
        foreach (var line in lines)
        {
            line.Cut = Cut.ClientOnly;
            line.Client.Dispose();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync();
        listener.Dispose();
        foreach (var line in lines) line.Dispose();
        await accepting;
        await Source.DisposeAsync();
        ending.Dispose();
        folder.Delete(recursive: true);
    }

    private async Task Accept()
    {
        while (!ending.IsCancellationRequested)
        {
            Socket client;
            try
            {
                client = await listener.AcceptAsync(ending.Token);
            }
            catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }

            if (next.IsEmpty && Interlocked.Decrement(ref refusals) >= 0)
            {
                client.Dispose();
                continue;
            }

            var there = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await there.ConnectAsync(server, ending.Token);
            var line = new Line(client, there);
            lines.Add(line);
            _ = Carry(line);
        }
    }

    private async Task Carry(Line line)
    {
        await Task.WhenAll(Quietly(Requests(line)), Quietly(Answers(line)));
        if (line.Cut != Cut.ClientOnly) line.Dispose();
    }

    private async Task Requests(Line line)
    {
        var buffer = new byte[1 << 20];
        while (await line.Client.ReceiveAsync(buffer) is var length and > 0)
        {
            var once = (Func<Task>?)null;
            if (garbled is var (what, instead) && buffer.AsSpan(0, length).IndexOf(what) is >= 0 and var at) instead.CopyTo(buffer, at);
            if (buffer.AsSpan(0, length).IndexOf("insert into commit"u8) >= 0) (line.Cut, once) = next.TryDequeue(out var cut) ? cut : default;
            await line.Server.SendAsync(buffer.AsMemory(0, line.Cut == Cut.Request ? length / 2 : length));
            if (once is not null) await once();
            if (line.Cut is Cut.Request or Cut.ClientOnly) break;
        }

        if (line.Cut != Cut.Answer) line.Client.Dispose();
        if (line.Cut is Cut.None or Cut.Request) line.Server.Dispose();
    }

    private static async Task Answers(Line line)
    {
        var buffer = new byte[1 << 20];
        while (await line.Server.ReceiveAsync(buffer) is var length and > 0)
        {
            if (line.Cut == Cut.None) await line.Client.SendAsync(buffer.AsMemory(0, length));
            else if (line.Cut == Cut.Answer && buffer.AsSpan(0, length).EndsWith("Z\0\0\0\u0005I"u8)) line.Client.Dispose();
        }
    }

    private static async Task Quietly(Task carrying)
    {
        try
        {
            await carrying;
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The line was cut: that is what it is for.
        }
    }

    private sealed class Line(Socket client, Socket server) : IDisposable
    {
        public Socket Client => client;

        public Socket Server => server;

        public Cut Cut { get; set; }

        public void Dispose()
        {
            client.Dispose();
            server.Dispose();
        }
    }
}
