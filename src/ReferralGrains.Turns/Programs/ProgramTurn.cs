using System.Collections.Immutable;
using System.Text.Json;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Programs;
using ReferralGrains.Storage.Journal;
using ReferralGrains.Storage.Programs;

namespace ReferralGrains.Turns.Programs;

/// <summary>One turn over a program: commands are decided in order, each against what the one before left, for one append.</summary>
internal sealed class ProgramTurn(StreamId stream, StreamKey key, ReferralProgram state, DateTimeOffset now)
{
    private readonly int firstSeq = state.Seq + 1;
    private readonly ImmutableArray<EventRow>.Builder rows = ImmutableArray.CreateBuilder<EventRow>();
    private readonly ImmutableArray<RuleRow>.Builder rules = ImmutableArray.CreateBuilder<RuleRow>();

    public ReferralProgram State { get; private set; } = state;

    public void Apply(ProgramEvent e)
    {
        State = After(e);
        rows.Add(EventCodec.Encode(e, State.LastAt));
    }

    /// <summary>Its id is unique in the tenant, whichever program is first with it.</summary>
    public void ApplyFirst(RulePublished published)
    {
        Apply(published);
        rules.Add(new(published.Id, stream));
    }

    /// <summary>The state with one event more, which stays as it is: what would be.</summary>
    public ReferralProgram After(ProgramEvent e) => ReferralProgram.Evolve(State, now, stream, e);

    /// <summary>Null when nothing came of it.</summary>
    public Append? Append() => rows.Count == 0 ? null : new()
    {
        Tenant = key.Tenant,
        Streams = [new(stream, firstSeq, rows.ToImmutable(), key)],
        Facts = [new(stream, State.Terms!.Revision, JsonSerializer.Serialize(State.Terms!, JournalJson.Default.ProgramTerms))],
        SideRows = [SideRows.Of(rules.ToImmutable())],
    };
}
