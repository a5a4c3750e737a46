using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using ReferralGrains.Cli;
using ReferralGrains.Cli.Api;

namespace Benchmarks;

/// <summary>What came of a run of single requests.</summary>
/// <param name="Answered">How many, and in how many seconds.</param>
/// <param name="Milliseconds">For each, the time from when it should have been sent to its whole answer.</param>
internal sealed record SingleOutcome(LoadOutcome Answered, IReadOnlyList<double> Milliseconds);

/// <summary>
/// Sends one action per request over many keep-alive connections, from one thread that waits for all of them at once: with
/// the server on the same cores, whatever the generator does not need is the server's.
/// </summary>
internal sealed class SingleLoad : IDisposable
{
    private static readonly TimeSpan patience = TimeSpan.FromSeconds(30);
    private const int PollMicroseconds = 1_000;
    private readonly List<SingleConnection> connections = [];
    private readonly Access access;

    public SingleLoad(Access access, int count)
    {
        this.access = access;
        var server = new DnsEndPoint(access.Url.DnsSafeHost, access.Url.Port);
        for (var i = 0; i < count; i++) connections.Add(new(server));
    }

    /// <param name="actions">What to send.</param>
    /// <param name="perSecond">How many to send each second, whether or not the server keeps up; null sends the next as soon as a connection is free.</param>
    /// <param name="duration">How long to send.</param>
    /// <param name="stop">Abandons it.</param>
    public Task<SingleOutcome> Run(PreparedActions actions, double? perSecond, TimeSpan duration, CancellationToken stop)
    {
        var requests = actions.Json.Select(Request).ToArray();
        return Task.Factory.StartNew(() => Run(requests, perSecond, duration, stop), stop, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    public void Dispose()
    {
        foreach (var connection in connections) connection.Dispose();
    }

    private byte[] Request(byte[] json) => [.. Encoding.ASCII.GetBytes(
        $"POST {access.Target("/v1/actions")} HTTP/1.1\r\nHost: {access.Url.Authority}\r\nAuthorization: Bearer {access.Key}\r\n" +
        $"Content-Type: application/json\r\nContent-Length: {json.Length}\r\n\r\n"), .. json];

    private SingleOutcome Run(byte[][] requests, double? perSecond, TimeSpan duration, CancellationToken stop)
    {
        var idle = new Stack<SingleConnection>(connections);
        var busy = new Dictionary<Socket, SingleConnection>();
        var ready = new List<Socket>(connections.Count);
        var latencies = new List<double>(requests.Length);
        var last = perSecond is { } rate ? Math.Min(requests.Length, (int)(rate * duration.TotalSeconds)) : requests.Length;
        var next = 0;
        var began = Stopwatch.GetTimestamp();
        while (true)
        {
            stop.ThrowIfCancellationRequested();
            var passed = Stopwatch.GetElapsedTime(began);
            if (perSecond is null && passed >= duration) last = next;
            for (; idle.Count > 0 && next < last && (perSecond is null || next / perSecond.Value <= passed.TotalSeconds); next++)
            {
                var connection = idle.Pop();
                // Late for want of a free connection is late all the same: the wait belongs to the answer.
                connection.Send(requests[next], perSecond is { } pace ? began + (long)(next / pace * Stopwatch.Frequency) : Stopwatch.GetTimestamp());
                busy.Add(connection.Socket, connection);
            }

            if (busy.Count == 0 && next >= last) break;
            if (passed > duration + patience) throw new CommandFailed($"{busy.Count} requests had no answer after {patience.TotalSeconds} seconds");
            Collect();
        }

        return new(new(latencies.Count, Stopwatch.GetElapsedTime(began).TotalSeconds), latencies);

        void Collect()
        {
            ready.Clear();
            ready.AddRange(busy.Keys);
            if (ready.Count == 0)
            {
                // Nothing is under way and the next is not due: this is the wait until it is.
                connections[0].Socket.Poll(PollMicroseconds, SelectMode.SelectRead);
                return;
            }

            Socket.Select(ready, null, null, PollMicroseconds);
            foreach (var socket in ready)
            {
                var connection = busy[socket];
                if (!connection.Receive()) continue;
                if (!connection.IsRewarded) throw new CommandFailed($"wrong answer to a single action: {connection.Text()}");
                latencies.Add(Stopwatch.GetElapsedTime(connection.IntendedAt).TotalMilliseconds);
                busy.Remove(socket);
                idle.Push(connection);
            }
        }
    }
}
