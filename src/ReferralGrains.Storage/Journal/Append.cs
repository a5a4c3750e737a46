using System.Collections.Immutable;
using ReferralGrains.Domain.Actions;
using ReferralGrains.Domain.Identity;
using ReferralGrains.Domain.Ledger;
using ReferralGrains.Domain.Money;

namespace ReferralGrains.Storage.Journal;

/// <summary>
/// What one turn wants written: rows of one or several streams and what follows from them. It stands or falls whole.
/// </summary>
public sealed class Append
{
    public required int Tenant { get; init; }

    public required ImmutableArray<StreamRows> Streams { get; init; }

    /// <summary>Facts of other grains that the decision relied on; the commit rejects it if one has moved.</summary>
    public ImmutableArray<FactRead> Reads { get; init; } = [];

    /// <summary>
    /// Facts that this append makes or changes. A commit that changes one waits for those under way, so that none is decided on the old
    /// fact.
    /// </summary>
    public ImmutableArray<FactChange> Facts { get; init; } = [];

    /// <summary>
    /// Balances that this append takes from and that others may take from as well: it falls if one is short. Fact versions do not cover
    /// balances.
    /// </summary>
    public ImmutableArray<BalanceGuard> Guards { get; init; } = [];

    /// <summary>Rows of the capabilities' own tables that commit with the events.</summary>
    public ImmutableArray<SideRows> SideRows { get; init; } = [];

    internal int RowCount
    {
        get
        {
            var count = 0;
            foreach (var stream in Streams) count += stream.Rows.Length;
            return count;
        }
    }
}

/// <summary>Rows to add to a stream. The first one's <paramref name="FirstSeq"/> − 1 must be there: no overlap, no gap.</summary>
/// <param name="Key">What the stream is about: where it begins here, it is entered in the directory with its first row.</param>
public sealed record StreamRows(StreamId Stream, int FirstSeq, ImmutableArray<EventRow> Rows, StreamKey? Key = null)
{
    /// <summary>What is to be entered in the directory; null for a stream that is there.</summary>
    internal StreamKey? NewKey => FirstSeq == 1 ? Key : null;
}

/// <summary>An event as the journal keeps it. An event with several postings takes a row for each.</summary>
/// <param name="Type">0 continues the event above with another posting.</param>
public readonly record struct EventRow(
    short Type, short Version, int? About, DateTimeOffset At, Posting? Posting, CallerId? ActionId, ContentHash? Hash, byte[]? Data);

public readonly record struct FactRead(StreamId Stream, int Version);

public readonly record struct FactChange(StreamId Stream, int Version, string Body);

/// <summary>
/// After an append and all before it, a referrer's payable amount is not below zero. The append itself moves that balance, and so
/// keeps others from it until the commit is over.
/// </summary>
public readonly record struct BalanceGuard(StreamId Referrer, Asset Asset);

/// <summary>What became of an append.</summary>
public enum AppendOutcome
{
    Committed = 1,

    /// <summary>Another activation was first, or began the stream under another number: refold, then decide again.</summary>
    StreamMoved = 2,

    /// <summary>An action id is taken: load what is recorded under it, then decide again.</summary>
    ActionKnown = 3,

    /// <summary>A fact that was read has moved, or a side row is taken by now: read it again, then decide again.</summary>
    FactMoved = 4,

    /// <summary>A guarded balance would be below zero: read it again, then decide again.</summary>
    BalanceShort = 5,
}

/// <summary>The journal cannot be written or read now; nothing was committed. The caller may try again later.</summary>
public sealed class JournalUnavailableException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>
/// A commit was sent, and nobody could be asked in time whether it happened. Whoever sends it again under the same id is answered
/// what became of it.
/// </summary>
public sealed class OutcomeUnknownException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>Where grains append. One implementation is PostgreSQL's; a simulation has another.</summary>
public interface IJournal
{
    Task<AppendOutcome> Append(Append append);
}
