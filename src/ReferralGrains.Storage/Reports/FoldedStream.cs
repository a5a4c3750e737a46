using System.Text.Json;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Storage.Reports;

/// <summary>A referral's stream as its page shows it: folded by the domain's own fold, and what is pending left out.</summary>
internal sealed class FoldedStream(StreamId stream, CallerId program, CallerId referee)
{
    public StreamId Stream => stream;

    public CallerId Program => program;

    public CallerId Referee => referee;

    public Referral State { get; private set; } = Referral.None;

    /// <summary>Goes on from what was kept.</summary>
    public void Begin(string kept) => State = JsonSerializer.Deserialize(kept, JournalJson.Default.Referral)!;

    public void Add(StoredRow row) => State = ReferralFold.Evolve(State, row.At, row.Decode<ReferralEvent>());
}
