using ReferralGrains.Gateway.Problems;

namespace ReferralGrains.Gateway.Lines;

/// <summary>A line between its reading and its answer. Used again and again: the window holds a fixed number of them.</summary>
internal sealed class Slot<TItem, TReply>
{
    private volatile bool done;

    /// <summary>Counts from 1, blank lines included, as an editor counts.</summary>
    public long Line;
    public int Bytes;
    /// <summary>False for a line that could not be parsed.</summary>
    public bool IsParsed;
    public TItem? Item;
    public TReply? Reply;
    public Problem? Problem;
    public string? Name;

    public bool IsDone => done;

    public void Answer(TReply reply)
    {
        Reply = reply;
        done = true;
    }

    public void Fail(Problem problem)
    {
        Problem = problem;
        done = true;
    }

    public void Clear()
    {
        (IsParsed, Item, Reply, Problem, Name) = (false, default, default, null, null);
        done = false;
    }
}
