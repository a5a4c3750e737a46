using System.Collections.Immutable;
using System.Text.Json;
using ReferralGrains.Gateway.Problems;
using ReferralGrains.Turns;

namespace ReferralGrains.Gateway.Lines;

/// <summary>What the lines of one kind of stream are: how to read one, whom to ask about it, and how to write its answer.</summary>
internal abstract class LineWork<TItem, TReply>
{
    /// <summary>Before the lines that came together are read.</summary>
    /// <returns>Whether they may name others than they are of, so that <see cref="Name"/> is to be asked.</returns>
    public virtual ValueTask<bool> Begin(CancellationToken stop) => ValueTask.FromResult(false);

    /// <returns>What is wrong with the line, or null.</returns>
    public abstract Problem? Parse(ReadOnlySpan<byte> line, out TItem item);

    /// <summary>The grain that decides it. Lines of one grain take effect in line order.</summary>
    public abstract GrainAddress AddressOf(TItem item);

    /// <summary>Lets items say whose they are by the name that their grain has, so that lines of one grain are known to be.</summary>
    /// <returns>All of them, in the same order.</returns>
    public virtual ValueTask<ImmutableArray<TItem>> Name(ImmutableArray<TItem> items, CancellationToken stop) => ValueTask.FromResult(items);

    /// <returns>One reply an item, in the same order.</returns>
    public abstract ValueTask<ImmutableArray<TReply>> Ask(GrainAddress to, ImmutableArray<TItem> items, CancellationToken stop);

    /// <summary>Why the reply is an error line, or null.</summary>
    public abstract Problem? ProblemOf(TReply reply);

    /// <summary>Before an answer is written: whatever it needs that is not there yet.</summary>
    public virtual ValueTask Prepare(TItem item, TReply reply, CancellationToken stop) => ValueTask.CompletedTask;

    /// <summary>The members of a result line after its number.</summary>
    public abstract void Write(Utf8JsonWriter json, TItem item, TReply reply);

    /// <summary>The members that name the item in an error line.</summary>
    public abstract void WriteName(Utf8JsonWriter json, TItem item);

    /// <summary>The name in a line that could not be parsed, if it can be made out.</summary>
    public virtual void WriteName(Utf8JsonWriter json, string name)
    {
    }

    /// <summary>What a line that could not be parsed calls itself, or null.</summary>
    public virtual string? NameOf(ReadOnlySpan<byte> line) => null;

    /// <summary>Every line that was answered passes here once, in input order.</summary>
    public virtual void Count(TReply? reply, bool failed)
    {
    }

    /// <summary>Whether a summary ends the answers.</summary>
    public virtual bool Summarises => false;

    /// <summary>The members of the last line.</summary>
    public virtual void WriteSummary(Utf8JsonWriter json)
    {
    }
}

/// <summary>Why a line was not done; the rest of the stream goes on.</summary>
/// <param name="Status">The HTTP status that a single request would have had.</param>
/// <param name="Param">The field that it is about.</param>
internal sealed record LineError(int Status, string Code, string Detail, string? Param = null);
