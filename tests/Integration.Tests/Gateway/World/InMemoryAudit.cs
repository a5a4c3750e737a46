using ReferralGrains.Storage.Audit;
using ReferralGrains.Storage.Reports;

namespace ReferralGrains.Integration.Tests.Gateway.World;

/// <summary>An audit log in memory, which can be away.</summary>
internal sealed class InMemoryAudit : IAuditLog
{
    private readonly Lock gate = new();
    private readonly List<AuditEntry> entries = [];
    private readonly Dictionary<Guid, AuditOutcome> outcomes = [];

    /// <summary>What every write meets.</summary>
    public Exception? Outage { get; set; }

    /// <summary>What the end of every entry waits for.</summary>
    public Task Slow { get; set; } = Task.CompletedTask;

    public IReadOnlyList<AuditedRequest> All
    {
        get
        {
            lock (gate) return [.. entries.Select(entry => new AuditedRequest(entry, outcomes.GetValueOrDefault(entry.Id)))];
        }
    }

    public Task Begin(AuditEntry entry)
    {
        if (Outage is not null) return Task.FromException(Outage);
        lock (gate) entries.Add(entry);
        return Task.CompletedTask;
    }

    public async Task End(AuditOutcome outcome)
    {
        await Slow;
        if (Outage is not null) throw Outage;
        lock (gate) outcomes.Add(outcome.Entry, outcome);
    }

    public Task<Page<AuditedRequest>> List(AuditFilter filter, CancellationToken stop)
    {
        var found = All.Where(one => one.Entry.Tenant == filter.Tenant).Reverse().ToList();
        return Task.FromResult(new Page<AuditedRequest>([.. found.Take(filter.Limit)], found.Count > filter.Limit));
    }
}
