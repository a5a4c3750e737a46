using System.Collections.Concurrent;

namespace ReferralGrains.Payouts.Sending;

/// <summary>Whether anything is sent for a tenant. What closes it is something that a person has to see.</summary>
public sealed class SendGate
{
    private readonly ConcurrentDictionary<int, string> closed = new();

    /// <summary>The tenants for which nothing is sent.</summary>
    public IReadOnlyCollection<int> Closed => [.. closed.Keys];

    /// <summary>Null while it is open.</summary>
    public string? WhyClosed(int tenant) => closed.GetValueOrDefault(tenant);

    public void Close(int tenant, string why) => closed.TryAdd(tenant, why);

    public void Open(int tenant) => closed.TryRemove(tenant, out _);
}
