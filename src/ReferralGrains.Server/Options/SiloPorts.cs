using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace ReferralGrains.Server.Options;

/// <summary>
/// The two ports at which the others of the cluster reach this process: as given, else as before, else whatever is free. They are
/// kept, so that a restart is known by its address and a firewall rule stays true.
/// </summary>
internal sealed record SiloPorts(int Silo, int Gateway)
{
    public static SiloPorts Find(ServerOptions options)
    {
        var path = Path.Combine(options.DataDirectory, "ports");
        var kept = Read(path);
        var silo = options.SiloPort ?? FreeOr(options.SiloAddress, kept?.Silo, not: options.GatewayPort);
        var gateway = options.GatewayPort ?? FreeOr(options.SiloAddress, kept?.Gateway, not: silo);
        if (silo == gateway) throw new InvalidOperationException($"--silo-port and --gateway-port are both {silo}: give two");
        var ports = new SiloPorts(silo, gateway);
        if (ports != kept) File.WriteAllText(path, string.Create(CultureInfo.InvariantCulture, $"{silo} {gateway}\n"));
        return ports;
    }

    private static SiloPorts? Read(string path)
    {
        if (!File.Exists(path)) return null;
        var words = File.ReadAllText(path).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        return words.Length == 2 && int.TryParse(words[0], out var silo) && int.TryParse(words[1], out var gateway) ? new(silo, gateway) : null;
    }

    private static int FreeOr(IPAddress address, int? wanted, int? not) =>
        wanted is { } port && port != not && IsFree(address, port) ? port : Free(address, not);

    private static bool IsFree(IPAddress address, int port)
    {
        try
        {
            using var listener = new TcpListener(address, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static int Free(IPAddress address, int? not)
    {
        while (true)
        {
            using var listener = new TcpListener(address, 0);
            listener.Start();
            if (((IPEndPoint)listener.LocalEndpoint).Port is var port && port != not) return port;
        }
    }
}
