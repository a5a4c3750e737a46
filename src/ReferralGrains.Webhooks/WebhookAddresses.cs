using System.Net;
using System.Net.Sockets;

namespace ReferralGrains.Webhooks;

/// <summary>An endpoint's host has no address at which anybody may be told.</summary>
public sealed class AddressRefusedException() : IOException("No address of this host may be connected to.");

/// <summary>
/// Which addresses may be told. A tenant chooses the address and we connect: what only we can reach (this machine, its network, a cloud's
/// metadata) is refused, when an endpoint is added and again for each connection, for what a name means can change in between.
/// </summary>
internal sealed class WebhookAddresses(WebhookOptions options)
{
    private static readonly TimeSpan patience = TimeSpan.FromSeconds(3);

    // Whatever is not given out to the public (RFC 6890 and its registries).
    private static readonly IPNetwork[] special =
    [
        .. new[]
        {
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16",
            "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
        }.Select(IPNetwork.Parse),
    ];

    // Of IPv6 only this much is public at all.
    private static readonly IPNetwork global = IPNetwork.Parse("2000::/3");

    /// <summary>What an operator has allowed: there <c>http</c> will do as well.</summary>
    public bool IsOurs(IPAddress address) => options.Networks.Any(network => network.Contains(Plain(address)));

    public bool Allows(IPAddress address)
    {
        var plain = Plain(address);
        if (IsOurs(plain)) return true;
        return !special.Any(network => network.Contains(plain)) && (plain.AddressFamily == AddressFamily.InterNetwork || global.Contains(plain));
    }

    /// <summary>Why nobody is told there; null where somebody may be. A name that means nothing now may mean something later.</summary>
    public async Task<string?> Refuses(Uri address, bool mayBeClear, CancellationToken stop)
    {
        if (address.UserInfo.Length > 0) return "An address with a user or a password in it is not taken: whoever reads it could use them.";
        var found = await Resolve(address.IdnHost, stop);
        if (found.Any(one => !Allows(one))) return "The address is private, and no network of this installation is open to webhooks.";
        return address.Scheme == Uri.UriSchemeHttps || mayBeClear || (found.Length > 0 && found.All(IsOurs)) ? null : "https is expected: what is sent is not for everybody on the way.";
    }

    /// <summary>Connects to an address that is allowed.</summary>
    public async ValueTask<Stream> Connect(SocketsHttpConnectionContext context, CancellationToken stop)
    {
        var addresses = await Dns.GetHostAddressesAsync(context.DnsEndPoint.Host, stop);
        var allowed = Array.FindAll(addresses, Allows);
        if (allowed.Length == 0) throw new AddressRefusedException();
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(allowed, context.DnsEndPoint.Port, stop);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static async Task<IPAddress[]> Resolve(string host, CancellationToken stop)
    {
        using var soon = CancellationTokenSource.CreateLinkedTokenSource(stop);
        soon.CancelAfter(patience);
        try
        {
            return await Dns.GetHostAddressesAsync(host, soon.Token);
        }
        catch (Exception unknown) when (unknown is SocketException or ArgumentException || (unknown is OperationCanceledException && !stop.IsCancellationRequested))
        {
            return [];
        }
    }

    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
}
