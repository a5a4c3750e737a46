using System.Collections.Immutable;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Referrals;
using ReferralGrains.Storage.Journal;

namespace ReferralGrains.Storage.Reports;

/// <summary>A referral's stream as a report sees it: folded by the domain's own fold.</summary>
internal sealed class FoldedStream(StreamId stream, CallerId program, CallerId referee)
{
    private readonly ImmutableArray<Recorded>.Builder events = ImmutableArray.CreateBuilder<Recorded>();

    public StreamId Stream => stream;

    public CallerId Program => program;

    public CallerId Referee => referee;

    public Referral State { get; private set; } = Referral.None;

    public ImmutableArray<Recorded> Events => events.ToImmutable();

    public bool IsEmpty => events.Count == 0;

    public void Add(StoredRow row)
    {
        var recorded = new Recorded(row.Seq, row.At, row.Decode<ReferralEvent>());
        State = ReferralFold.Evolve(State, row.At, recorded.Event);
        events.Add(recorded);
    }
}
