using System.Net;
using System.Net.Sockets;
using ReferralGrains.Server.Options;

namespace ReferralGrains.Server;

/// <summary>What would stop the start later and can be known now: each is one line that says what to do.</summary>
internal static class StartChecks
{
    /// <exception cref="InvalidOperationException">With the line to show.</exception>
    public static void DataFolder(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
            var trial = Path.Combine(folder, $".trial-{Guid.NewGuid():n}");
            File.WriteAllText(trial, "");
            File.Delete(trial);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new InvalidOperationException($"the data folder {folder} cannot be written ({refused.Message}): make it writable for {Environment.UserName}, or choose another with --data");
        }
    }

    /// <exception cref="InvalidOperationException">With the line to show.</exception>
    public static void Ports(ServerOptions options)
    {
        Port(options, options.Port, "port");
        if (options.Http2Port is not { } second) return;
        if (second == options.Port) throw new InvalidOperationException($"--port and --http2-port are both {second}: give two");
        Port(options, second, "http2-port");
    }

    private static void Port(ServerOptions options, int port, string called)
    {
        var address = options.Listen == "localhost" ? IPAddress.Loopback : IPAddress.Parse(options.Listen);
        using var listener = new TcpListener(address, port);
        try
        {
            listener.Start();
        }
        catch (SocketException refused)
        {
            throw new InvalidOperationException(refused.SocketErrorCode switch
            {
                SocketError.AddressAlreadyInUse => $"port {port} of {options.Listen} is in use: end what uses it ('ss -ltnp sport = :{port}' names it), or choose another with --{called}",
                SocketError.AccessDenied => $"{Environment.UserName} may not listen on port {port}: choose one above 1023 with --{called}, and put a proxy in front",
                SocketError.AddressNotAvailable => $"{options.Listen} is no address of this machine: give one that is with --listen, or 0.0.0.0 for all",
                _ => $"cannot listen on {options.Listen} port {port}: {refused.Message}",
            });
        }
    }
}
